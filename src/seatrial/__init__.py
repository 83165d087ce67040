"""Seatrial: check, rehearse and roll out Kubernetes upgrades across fleets of clusters."""

__version__ = "0.1.0"
