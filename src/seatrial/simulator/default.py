"""A simulated cluster with everything a real one runs: controllers, budgets, default objects, nodes."""

from __future__ import annotations

from seatrial.clock import SimulatedClock
from seatrial.cluster.version import Minor, Version
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers.default import default_controllers
from seatrial.simulator.eviction import admit_eviction
from seatrial.simulator.hooks import Faults
from seatrial.simulator.nodes import make_node
from seatrial.simulator.store import ResourceKey
from seatrial.simulator.workload_model import WorkloadModel


def default_cluster(
    name: str,
    minor: Minor,
    clock: SimulatedClock,
    *,
    nodes: int = 0,
    faults: Faults | None = None,
    model: WorkloadModel | None = None,
    all_apis: bool = False,
) -> SimulatedCluster:
    """A cluster that is not started yet; `nodes` small ones are spread over three zones."""
    cluster = SimulatedCluster(
        name,
        minor,
        clock,
        controllers=default_controllers(model),
        faults=faults,
        admit_eviction=admit_eviction,
        all_apis=all_apis,
    )
    for number in range(1, nodes + 1):
        node = make_node(
            f"node-{number}",
            Version(*minor),
            pool="default",
            zone=f"zone-{'abc'[(number - 1) % 3]}",
            address=f"10.0.0.{number}",
        )
        cluster.verbs.create(ResourceKey("", "nodes"), node)
    return cluster
