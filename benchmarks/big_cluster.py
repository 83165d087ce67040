"""A simulated cluster of many objects in a process of its own, for the benchmarks that read it.

python -m benchmarks.big_cluster KUBECONFIG OBJECTS
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from seatrial.clock import SimulatedClock
from seatrial.cluster.objects import Obj
from seatrial.cluster.version import Minor, Version
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers import kinds
from seatrial.simulator.kubeconfig import write_kubeconfig
from seatrial.simulator.nodes import make_node
from seatrial.simulator.server import SimulatorServer
from seatrial.simulator.store import ResourceKey

NAMESPACES = 50


def objects(total: int, nodes: int = 100, namespaces: int = NAMESPACES) -> Iterator[tuple[ResourceKey, Obj]]:
    """Shares as in a usual cluster: 40 % pods, then replica sets, config maps, deployments, services."""
    for number in range(total * 40 // 100):
        yield kinds.PODS, _pod(number, nodes, namespaces)
    for number in range(total * 20 // 100):
        yield kinds.REPLICA_SETS, _workload("ReplicaSet", number, namespaces)
    for number in range(total * 15 // 100):
        yield kinds.CONFIG_MAPS, _named("v1", "ConfigMap", number, namespaces, data={"app.ini": "x" * 800})
    for number in range(total * 10 // 100):
        yield kinds.DEPLOYMENTS, _workload("Deployment", number, namespaces)
    for number in range(total * 10 // 100):
        spec = {"selector": {"app": f"app-{number}"}, "ports": [{"port": 80}], "clusterIP": "10.0.0.1"}
        yield kinds.SERVICES, _named("v1", "Service", number, namespaces, spec=spec)
    for number in range(total * 5 // 100):
        budget = {"maxUnavailable": 1, "selector": {"matchLabels": {"app": f"app-{number}"}}}
        yield (
            kinds.POD_DISRUPTION_BUDGETS,
            _named("policy/v1", "PodDisruptionBudget", number, namespaces, spec=budget),
        )


def _named(api_version: str, kind: str, number: int, namespaces: int, **fields: object) -> Obj:
    metadata = {
        "name": f"app-{number}",
        "namespace": f"team-{number % namespaces}",
        "labels": {"app": f"app-{number}", "team": f"team-{number % namespaces}"},
    }
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def _template(number: int) -> Obj:
    env = [{"name": f"SETTING_{i}", "value": f"value-{i}-of-app-{number}"} for i in range(12)]
    probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 10}
    container = {
        "name": "app",
        "image": f"registry.example.com/team/app-{number % 300}:1.{number % 40}.0",
        "env": env,
        "resources": {"requests": {"cpu": "5m", "memory": "8Mi"}, "limits": {"memory": "64Mi"}},
        "ports": [{"containerPort": 8080}],
        "readinessProbe": probe,
        "livenessProbe": probe,
    }
    return {
        "metadata": {"labels": {"app": f"app-{number}"}},
        "spec": {"containers": [container, {**container, "name": "sidecar"}]},
    }


def _workload(kind: str, number: int, namespaces: int) -> Obj:
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": {"app": f"app-{number}"}},
        "template": _template(number),
    }
    return _named("apps/v1", kind, number, namespaces, spec=spec)


def _pod(number: int, nodes: int, namespaces: int) -> Obj:
    pod = _named(
        "v1",
        "Pod",
        number,
        namespaces,
        spec={**_template(number)["spec"], "nodeName": f"node-{number % nodes}"},
    )
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": f"app-{number}", "uid": f"uid-{number}"}
    pod["metadata"]["ownerReferences"] = [{**owner, "controller": True}]
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    pod["status"] = {"phase": "Running", "podIP": "10.1.2.3", "conditions": [ready]}
    return pod


def fill(cluster: SimulatedCluster, total: int, nodes: int = 100, namespaces: int = NAMESPACES) -> None:
    """Create that many objects, beside the nodes and namespaces."""
    for number in range(namespaces):
        cluster.verbs.ensure_namespace(f"team-{number}")
    for number in range(nodes):
        cluster.verbs.create(kinds.NODES, make_node(f"node-{number}", Version(1, 36, 4)))
    for key, obj in objects(total, nodes, namespaces):
        created = cluster.verbs.create(key, obj)
        if key == kinds.PODS:
            cluster.verbs.update(key, {**created, "status": obj["status"]}, subresource="status")


async def _serve(clock: SimulatedClock, kubeconfig: Path, total: int) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stopped.set)
    cluster = SimulatedCluster("big", Minor(1, 36), clock)
    cluster.start()
    fill(cluster, total)
    server = SimulatorServer(clock)
    server.add(cluster)
    await server.start()
    write_kubeconfig(kubeconfig, server.endpoints())
    print(f"ready: {total} objects", flush=True)
    await stopped.wait()
    await server.stop()


if __name__ == "__main__":
    walking = SimulatedClock(pace=1.0)
    walking.run(_serve(walking, Path(sys.argv[1]), int(sys.argv[2])))
