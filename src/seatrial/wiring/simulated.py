"""Composes a simulated cluster with the simulated provider that manages it, as `simulator serve` hosts it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from seatrial.catalog import releases
from seatrial.clock import SimulatedClock
from seatrial.cluster.provider_state import NodeGroup
from seatrial.cluster.version import Minor, Version
from seatrial.providers.simulated import FaultPlan, Flavour, ProviderFault, SimulatedProvider
from seatrial.providers.simulated.http_api import answer
from seatrial.providers.simulated.wire import PREFIX
from seatrial.simulator.default import default_cluster
from seatrial.simulator.kube_system import seed_kube_system
from seatrial.simulator.serving import Guest

_ZONES = ("zone-a", "zone-b", "zone-c")


def managed_guest(
    name: str,
    minor: Minor,
    clock: SimulatedClock,
    flavour: Flavour,
    *,
    nodes: int,
    faults: Sequence[ProviderFault] = (),
) -> Guest:
    """A cluster at the newest patch of `minor` with one node group "default", its API beside its own."""
    cluster = default_cluster(name, minor, clock)
    version = newest_patch(minor)
    groups = [
        NodeGroup(
            name="default",
            version=str(version),
            size=nodes,
            min_size=0,
            max_size=max(1, 2 * nodes),
            zones=_ZONES,
        )
    ]
    provider = SimulatedProvider(cluster, flavour, version, groups, faults=FaultPlan(list(faults)))

    def populate() -> None:
        provider.create_nodes()
        seed_kube_system(cluster)

    return Guest(cluster, populate, {PREFIX: partial(answer, provider)})


def newest_patch(minor: Minor) -> Version:
    """The newest patch release known of a minor."""
    return releases().of(minor).latest_patch or Version(*minor)
