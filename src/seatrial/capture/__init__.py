"""Reads a cluster into a snapshot, and snapshots into files without secrets and back."""

from seatrial.capture.archive import load, save
from seatrial.capture.live import from_live
from seatrial.capture.redact import portable

__all__ = ["from_live", "load", "portable", "save"]
