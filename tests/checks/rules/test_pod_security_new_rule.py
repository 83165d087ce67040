"""Pods that the target's Pod Security refuses."""

from typing import Any

from tests.builders import a_namespace, a_snapshot
from tests.checks.corpus import Case, run
from tests.checks.workloads import a_workload

from seatrial.cluster.version import Minor

CHECK = "pod-security-new-rule"
ENFORCE = "pod-security.kubernetes.io/enforce"
LOCAL = {"lifecycle": {"preStop": {"httpGet": {"host": "localhost", "port": 9091}}}}
TCP = {"livenessProbe": {"tcpSocket": {"host": "10.0.0.7", "port": 80}}}


def _namespace(level: str, version: str = "") -> dict[str, Any]:
    labels = {ENFORCE: level, **({f"{ENFORCE}-version": version} if version else {})}
    return a_namespace("shop", labels=labels)


CASES = (
    Case(
        check=CHECK,
        name="a handler that names a host where baseline is enforced",
        severities=("blocker",),
        snapshot=a_snapshot(_namespace("baseline"), a_workload("web", container=LOCAL)),
    ),
    Case(
        check=CHECK,
        name="a workload of no replicas",
        severities=("warning",),
        snapshot=a_snapshot(_namespace("restricted", "latest"), a_workload("web", container=TCP, replicas=0)),
    ),
    Case(
        check=CHECK,
        name="a namespace that pins an older version",
        severities=(),
        snapshot=a_snapshot(_namespace("baseline", "v1.33"), a_workload("web", container=LOCAL)),
    ),
    Case(
        check=CHECK,
        name="a privileged namespace",
        severities=(),
        snapshot=a_snapshot(_namespace("privileged"), a_workload("web", container=LOCAL)),
    ),
    Case(
        check=CHECK,
        name="probes of the pod itself",
        severities=(),
        snapshot=a_snapshot(
            _namespace("restricted"),
            a_workload("web", container={"livenessProbe": {"httpGet": {"path": "/", "port": 80}}}),
        ),
    ),
    Case(
        check=CHECK,
        name="a target without the rule",
        severities=(),
        snapshot=a_snapshot(_namespace("baseline"), a_workload("web", container=LOCAL), version="v1.32.1"),
        target=Minor(1, 33),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
    Case(
        check=CHECK,
        name="manifests of both",
        severities=("blocker",),
        files="""
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: shop}
spec:
  containers: [{name: main, image: example.org/app:1, startupProbe: {httpGet: {host: 127.0.0.1, port: 80}}}]
""",
    ),
)


def test_the_namespace_can_be_pinned_to_the_rules_before_and_back() -> None:
    (finding,) = run(CASES[0]).findings
    (proposal,) = finding.proposals
    assert (proposal.title, proposal.safe, proposal.patch, proposal.undo, proposal.expects) == (
        "Pin the Pod Security version of namespace shop to v1.33",
        True,
        {"metadata": {"labels": {f"{ENFORCE}-version": "v1.33"}}},
        {"metadata": {"labels": {f"{ENFORCE}-version": None}}},
        {"metadata": {"labels": {f"{ENFORCE}-version": None}}},
    )


def test_a_namespace_that_argo_cd_keeps_is_left_to_git() -> None:
    tracked = {"argocd.argoproj.io/tracking-id": "platform:/Namespace:/shop"}
    namespace = _namespace("baseline")
    namespace["metadata"]["annotations"] = tracked
    (finding,) = run(
        Case(
            check=CHECK,
            name="",
            severities=(),
            snapshot=a_snapshot(namespace, a_workload("web", container=LOCAL)),
        )
    ).findings
    assert finding.proposals == ()
