"""Which Services answer: what a webhook or a conversion that is called through one depends on."""

from __future__ import annotations

from seatrial.checks.check import Context
from seatrial.cluster.models import EndpointSlice


def answering(context: Context) -> frozenset[tuple[str, str]]:
    """Namespace and name of each Service with a ready endpoint."""
    return frozenset(
        (each.namespace, each.service)
        for each in context.read(EndpointSlice)
        if any(endpoint.is_ready for endpoint in each.endpoints)
    )
