"""Disruption budgets and the eviction subresource."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulator.controllers.clusters import (
    apply,
    deployment,
    make_cluster,
    pods,
    ready_pods,
    scale,
    template,
    wait,
)

from seatrial.cluster.objects import Obj
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers.kinds import JOBS, NODES, POD_DISRUPTION_BUDGETS, PODS
from seatrial.simulator.controllers.pods import is_ready
from seatrial.simulator.faults import Crash, FaultPlan, NeverReady, WorkloadFault
from seatrial.simulator.status import ApiError


def budget(name: str = "web", app: str = "web", **spec: Any) -> Obj:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": app}}, **spec},
    }


def numbers(cluster: SimulatedCluster, name: str = "web") -> dict[str, int]:
    found = cluster.store.get(POD_DISRUPTION_BUDGETS, "default", name)
    assert found is not None
    names = ("expectedPods", "desiredHealthy", "currentHealthy", "disruptionsAllowed")
    return {field: found["status"][field] for field in names}


def refusal(cluster: SimulatedCluster, pod: str) -> ApiError:
    with pytest.raises(ApiError) as caught:
        cluster.verbs.evict("default", pod)
    return caught.value


@pytest.mark.parametrize(
    ("spec", "expected", "desired"),
    [
        ({"minAvailable": 2}, 7, 2),
        ({"minAvailable": "50%"}, 7, 4),
        ({"maxUnavailable": "30%"}, 7, 4),
        ({"maxUnavailable": 0}, 7, 7),
        ({"minAvailable": "100%"}, 7, 7),
    ],
)
def test_a_budget_rounds_shares_up(spec: dict[str, Any], expected: int, desired: int) -> None:
    cluster = make_cluster()
    apply(cluster, deployment(replicas=7))
    cluster.verbs.create(POD_DISRUPTION_BUDGETS, budget(**spec))
    wait(cluster, 30)
    assert numbers(cluster) == {
        "expectedPods": expected,
        "desiredHealthy": desired,
        "currentHealthy": 7,
        "disruptionsAllowed": 7 - desired,
    }


def test_a_budget_with_no_room_answers_as_the_api_does() -> None:
    cluster = make_cluster()
    apply(cluster, deployment(replicas=2))
    cluster.verbs.create(POD_DISRUPTION_BUDGETS, budget(minAvailable=2))
    wait(cluster, 30)
    refused = refusal(cluster, ready_pods(cluster)[0])
    assert refused.status() == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "Cannot evict pod as it would violate the pod's disruption budget.",
        "reason": "TooManyRequests",
        "details": {
            "causes": [
                {
                    "reason": "DisruptionBudget",
                    "message": "The disruption budget web needs 2 healthy pods and has 2 currently",
                }
            ]
        },
        "code": 429,
    }


def test_two_evictions_at_the_same_moment_cannot_share_one_disruption() -> None:
    cluster = make_cluster()
    apply(cluster, deployment(replicas=3))
    cluster.verbs.create(POD_DISRUPTION_BUDGETS, budget(maxUnavailable=1))
    wait(cluster, 30)
    first, second, _ = ready_pods(cluster)
    cluster.verbs.evict("default", first)
    assert refusal(cluster, second).code == 429
    wait(cluster, 30)
    assert numbers(cluster)["disruptionsAllowed"] == 1
    cluster.verbs.evict("default", second)


def test_a_budget_that_was_just_changed_asks_to_come_back_in_ten_seconds() -> None:
    cluster = make_cluster()
    apply(cluster, deployment(replicas=3))
    wait(cluster, 30)
    cluster.verbs.create(POD_DISRUPTION_BUDGETS, budget(maxUnavailable=1))
    refused = refusal(cluster, ready_pods(cluster)[0])
    assert (refused.code, refused.retry_after) == (429, 10)


def test_two_budgets_over_one_pod_are_a_server_error() -> None:
    cluster = make_cluster()
    apply(cluster, deployment(replicas=3))
    for name in ("a", "b"):
        cluster.verbs.create(POD_DISRUPTION_BUDGETS, budget(name, maxUnavailable=1))
    wait(cluster, 30)
    refused = refusal(cluster, ready_pods(cluster)[0])
    assert refused.code == 500
    assert "more than one PodDisruptionBudget" in refused.message


@pytest.mark.parametrize(("policy", "goes"), [("IfHealthyBudget", False), ("AlwaysAllow", True)])
def test_an_unhealthy_pod_goes_only_where_the_policy_lets_it(policy: str, goes: bool) -> None:
    fault = WorkloadFault(NeverReady(), workload="web")
    cluster = make_cluster(faults=FaultPlan(workloads=(fault,)))
    apply(cluster, deployment(replicas=2))
    cluster.verbs.create(POD_DISRUPTION_BUDGETS, budget(minAvailable=1, unhealthyPodEvictionPolicy=policy))
    wait(cluster, 30)
    pod = pods(cluster)[0]["metadata"]["name"]
    if goes:
        cluster.verbs.evict("default", pod)
    else:
        assert refusal(cluster, pod).code == 429


def test_a_crashing_pod_may_go_while_the_others_satisfy_the_budget() -> None:
    fault = WorkloadFault(Crash(), workload="web", times=1)
    cluster = make_cluster(faults=FaultPlan(workloads=(fault,)))
    apply(cluster, deployment(replicas=3))
    cluster.verbs.create(POD_DISRUPTION_BUDGETS, budget(minAvailable=2))
    wait(cluster, 30)
    broken = next(p["metadata"]["name"] for p in pods(cluster) if not is_ready(p))
    cluster.verbs.evict("default", broken)


def test_a_budget_over_pods_without_a_scale_fails_safe() -> None:
    cluster = make_cluster()
    pod = template({"app": "web"}, restartPolicy="Never")
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "job", "namespace": "default"},
        "spec": {"template": pod},
    }
    cluster.verbs.create(JOBS, job)
    cluster.verbs.create(POD_DISRUPTION_BUDGETS, budget(maxUnavailable=1))
    wait(cluster, 3)
    found = cluster.store.get(POD_DISRUPTION_BUDGETS, "default", "web")
    assert found is not None
    assert found["status"]["disruptionsAllowed"] == 0
    assert found["status"]["conditions"][0]["reason"] == "SyncFailed"


def test_a_drained_node_empties_and_the_pods_come_back_elsewhere() -> None:
    cluster = make_cluster()
    apply(cluster, deployment(replicas=3))
    cluster.verbs.create(POD_DISRUPTION_BUDGETS, budget(maxUnavailable=1))
    wait(cluster, 30)
    node = pods(cluster)[0]["spec"]["nodeName"]
    cluster.verbs.modify(NODES, "", node, lambda n: n["spec"].update(unschedulable=True))
    for pod in pods(cluster):
        if pod["spec"]["nodeName"] == node:
            cluster.verbs.evict("default", pod["metadata"]["name"])
    wait(cluster, 30)
    assert len(ready_pods(cluster)) == 3
    assert node not in {pod["spec"]["nodeName"] for pod in pods(cluster)}


STEPS = st.lists(st.tuples(st.sampled_from(["evict", "scale", "wait"]), st.integers(0, 9)), max_size=25)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 6),
    st.sampled_from(
        [
            {"minAvailable": 1},
            {"minAvailable": "50%"},
            {"maxUnavailable": 1},
            {"maxUnavailable": "34%"},
        ]
    ),
    STEPS,
)
def test_evictions_never_take_a_budget_below_what_it_needs(
    replicas: int, spec: dict[str, Any], steps: list[tuple[str, int]]
) -> None:
    cluster = make_cluster()
    apply(cluster, deployment(replicas=replicas))
    cluster.verbs.create(POD_DISRUPTION_BUDGETS, budget(**spec))
    wait(cluster, 30)
    for what, value in steps:
        match what:
            case "evict":
                alive = pods(cluster)
                if not alive:
                    continue
                name = alive[value % len(alive)]["metadata"]["name"]
                desired = numbers(cluster)["desiredHealthy"]
                was_ready = name in healthy(cluster)
                try:
                    cluster.verbs.evict("default", name)
                except ApiError as refused:
                    if refused.code != 429:
                        raise
                else:
                    assert not was_ready or len(healthy(cluster)) >= desired
            case "scale":
                scale(cluster, "web", value % 7)
                wait(cluster, 0.5)
            case _:
                wait(cluster, float(value))


def healthy(cluster: SimulatedCluster) -> set[str]:
    return {
        pod["metadata"]["name"]
        for pod in cluster.store.list(PODS, "default")
        if is_ready(pod) and not pod["metadata"].get("deletionTimestamp")
    }
