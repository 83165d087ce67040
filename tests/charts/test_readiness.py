from __future__ import annotations

from typing import Any

import pytest

from seatrial.charts.readiness import NotReady, pod_reason, readiness
from seatrial.cluster.objects import Obj, ObjectRef


def obj(api_version: str, kind: str, spec: Any = None, status: Any = None, **meta: Any) -> Obj:
    named = {"name": "web", "namespace": "shop", "generation": 1, **meta}
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": named,
        "spec": spec or {},
        "status": status or {},
    }


def deployment(spec: Any = None, **status: Any) -> Obj:
    selector = {"selector": {"matchLabels": {"app": "web"}}}
    return obj(
        "apps/v1",
        "Deployment",
        {"replicas": 2, **selector, **(spec or {})},
        {"observedGeneration": 1, **status},
    )


def condition(kind: str, status: str, reason: str = "") -> Obj:
    return {"type": kind, "status": status, "reason": reason}


READY = {"updatedReplicas": 2, "replicas": 2, "availableReplicas": 2, "readyReplicas": 2}


@pytest.mark.parametrize(
    "ready",
    [
        deployment(**READY),
        deployment({"paused": True}),
        deployment({"replicas": 0}),
        obj("apps/v1", "StatefulSet", {"replicas": 1}, {"observedGeneration": 1, "readyReplicas": 1}),
        obj("apps/v1", "StatefulSet", {"updateStrategy": {"type": "OnDelete"}}),
        obj(
            "apps/v1",
            "StatefulSet",
            {"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}},
            {
                "observedGeneration": 1,
                "readyReplicas": 3,
                "updatedReplicas": 1,
                "currentRevision": "a",
                "updateRevision": "b",
            },
        ),
        obj("apps/v1", "DaemonSet", {}, {"observedGeneration": 1}),
        obj("batch/v1", "Job", {}, {"conditions": [condition("Complete", "True")]}),
        obj("batch/v1", "Job", {"suspend": True}),
        obj("v1", "Pod", {}, {"phase": "Succeeded"}),
        obj("v1", "PersistentVolumeClaim", {}, {"phase": "Bound"}),
        obj("v1", "ConfigMap"),
        obj("example.com/v1", "Deployment"),
    ],
)
def test_what_is_ready_is_not_named(ready: Obj) -> None:
    assert readiness([ready]) == ()


@pytest.mark.parametrize(
    ("unready", "why", "final"),
    [
        (deployment(observedGeneration=0), "has a change that its controller has not seen yet", False),
        (deployment(updatedReplicas=1), "has updated 1 of 2 replicas", False),
        (deployment(updatedReplicas=2, replicas=3), "still has 1 old replicas", False),
        (deployment(**{**READY, "availableReplicas": 1}), "has 1 of 2 replicas available", False),
        (
            deployment(conditions=[condition("Progressing", "False", "ProgressDeadlineExceeded")]),
            "did not make progress within its deadline",
            True,
        ),
        (
            obj(
                "apps/v1",
                "StatefulSet",
                {"replicas": 2},
                {
                    "observedGeneration": 1,
                    "updatedReplicas": 1,
                    "currentRevision": "a",
                    "updateRevision": "b",
                },
            ),
            "has updated 1 of 2 replicas",
            False,
        ),
        (
            obj(
                "apps/v1",
                "DaemonSet",
                {},
                {"observedGeneration": 1, "desiredNumberScheduled": 3, "updatedNumberScheduled": 2},
            ),
            "has updated the pods of 2 of 3 nodes",
            False,
        ),
        (
            obj("batch/v1", "Job", {}, {"conditions": [condition("Failed", "True", "BackoffLimitExceeded")]}),
            "failed: BackoffLimitExceeded",
            True,
        ),
        (obj("batch/v1", "Job"), "has not completed", False),
        (obj("v1", "Pod", {}, {"phase": "Failed"}), "failed", True),
        (obj("v1", "PersistentVolumeClaim", {}, {"phase": "Lost"}), "lost its volume", True),
        (obj("v1", "PersistentVolumeClaim", {}, {"phase": "Pending"}), "is not bound to a volume", False),
        (obj("apiextensions.k8s.io/v1", "CustomResourceDefinition"), "is not established", False),
        (
            obj(
                "apiregistration.k8s.io/v1",
                "APIService",
                {},
                {"conditions": [condition("Available", "False", "MissingEndpoints")]},
            ),
            "is not available: MissingEndpoints",
            False,
        ),
    ],
)
def test_what_is_not_ready_is_named_with_the_reason(unready: Obj, why: str, final: bool) -> None:
    assert readiness([unready]) == (NotReady(ObjectRef.of(unready), why, (), final),)


def pod(name: str, status: Obj, labels: Any = None, spec: Any = None) -> Obj:
    return obj("v1", "Pod", spec, status, name=name, labels=labels or {"app": "web", "hash": "x"})


def test_pods_of_the_workload_say_why() -> None:
    crashing = {"containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}
    unplaced = {
        "conditions": [{**condition("PodScheduled", "False", "Unschedulable"), "message": "0/3 nodes: cpu"}]
    }
    found = readiness(
        [deployment(updatedReplicas=2, replicas=2)],
        pods=[
            pod("a", crashing),
            pod("b", unplaced),
            pod("c", {"conditions": [condition("Ready", "True")]}),
            pod("d", crashing, labels={"app": "other"}),
        ],
    )
    assert str(found[0]) == (
        "shop/deployment/web has 0 of 2 replicas available "
        "(a: CrashLoopBackOff; b: Unschedulable: 0/3 nodes: cpu)"
    )


def test_claim_that_no_pod_uses_may_stay_unbound() -> None:
    claim = obj("v1", "PersistentVolumeClaim", {}, {"phase": "Pending"}, name="data")
    user = pod("a", {}, spec={"volumes": [{"persistentVolumeClaim": {"claimName": "data"}}]})
    assert readiness([claim], pods=[]) == ()
    assert [each.why for each in readiness([claim], pods=[user])] == ["is not bound to a volume"]


def test_missing_object_is_not_ready_but_a_finished_job_may_be_gone() -> None:
    gone = ObjectRef("apps/v1", "Deployment", "shop", "web")
    assert readiness([], missing=[gone, gone._replace(kind="Job")]) == (NotReady(gone, "is not there"),)


def test_pod_that_is_ready_has_no_reason() -> None:
    assert pod_reason(pod("a", {"conditions": [condition("Ready", "True")]})) == ""
    assert pod_reason(pod("a", {"phase": "Pending"})) == "containers are not ready"
