"""Which managed service a snapshot comes from, where the snapshot tells."""

from __future__ import annotations

from seatrial.catalog.providers import DrainLimit, drain_limits, provider_by_signs
from seatrial.checks.check import Context
from seatrial.cluster.models import Node


def provider_of(context: Context) -> str:
    """ "eks", "gke", "aks"…; empty when neither provider, version nor the nodes' labels tell."""
    if context.snapshot.provider is not None and context.snapshot.provider.kind != "simulated":
        return context.snapshot.provider.kind
    labels = (key for node in context.read(Node) for key in node.labels)
    return provider_by_signs(context.snapshot.meta.server_version, labels)


def drain_limit(context: Context) -> DrainLimit | None:
    """None: this provider has none that we know, or nobody said which it is."""
    provider = provider_of(context)
    return next((each for each in drain_limits() if each.provider == provider), None)
