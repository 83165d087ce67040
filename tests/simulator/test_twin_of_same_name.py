"""A twin bears the name of its cluster, so that it draws the same uids: none may be given twice."""

from __future__ import annotations

from seatrial.clock import SimulatedClock
from seatrial.cluster.objects import Obj
from seatrial.cluster.version import Minor
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.store import ResourceKey

CONFIG_MAPS = ResourceKey("", "configmaps")


def config_map(name: str) -> Obj:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}}


def test_object_made_on_a_twin_gets_a_uid_that_no_restored_object_has() -> None:
    clock = SimulatedClock()
    live, twin = (SimulatedCluster("harbour", Minor(1, 33), clock) for _ in range(2))
    live.verbs.ensure_namespace("default")
    twin.verbs.restore(
        ResourceKey("", "namespaces"), live.verbs.get(ResourceKey("", "namespaces"), "", "default")
    )
    for number in range(5):
        twin.verbs.restore(CONFIG_MAPS, live.verbs.create(CONFIG_MAPS, config_map(f"old-{number}")))
    for number in range(5):
        twin.verbs.create(CONFIG_MAPS, config_map(f"new-{number}"))
    uids = [each["metadata"]["uid"] for each in twin.verbs.list(CONFIG_MAPS, "default")]
    assert len(set(uids)) == 10
