"""Pods that nothing brings back, nodes that cannot take pods, kubelets that are too old or too new."""

import pytest
from tests.builders import a_deployment, a_node, a_pod, a_snapshot, forbidden
from tests.checks.reports import gaps, report, said

from seatrial.cluster.models import Node, Pod
from seatrial.cluster.objects import Obj
from seatrial.cluster.version import Minor

# pod-without-controller


def test_pods_without_controller_are_one_warning_for_each_namespace() -> None:
    found = report(
        "pod-without-controller", a_snapshot(a_pod("a"), a_pod("b"), a_pod("c", "bank"), *a_deployment("web"))
    )
    assert said(found) == [("warning", ("bank/pod/c",)), ("warning", ("shop/pod/a", "shop/pod/b"))]


@pytest.mark.parametrize(
    "pod",
    [
        a_pod("p", owner=("ReplicaSet", "p")),
        a_pod("p", owner=("DaemonSet", "p")),
        a_pod("p", owner=("Node", "node-1")),
        a_pod("p", annotations={"kubernetes.io/config.mirror": "x"}),
        a_pod("p", phase="Succeeded"),
        a_pod("p", phase="Failed"),
        a_pod("p", terminating=True),
    ],
)
def test_pod_that_comes_back_or_is_done_is_clean(pod: Obj) -> None:
    assert report("pod-without-controller", a_snapshot(pod)).is_clean


def test_owner_that_is_not_a_controller_brings_nothing_back() -> None:
    pod = a_pod("p", owner=("Backup", "p"))
    pod["metadata"]["ownerReferences"][0]["controller"] = False
    assert len(said(report("pod-without-controller", a_snapshot(pod)))) == 1


# node-not-ready


def test_nodes_that_cannot_take_pods_are_one_finding_for_each_reason() -> None:
    found = report(
        "node-not-ready",
        a_snapshot(
            a_node("n1", ready=False),
            a_node("n2", ready=None),
            a_node("n3", cordoned=True),
            a_node("n4", cordoned=True),
            a_node("n5", conditions={"DiskPressure": "True"}),
            a_node("n6"),
        ),
    )
    assert {(each.severity.value, each.message) for each in found.findings} == {
        ("blocker", "1 of 6 nodes is not ready: n1."),
        ("blocker", "1 of 6 nodes is not reporting: n2."),
        ("warning", "2 of 6 nodes are cordoned: n3, n4."),
        ("warning", "1 of 6 nodes is short of disk: n5."),
    }


def test_ready_node_without_pressure_is_clean() -> None:
    assert report("node-not-ready", a_snapshot(a_node(conditions={"MemoryPressure": "False"}))).is_clean


# kubelet-skew


@pytest.mark.parametrize(
    ("kubelet", "server", "target", "found"),
    [
        ("v1.33.9", "v1.36.4", Minor(1, 37), 1),  # four minors
        ("v1.34.0", "v1.36.4", Minor(1, 37), 0),  # three
        ("v1.34.0-eks-1a2b", "v1.36.4-eks-9f", Minor(1, 37), 0),
        ("v1.24.1", "v1.26.0", Minor(1, 27), 1),  # two was the limit before 1.28
        ("v1.25.1", "v1.27.0", Minor(1, 28), 0),
        ("v1.37.0", "v1.36.4", Minor(1, 37), 1),  # newer than the API server
        ("v1.36.9", "v1.36.4", Minor(1, 37), 0),  # a newer patch is allowed
    ],
)
def test_kubelet_may_be_three_minors_older_and_never_newer(
    kubelet: str, server: str, target: Minor, found: int
) -> None:
    snapshot = a_snapshot(a_node(kubelet=kubelet), a_node("n2", kubelet=server), version=server)
    assert len(said(report("kubelet-skew", snapshot, target))) == found


def test_nodes_of_one_version_are_one_finding() -> None:
    old = [a_node(f"n{n}", kubelet="v1.33.1") for n in range(3)]
    assert said(report("kubelet-skew", a_snapshot(*old))) == [("blocker", ("node/n0", "node/n1", "node/n2"))]


def test_kubelet_that_reports_no_version_is_incomplete() -> None:
    assert gaps(report("kubelet-skew", a_snapshot(a_node(kubelet="")))) == ["node/node-1"]


def test_past_the_horizon_the_skew_is_unknown() -> None:
    snapshot = a_snapshot(a_node(kubelet="v1.37.1"), version="v1.37.1")
    assert gaps(report("kubelet-skew", snapshot, Minor(1, 38))) == ["Kubernetes 1.38"]


@pytest.mark.parametrize(
    ("check", "kind"),
    [("pod-without-controller", Pod), ("node-not-ready", Node), ("kubelet-skew", Node)],
)
def test_forbidden_read_is_incomplete(check: str, kind: type[Pod] | type[Node]) -> None:
    snapshot = a_snapshot(a_pod("a"), a_node(ready=False), unread=[forbidden(kind)])
    assert gaps(report(check, snapshot)) == [kind.PLURAL]


@pytest.mark.parametrize("check", ["pod-without-controller", "node-not-ready", "kubelet-skew"])
def test_empty_cluster_is_clean(check: str) -> None:
    assert report(check, a_snapshot()).is_clean
