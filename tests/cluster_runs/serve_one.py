"""A program that serves one simulated cluster with its provider, for tests that drive the command line.

Arguments: folder for the kubeconfig, flavour, pace. Prints "ready" and serves until it is killed. Every
provider operation that is really started is appended to FOLDER/starts. A file FOLDER/pace changes the pace.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

from seatrial.catalog import releases
from seatrial.clock import SimulatedClock
from seatrial.cluster.provider_state import NodeGroup
from seatrial.cluster.version import Version
from seatrial.providers.simulated import SimulatedProvider, flavour
from seatrial.providers.simulated.http_api import answer
from seatrial.providers.wire import PREFIX
from seatrial.simulator.default import default_cluster
from seatrial.simulator.kubeconfig import write_kubeconfig
from seatrial.simulator.server import SimulatorServer
from seatrial.simulator.store import ResourceKey

TO = releases().horizon  # the newest, so that no provider has ended its support on the day of the test
VERSION = Version(TO.major, TO.minor - 1, 1)
_UNTIL_READY = 300.0
"""Simulated seconds for each of the wall's, until the pods run."""


def deployment(name: str, namespace: str, image: str, replicas: int) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "main", "image": image}]},
            },
        },
    }


def budget(name: str, namespace: str) -> dict[str, Any]:
    """For the pods of the deployment of that name."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": name}}},
    }


async def serve(clock: SimulatedClock, folder: Path, kind: str, pace: float) -> None:
    """At that pace, once the pods run."""
    server = SimulatorServer(clock)
    cluster = default_cluster("c1", VERSION.line, clock, nodes=0)
    group = NodeGroup(name="default", version=str(VERSION), size=2, min_size=1, max_size=4)
    provider = SimulatedProvider(cluster, flavour(kind), VERSION, [group])
    provider.create_nodes()
    cluster.start()
    deployments = ResourceKey("apps", "deployments")
    cluster.verbs.create(deployments, deployment("web", "default", "example.com/web:1", 2))
    cluster.verbs.create(ResourceKey("policy", "poddisruptionbudgets"), budget("web", "default"))
    cluster.verbs.create(deployments, deployment("ca", "kube-system", "example.com/cluster-autoscaler:1", 1))
    while cluster.verbs.get(deployments, "default", "web").get("status", {}).get("readyReplicas") != 2:
        await clock.sleep(1.0)
    clock.set_pace(pace)
    await server.start()
    server.add(cluster, extensions={PREFIX: partial(answer, provider)})
    write_kubeconfig(folder / "kubeconfig", server.endpoints())
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    written = 0
    while True:
        await clock.sleep(1.0)
        for target, version in provider.starts[written:]:
            with (folder / "starts").open("a") as out:
                out.write(f"{target} {version}\n")
            written += 1
        if (folder / "pace").exists():
            clock.set_pace(float((folder / "pace").read_text()))


if __name__ == "__main__":
    shared = SimulatedClock(pace=_UNTIL_READY)
    shared.run(serve(shared, Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])))
