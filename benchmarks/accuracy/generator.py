"""Draws a cluster from a seed: provider, node groups, workloads, and at most one planted trouble.

What a snapshot shows of a sample is in `objects`; what no snapshot can show is in its hidden parts: how
long programs really take, what they do on new nodes, what the provider runs into, what changes between
rehearsal and upgrade. The rehearsal never sees those.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from benchmarks.accuracy.charts import GONE_API, NEW, RELEASE, TIGHT_BUDGET
from benchmarks.accuracy.objects import (
    Made,
    anti_affinity,
    bare_pod,
    budget,
    daemon_set,
    deployment,
    in_zone,
    job,
    on_node,
    spread,
    stateful_set,
)
from seatrial.cluster.provider_state import NodeGroup
from seatrial.providers.simulated import ProviderFault
from seatrial.simulator.faults import (
    ApiFault,
    Crash,
    FaultPlan,
    ImagePull,
    NeverReady,
    NeverStops,
    Refuse,
    Slow,
    WorkloadFault,
)

FROM, TO = "1.33.4", "1.34"
ZONES = ("zone-a", "zone-b", "zone-c")


class Sight(StrEnum):
    """Whether the snapshot holds what would be needed to foresee the trouble."""

    NOTHING = "nothing planted"
    VISIBLE = "in the snapshot"
    PARTLY = "depends on what varies"
    HIDDEN = "not in the snapshot"
    DRIFT = "came after the rehearsal"


@dataclass(slots=True)
class Sample:
    seed: int
    rng: random.Random
    provider: str
    groups: list[NodeGroup]
    objects: list[Made] = field(default_factory=list)
    trouble: str = "nothing"
    sight: Sight = Sight.NOTHING
    base_seconds: dict[str, float] = field(default_factory=dict)
    """From scheduled to ready, by workload; the others take what is drawn for them."""
    always: FaultPlan = field(default_factory=FaultPlan)
    """Already there when the cluster is captured."""
    later: FaultPlan = field(default_factory=FaultPlan)
    """Only while the real upgrade runs: hidden."""
    provider_faults: list[ProviderFault] = field(default_factory=list)
    chart: str | None = None
    """What the new version of a chart brings besides its Deployment; None: no chart is upgraded."""
    loose_zones: bool = False
    """The provider brings new nodes in any of its zones: hidden."""
    drift: list[Made] = field(default_factory=list)
    """Objects that somebody adds between the rehearsal and the upgrade."""

    @property
    def nodes(self) -> int:
        return sum(group.size for group in self.groups)

    @property
    def in_one_zone(self) -> bool:
        return all(len(group.zones) == 1 for group in self.groups)

    @property
    def busiest(self) -> NodeGroup:
        return max(self.groups, key=lambda group: group.size)


Plant = Callable[[Sample], None]


def draw(seed: int) -> Sample:
    """The same seed always gives the same sample."""
    rng = random.Random(f"seatrial accuracy {seed}")
    provider = rng.choice(("eks", "eks", "gke", "aks", "kapsule"))
    sample = Sample(seed, rng, provider, _groups(rng))
    _healthy(sample)
    name = rng.choices(list(TROUBLES), [weight for weight, _, _ in TROUBLES.values()])[0]
    _, sight, plant = TROUBLES[name]
    sample.trouble, sample.sight = name, sight
    plant(sample)
    return sample


def _groups(rng: random.Random) -> list[NodeGroup]:
    groups = []
    for name in ("default", "batch")[: rng.choice((1, 1, 2))]:
        size = rng.randint(2, 4)
        surge = rng.choice((0, 1, 1, 2))
        groups.append(
            NodeGroup(
                name=name,
                version=FROM,
                size=size,
                min_size=1,
                max_size=2 * size,
                zones=ZONES[: rng.choice((1, 3, 3))],
                max_surge=surge,
                max_unavailable=0 if surge else 1,
            )
        )
    return groups


def _healthy(sample: Sample) -> None:
    """What runs there and should get through: some with budgets that leave room."""
    rng = sample.rng
    for number in range(rng.randint(2, 5)):
        name, replicas = f"app-{number}", rng.randint(1, 4)
        shape: dict[str, object] = {"cpu": f"{rng.choice((50, 100, 150))}m"}  # they fit with a node away
        if rng.random() < 0.7:
            shape["probe"] = rng.choice((0, 0, 5, 20))
        if rng.random() < 0.3:
            shape["topologySpreadConstraints"] = spread(name, "kubernetes.io/hostname", hard=False)
        if rng.random() < 0.3:
            sample.objects.append(stateful_set(name, replicas, volume=sample.in_one_zone, **shape))
        else:
            sample.objects.append(deployment(name, replicas, **shape))
        if replicas > 1 and rng.random() < 0.6:
            room = rng.choice(
                ({"maxUnavailable": 1}, {"minAvailable": replicas - 1}, {"maxUnavailable": "50%"})
            )
            sample.objects.append(budget(name, **room))
    if rng.random() < 0.6:
        sample.objects.append(daemon_set("agent", tolerations=[{"operator": "Exists"}]))
    if rng.random() < 0.3:
        sample.objects.append(job("nightly"))
    if rng.random() < 0.25:
        sample.objects.append(bare_pod("debug"))
    if rng.random() < 0.3:
        sample.objects.append(
            deployment("cluster-autoscaler", 1, image="autoscaling/cluster-autoscaler:v1.33.0")
        )


# what the snapshot shows
def _nothing(sample: Sample) -> None:
    pass


def _full_budget(sample: Sample) -> None:
    replicas = sample.rng.randint(1, 3)
    limits = sample.rng.choice(({"minAvailable": replicas}, {"maxUnavailable": 0}, {"minAvailable": "100%"}))
    sample.objects += [deployment("tight", replicas, probe=0), budget("tight", **limits)]


def _two_budgets(sample: Sample) -> None:
    sample.objects += [
        deployment("twice", 3, probe=0),
        budget("twice", maxUnavailable=1),
        budget("twice-more", over="twice", minAvailable=1),
    ]


def _budget_over_crashing(sample: Sample) -> None:
    """Half of its pods crash already, so that the budget has no room left."""
    sample.objects += [deployment("sick", 2, probe=0), budget("sick", minAvailable=1)]
    sample.always = FaultPlan(workloads=(WorkloadFault(effect=Crash(), workload="sick", times=1),))


def _crashing_already(sample: Sample) -> None:
    """Not the upgrade's fault, before or after."""
    sample.objects.append(deployment("broken", 2, probe=0))
    effect = sample.rng.choice((Crash(), ImagePull(), NeverReady()))
    sample.always = FaultPlan(workloads=(WorkloadFault(effect=effect, workload="broken"),))


def _pinned(sample: Sample) -> None:
    sample.objects.append(deployment("pinned", 1, affinity=on_node(f"{sample.busiest.name}-001")))


def _zonal_volumes(sample: Sample) -> None:
    """Its volumes cannot follow it to another zone."""
    sample.objects += [
        stateful_set("ledger", sample.rng.randint(1, 3), volume=True, probe=0),
        budget("ledger", maxUnavailable=1),
    ]


def _one_zone(sample: Sample) -> None:
    zone = sample.rng.choice(ZONES)
    sample.objects.append(deployment("zonal", 1, nodeSelector=in_zone(zone), probe=0))


def _one_per_node(sample: Sample) -> None:
    how = sample.rng.choice(("affinity", "port"))
    shape = {"affinity": anti_affinity("single")} if how == "affinity" else {"port": 8443}
    sample.objects += [
        deployment("single", sample.nodes, probe=0, **shape),
        budget("single", maxUnavailable=1),
    ]


def _hard_spread(sample: Sample) -> None:
    key = sample.rng.choice(("kubernetes.io/hostname", "topology.kubernetes.io/zone"))
    replicas = sample.nodes
    sample.objects += [
        deployment("even", replicas, probe=0, topologySpreadConstraints=spread("even", key, hard=True)),
        budget("even", maxUnavailable=1),
    ]


def _big_pods(sample: Sample) -> None:
    """Nearly as large as a node, on nearly every node: what is drained has nowhere to go but a new one."""
    replicas = max(1, sample.nodes - sample.rng.randint(0, 1))
    sample.objects += [deployment("big", replicas, cpu="2300m", probe=0), budget("big", maxUnavailable=1)]


def _long_grace(sample: Sample) -> None:
    """The pod says that it may take long to stop; that it does is hidden."""
    grace = sample.rng.choice((600, 1200, 2400))
    sample.objects.append(deployment("slow-stop", 2, terminationGracePeriodSeconds=grace))
    sample.later = FaultPlan(workloads=(WorkloadFault(effect=NeverStops(), workload="slow-stop"),))


def _slow_starter(sample: Sample) -> None:
    """One pod after the other, each slow: near the time that the provider grants a drain."""
    limit = {"eks": 900.0, "aks": 1800.0, "gke": 3600.0}.get(sample.provider, 1800.0)
    replicas = 2 * sample.busiest.size
    sample.base_seconds["slow"] = limit / 2 * sample.rng.uniform(0.3, 1.5)
    sample.objects += [deployment("slow", replicas, cpu="10m", probe=0), budget("slow", maxUnavailable=1)]


# what no snapshot shows
def _breaks_on_new_nodes(sample: Sample) -> None:
    sample.objects += [deployment("driver", 2, probe=0), budget("driver", maxUnavailable=1)]
    effect = sample.rng.choice((Crash(), NeverReady(), ImagePull()))
    sample.later = FaultPlan(workloads=(WorkloadFault(effect=effect, workload="driver", kubelet="1.34"),))


def _chart(sample: Sample) -> None:
    sample.chart = ""


def _chart_with_tight_budget(sample: Sample) -> None:
    sample.chart = TIGHT_BUDGET


def _chart_with_gone_api(sample: Sample) -> None:
    sample.chart = GONE_API


def _chart_that_breaks(sample: Sample) -> None:
    """What the new program does is in no snapshot."""
    sample.chart = ""
    sample.later = FaultPlan(workloads=(WorkloadFault(effect=NeverReady(), image=f"{RELEASE}:{NEW}"),))


def _another_zone(sample: Sample) -> None:
    """Nothing promises that a new node comes in the zone of the old one: volumes do not follow."""
    sample.groups = [msgspec.structs.replace(group, zones=ZONES) for group in sample.groups]
    sample.objects += [stateful_set("ledger", 2, volume=True, probe=0), budget("ledger", maxUnavailable=1)]
    sample.loose_zones = True


def _no_capacity(sample: Sample) -> None:
    group = sample.rng.choice(sample.groups)
    sample.provider_faults.append(
        ProviderFault(
            target=f"node-group/{group.name}",
            detail="InsufficientInstanceCapacity: no machine of this type is free in the zone",
            after_nodes=sample.rng.randrange(group.size),
        )
    )


def _control_plane_fails(sample: Sample) -> None:
    sample.provider_faults.append(
        ProviderFault(target="control-plane", detail="UpdateFailed: internal error of the service")
    )


def _restless_api(sample: Sample) -> None:
    """The API server stumbles while it is upgraded: to be waited out, not to fail."""
    effect = sample.rng.choice((Refuse(503), Refuse(429, retry_after=2), Slow(1.5)))
    start = sample.rng.uniform(0, 900)
    sample.later = FaultPlan(api=(ApiFault(effect=effect, after=start, seconds=sample.rng.uniform(30, 240)),))


def _budget_came(sample: Sample) -> None:
    sample.objects.append(deployment("late", 1, probe=0))
    sample.drift.append(budget("late", minAvailable=1))


def _workload_came(sample: Sample) -> None:
    """Deployed after the rehearsal, and too large for the room that a drained node leaves."""
    sample.drift.append(deployment("newcomer", sample.nodes, cpu="1800m", probe=0))


TROUBLES: dict[str, tuple[float, Sight, Plant]] = {
    "nothing": (5, Sight.NOTHING, _nothing),
    "broken before": (2, Sight.VISIBLE, _crashing_already),
    "budget without room": (3, Sight.VISIBLE, _full_budget),
    "two budgets on a pod": (2, Sight.VISIBLE, _two_budgets),
    "budget over crashing pods": (2, Sight.VISIBLE, _budget_over_crashing),
    "pinned to a node": (2, Sight.VISIBLE, _pinned),
    "one pod per node": (2, Sight.VISIBLE, _one_per_node),
    "hard spread": (2, Sight.VISIBLE, _hard_spread),
    "big pods": (2, Sight.VISIBLE, _big_pods),
    "a chart": (0.7, Sight.VISIBLE, _chart),
    "a chart's tight budget": (0.7, Sight.VISIBLE, _chart_with_tight_budget),
    "a chart's removed API": (0.7, Sight.VISIBLE, _chart_with_gone_api),
    "volumes of a zone": (2, Sight.PARTLY, _zonal_volumes),
    "bound to a zone": (2, Sight.PARTLY, _one_zone),
    "slow starters": (3, Sight.PARTLY, _slow_starter),
    "slow to stop": (2, Sight.HIDDEN, _long_grace),
    "breaks on new nodes": (2, Sight.HIDDEN, _breaks_on_new_nodes),
    "a chart's new program": (0.7, Sight.HIDDEN, _chart_that_breaks),
    "nodes in other zones": (2, Sight.HIDDEN, _another_zone),
    "no capacity": (2, Sight.HIDDEN, _no_capacity),
    "control plane fails": (1, Sight.HIDDEN, _control_plane_fails),
    "restless API": (2, Sight.HIDDEN, _restless_api),
    "a budget came": (1, Sight.DRIFT, _budget_came),
    "a workload came": (1, Sight.DRIFT, _workload_came),
}
"""Name: how often, what can be seen of it, and how it is planted."""
