"""Small builders for simulated clusters with the default controllers."""

from __future__ import annotations

from typing import Any

from seatrial.clock import SimulatedClock
from seatrial.cluster.objects import Obj
from seatrial.cluster.version import Minor, Version
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers import default_controllers
from seatrial.simulator.controllers.kinds import DEPLOYMENTS, NODES, PODS
from seatrial.simulator.controllers.pods import is_ready
from seatrial.simulator.eviction import admit_eviction
from seatrial.simulator.faults import ActiveFaults, FaultPlan
from seatrial.simulator.nodes import make_node
from seatrial.simulator.workload_model import WorkloadModel


def make_cluster(
    nodes: int = 3,
    *,
    faults: FaultPlan | None = None,
    model: WorkloadModel | None = None,
    cpu: str = "4",
    zones: tuple[str, ...] = ("eu-1a", "eu-1b", "eu-1c"),
) -> SimulatedCluster:
    clock = SimulatedClock()
    cluster = SimulatedCluster(
        "test",
        Minor(1, 33),
        clock,
        controllers=default_controllers(model),
        faults=ActiveFaults(clock, faults),
        admit_eviction=admit_eviction,
    )
    cluster.start()
    for number in range(nodes):
        add_node(cluster, f"node-{number}", cpu=cpu, zone=zones[number % len(zones)])
    return cluster


def add_node(cluster: SimulatedCluster, name: str, **how: Any) -> Obj:
    return cluster.verbs.create(NODES, make_node(name, Version(1, 33, 2), **how))


def wait(cluster: SimulatedCluster, seconds: float) -> None:
    cluster.clock.run(cluster.clock.sleep(seconds))


def deployment(name: str = "web", replicas: int = 3, **spec: Any) -> Obj:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default", "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": template(labels),
            **spec,
        },
    }


def template(labels: dict[str, str], image: str = "app:1", **spec: Any) -> Obj:
    container = {
        "name": "app",
        "image": image,
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
        "readinessProbe": {"httpGet": {"path": "/", "port": 80}},
    }
    return {"metadata": {"labels": labels}, "spec": {"containers": [container], **spec}}


def apply(cluster: SimulatedCluster, obj: Obj) -> Obj:
    return cluster.verbs.create(DEPLOYMENTS, obj)


def set_image(cluster: SimulatedCluster, name: str, image: str) -> None:
    def change(obj: Obj) -> None:
        obj["spec"]["template"]["spec"]["containers"][0]["image"] = image

    cluster.verbs.modify(DEPLOYMENTS, "default", name, change)


def scale(cluster: SimulatedCluster, name: str, replicas: int) -> None:
    cluster.verbs.modify(DEPLOYMENTS, "default", name, lambda obj: obj["spec"].update(replicas=replicas))


def pods(cluster: SimulatedCluster) -> list[Obj]:
    return cluster.store.list(PODS, "default")


def ready_pods(cluster: SimulatedCluster) -> list[str]:
    return [pod["metadata"]["name"] for pod in pods(cluster) if is_ready(pod)]
