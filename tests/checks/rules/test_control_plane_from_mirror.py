"""Control planes from mirrors."""

from typing import Any

from tests.builders import a_pod, a_snapshot
from tests.checks.corpus import Case, run

CHECK = "control-plane-from-mirror"


def _runs(name: str, image: str, *, static: bool = True) -> dict[str, Any]:
    return a_pod(
        f"{name}-node-1",
        "kube-system",
        owner=("Node", "node-1") if static else ("DaemonSet", name),
        spec={"containers": [{"name": name, "image": image}]},
    )


CASES = (
    Case(
        check=CHECK,
        name="a kubeadm cluster that pulls from a mirror",
        severities=("info",),
        snapshot=a_snapshot(
            _runs("kube-apiserver", "mirror.example.org/k8s/kube-apiserver:v1.36.4"),
            _runs("kube-proxy", "mirror.example.org/k8s/kube-proxy:v1.36.4", static=False),
            _runs("agent", "mirror.example.org/k8s/agent:1", static=False),
        ),
    ),
    Case(
        check=CHECK,
        name="a kubeadm cluster that pulls from upstream",
        severities=(),
        snapshot=a_snapshot(_runs("kube-apiserver", "registry.k8s.io/kube-apiserver:v1.36.4")),
    ),
    Case(
        check=CHECK,
        name="a managed cluster whose provider mirrors",
        severities=(),
        snapshot=a_snapshot(_runs("kube-proxy", "eks.example.org/eks/kube-proxy:v1.36.4", static=False)),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)


def test_place_and_components_are_named() -> None:
    (finding,) = run(CASES[0]).findings
    assert finding.message == (
        "kube-apiserver, kube-proxy come from mirror.example.org/k8s: the images of 1.37 must be there before"
        " the upgrade."
    )
