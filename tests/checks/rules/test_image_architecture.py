"""Images and the architectures of the nodes that may get them."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.builders import a_node, a_pod, a_snapshot, an_object
from tests.checks.corpus import Case

from seatrial.checks.settings import CheckSettings
from seatrial.cluster.image_platforms import parse_image_platforms
from seatrial.cluster.objects import Obj
from seatrial.errors import BadInput

CHECK = "image-architecture"
ARCH = "kubernetes.io/arch"
APP = "example.org/app:1"


def a_node_of(architecture: str, name: str = "", taint: str = "") -> Obj:
    node = a_node(name or architecture, labels={ARCH: architecture})
    node["status"]["nodeInfo"]["architecture"] = architecture
    if taint:
        node["spec"]["taints"] = [{"key": taint, "value": architecture, "effect": "NoSchedule"}]
    return node


IN_A_FILE = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers: [{name: main, image: "example.org/app:2-amd64"}]
"""
BOTH = (a_node_of("amd64"), a_node_of("arm64"))


def a_workload(image: str = APP, **spec: Any) -> Obj:
    containers = [{"name": "main", "image": image}]
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers, **spec}}
    return an_object("apps/v1", "Deployment", "web", "shop", spec={"replicas": 2, "template": template})


def a_pod_on(node: str, image: str = APP, *, waiting: str = "") -> Obj:
    pod = a_pod(
        f"web-{node}",
        owner=("ReplicaSet", "web-6d5f"),
        node=node,
        ready=not waiting,
        spec={"containers": [{"name": "main", "image": image}]},
    )
    state = {"waiting": {"reason": waiting}} if waiting else {"running": {}}
    pod["status"]["containerStatuses"] = [{"name": "main", "ready": not waiting, "state": state}]
    return pod


def listed(platforms: str) -> CheckSettings:
    return CheckSettings(image_platforms=parse_image_platforms(f"{APP} {platforms}"))


CASES = (
    Case(
        check=CHECK,
        name="a tag for amd64 where arm64 nodes may get it",
        severities=("warning",),
        snapshot=a_snapshot(*BOTH, a_workload("example.org/app:1.2-amd64")),
    ),
    Case(
        check=CHECK,
        name="a prefixed official image where amd64 nodes may get it",
        severities=("warning",),
        snapshot=a_snapshot(*BOTH, a_workload("arm64v8/nginx:1.29")),
    ),
    Case(
        check=CHECK,
        name="a tag for amd64 that selects amd64",
        severities=(),
        snapshot=a_snapshot(*BOTH, a_workload("example.org/app:1.2-amd64", nodeSelector={ARCH: "amd64"})),
    ),
    Case(
        check=CHECK,
        name="a tag for amd64 where the arm64 nodes are tainted, as GKE does",
        severities=(),
        snapshot=a_snapshot(
            a_node_of("amd64"), a_node_of("arm64", taint=ARCH), a_workload("example.org/app-amd64:1.2")
        ),
    ),
    Case(
        check=CHECK,
        name="a tag for amd64 in a cluster of amd64",
        severities=(),
        snapshot=a_snapshot(a_node_of("amd64"), a_workload("example.org/app:1.2-amd64")),
    ),
    Case(
        check=CHECK,
        name="pods that run on one and cannot start on the other",
        severities=("warning", "info"),
        snapshot=a_snapshot(
            *BOTH, a_workload(), a_pod_on("amd64"), a_pod_on("arm64", waiting="CrashLoopBackOff")
        ),
    ),
    Case(
        check=CHECK,
        name="pods that run on both",
        severities=(),
        snapshot=a_snapshot(*BOTH, a_workload(), a_pod_on("amd64"), a_pod_on("arm64")),
    ),
    Case(
        check=CHECK,
        name="an image that never ran on one of them",
        severities=("info",),
        snapshot=a_snapshot(*BOTH, a_workload(), a_pod_on("amd64")),
    ),
    Case(
        check=CHECK,
        name="an image that never ran on one of them, whose registry has the build",
        severities=(),
        snapshot=a_snapshot(*BOTH, a_workload(), a_pod_on("amd64")),
        settings=listed("linux/amd64,linux/arm64/v8"),
    ),
    Case(
        check=CHECK,
        name="an image whose registry has one build",
        severities=("warning",),
        snapshot=a_snapshot(*BOTH, a_workload(), a_pod_on("amd64")),
        settings=listed("linux/amd64"),
    ),
    Case(
        check=CHECK,
        name="an image without a build for the only nodes that may get it",
        severities=("blocker",),
        snapshot=a_snapshot(*BOTH, a_workload(nodeSelector={ARCH: "arm64"})),
        settings=listed("linux/amd64"),
    ),
    Case(
        check=CHECK,
        name="a file whose image and selector contradict each other",
        severities=("warning",),
        files="""\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  nodeSelector: {kubernetes.io/arch: arm64}
  containers: [{name: main, image: "example.org/app:2-linux-amd64"}]
""",
    ),
    Case(
        check=CHECK,
        name="a file that says nothing about nodes",
        severities=(),
        files=IN_A_FILE,
    ),
    Case(
        check=CHECK,
        name="a file for amd64, to be applied to a cluster with both",
        severities=("warning",),
        snapshot=a_snapshot(*BOTH),
        files=IN_A_FILE,
    ),
    Case(
        check=CHECK,
        name="a file for amd64, to be applied to a cluster of amd64",
        severities=(),
        snapshot=a_snapshot(a_node_of("amd64")),
        files=IN_A_FILE,
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("a:1 linux/amd64,linux/arm64/v8 # both\n\n", {"a:1": {"amd64", "arm64"}}),
        ("\ufeffa:1 aarch64\r\nb:1 linux/x86_64", {"a:1": {"arm64"}, "b:1": {"amd64"}}),
    ],
)
def test_platforms_are_read_as_people_write_them(text: str, found: Mapping[str, set[str]]) -> None:
    assert parse_image_platforms(text) == found


@pytest.mark.parametrize("text", ["a:1", "a:1 LINUX", "a:1 linux/amd64 {json}"])
def test_nonsense_gets_its_line(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_image_platforms(f"# images\n{text}", "platforms.txt")
    assert refused.value.where == "platforms.txt:2"
