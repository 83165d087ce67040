"""Composes a simulated cluster with the simulated provider that manages it, as `simulator serve` hosts it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from seatrial.catalog import releases
from seatrial.clock import SimulatedClock
from seatrial.cluster.provider_state import NodeGroup
from seatrial.cluster.version import Minor, Version
from seatrial.errors import BadInput
from seatrial.providers.simulated import FaultPlan, Flavour, ProviderFault, SimulatedProvider
from seatrial.providers.simulated.http_api import answer
from seatrial.providers.simulated.refusals import CONTROL_PLANE
from seatrial.providers.wire import PREFIX
from seatrial.simulator.default import default_cluster
from seatrial.simulator.faults import ActiveFaults
from seatrial.simulator.faults import FaultPlan as ClusterFaults
from seatrial.simulator.kube_system import seed_kube_system
from seatrial.simulator.serving import Guest

_NODE_GROUP = "default"
_ZONES = ("zone-a", "zone-b", "zone-c")


def managed_guest(
    name: str,
    minor: Minor,
    clock: SimulatedClock,
    flavour: Flavour,
    *,
    nodes: int,
    provider_faults: Sequence[ProviderFault] = (),
    faults: ClusterFaults | None = None,
) -> Guest:
    """A cluster at the newest patch of `minor` with one node group "default", its API beside its own."""
    cluster = default_cluster(name, minor, clock, faults=ActiveFaults(clock, faults))
    version = newest_patch(minor)
    groups = [
        NodeGroup(
            name=_NODE_GROUP,
            version=str(version),
            size=nodes,
            min_size=0,
            max_size=max(1, 2 * nodes),
            zones=_ZONES,
        )
    ]
    provider = SimulatedProvider(cluster, flavour, version, groups, faults=FaultPlan(list(provider_faults)))

    def populate() -> None:
        provider.create_nodes()
        seed_kube_system(cluster)

    return Guest(cluster, populate, {PREFIX: partial(answer, provider)})


def refuse_unserved(planted: Iterable[str], served: Collection[str], where: Path) -> None:
    """Raise `BadInput` for a cluster that has faults and is not there: they would never strike."""
    for cluster in planted:
        if cluster not in served:
            raise BadInput(
                f"no cluster called {cluster!r} is served.",
                where=str(where),
                next_step=f"Name one of: {', '.join(sorted(served)[:20])}.",
            )


def refuse_unknown_targets(planted: Mapping[str, Sequence[ProviderFault]], where: Path) -> None:
    """Raise `BadInput` for a fault on something that no `managed_guest` has."""
    known = (CONTROL_PLANE, f"node-group/{_NODE_GROUP}")
    for cluster, faults in planted.items():
        for fault in faults:
            if fault.target not in known:
                raise BadInput(
                    f"{cluster} has no {fault.target!r}.",
                    where=str(where),
                    next_step=f"Name {' or '.join(known)} as the target.",
                )


def newest_patch(minor: Minor) -> Version:
    """The newest patch release known of a minor."""
    return releases().of(minor).latest_patch or Version(*minor)
