"""Faults on demand: what the plan declares is what happens, and no more."""

from __future__ import annotations

from typing import Any

import pytest
from tests.simulator.controllers.clusters import (
    add_node,
    apply,
    deployment,
    make_cluster,
    pods,
    ready_pods,
    wait,
)

from seatrial.clock import SimulatedClock
from seatrial.cluster.objects import Obj
from seatrial.errors import BadInput
from seatrial.simulator.controllers.kinds import PODS
from seatrial.simulator.controllers.pods import is_ready
from seatrial.simulator.faults import (
    ActiveFaults,
    ApiFault,
    Crash,
    Cut,
    ExpireToken,
    FaultPlan,
    ImagePull,
    NeverReady,
    NeverStops,
    Refuse,
    Slow,
    WorkloadFault,
    read_fault_plan,
)
from seatrial.simulator.hooks import Reaction, RequestInfo
from seatrial.simulator.status import ApiError
from seatrial.simulator.store import ResourceKey

LIST_PODS = RequestInfo("list", "/api/v1/pods", ResourceKey("", "pods"), "v1", namespace="shop")


def react(plan: FaultPlan, request: RequestInfo = LIST_PODS) -> Reaction | None:
    return ActiveFaults(SimulatedClock(), plan).react(request)


def test_a_plan_reads_from_plain_data() -> None:
    data = {
        "api": [{"effect": {"type": "refuse", "code": 429, "retryAfter": 2}, "verbs": ["list"], "times": 3}],
        "workloads": [
            {"effect": {"type": "crash", "exitCode": 137}, "namespace": "shop", "workload": "web"},
            {"effect": {"type": "neverReady"}, "kubelet": "1.34", "nodeLabels": {"pool": "a"}},
        ],
        "quotas": [{"namespace": "shop"}],
    }
    plan = read_fault_plan(data)
    assert plan.api == (ApiFault(Refuse(429, retry_after=2), verbs=("list",), times=3),)
    assert plan.workloads[0] == WorkloadFault(Crash(exit_code=137), namespace="shop", workload="web")
    assert plan.workloads[1].kubelet == "1.34"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"api": [{"effect": {"type": "explode"}}]}, "explode"),
        ({"workload": []}, "workload"),
        ({"quotas": [{}]}, "namespace"),
        ([], "object"),
    ],
)
def test_a_wrong_plan_is_refused_with_the_field(data: Any, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read_fault_plan(data)


def test_requests_that_do_not_match_pass() -> None:
    plan = FaultPlan(api=(ApiFault(Cut(), verbs=("create",), resources=("pods/eviction",)),))
    assert react(plan) is None
    eviction = RequestInfo("create", "", ResourceKey("", "pods"), "v1", "eviction", "shop", "web")
    assert react(plan, eviction) == Reaction(cut=True)


def test_a_refusal_is_the_api_error_that_clients_know() -> None:
    found = react(FaultPlan(api=(ApiFault(Refuse(429, retry_after=7)),)))
    assert found is not None
    assert isinstance(found.error, ApiError)
    status = found.error.status()
    assert (status["code"], status["reason"]) == (429, "TooManyRequests")
    assert status["details"] == {"retryAfterSeconds": 7}


def test_an_expired_token_is_a_401() -> None:
    found = react(FaultPlan(api=(ApiFault(ExpireToken()),)))
    assert found is not None
    assert isinstance(found.error, ApiError)
    assert found.error.code == 401


def test_delays_add_up_and_come_before_a_refusal() -> None:
    plan = FaultPlan(api=(ApiFault(Slow(1.5)), ApiFault(Slow(0.5)), ApiFault(Cut())))
    assert react(plan) == Reaction(2.0, cut=True)


def test_a_fault_ends_after_its_number_of_requests() -> None:
    active = ActiveFaults(SimulatedClock(), FaultPlan(api=(ApiFault(Cut(), times=2),)))
    assert [active.react(LIST_PODS) is not None for _ in range(4)] == [True, True, False, False]


def test_a_fault_lasts_for_its_time_only() -> None:
    clock = SimulatedClock()
    active = ActiveFaults(clock, FaultPlan(api=(ApiFault(Cut(), after=10, seconds=5),)))
    seen = []
    for _ in range(5):
        seen.append(active.react(LIST_PODS) is not None)
        clock.run(clock.sleep(4))
    assert seen == [False, False, False, True, False]


def test_a_fault_tied_to_a_kubelet_strikes_only_on_its_nodes() -> None:
    fault = WorkloadFault(NeverReady(), workload="web", kubelet="1.33")
    cluster = make_cluster(1, faults=FaultPlan(workloads=(fault,)))
    old = add_node(cluster, "old")
    info = old["status"]["nodeInfo"]

    def downgrade(node: Obj) -> None:
        node["status"]["nodeInfo"] = {**info, "kubeletVersion": "v1.32.9"}

    cluster.verbs.modify(ResourceKey("", "nodes"), "", "old", downgrade, subresource="status")
    apply(cluster, deployment(replicas=4))
    wait(cluster, 60)
    by_node = {(pod["spec"]["nodeName"], is_ready(pod)) for pod in pods(cluster)}
    assert by_node == {("node-0", False), ("old", True)}


def test_an_image_that_cannot_be_pulled_says_so_and_backs_off() -> None:
    fault = WorkloadFault(ImagePull("not found"), image="app:1")
    cluster = make_cluster(faults=FaultPlan(workloads=(fault,)))
    apply(cluster, deployment(replicas=1))
    wait(cluster, 3)
    (pod,) = pods(cluster)
    assert pod["status"]["phase"] == "Pending"
    state = pod["status"]["containerStatuses"][0]["state"]["waiting"]
    assert state == {"reason": "ErrImagePull", "message": "not found"}
    wait(cluster, 60)
    state = pods(cluster)[0]["status"]["containerStatuses"][0]["state"]["waiting"]
    assert state["reason"] == "ImagePullBackOff"


def test_pods_heal_when_the_fault_is_lifted() -> None:
    cluster = make_cluster(faults=FaultPlan(workloads=(WorkloadFault(Crash(), workload="web"),)))
    apply(cluster, deployment())
    wait(cluster, 60)
    assert ready_pods(cluster) == []
    assert isinstance(cluster.faults, ActiveFaults)
    cluster.faults.replace(FaultPlan())
    wait(cluster, 400)
    assert len(ready_pods(cluster)) == 3
    assert all(pod["status"]["containerStatuses"][0]["restartCount"] for pod in pods(cluster))


@pytest.mark.parametrize(("stubborn", "seconds"), [(False, 2), (True, 30)])
def test_stopping_takes_the_modelled_time_or_the_whole_grace_period(stubborn: bool, seconds: int) -> None:
    workloads = (WorkloadFault(NeverStops(), workload="web"),) if stubborn else ()
    cluster = make_cluster(faults=FaultPlan(workloads=workloads))
    apply(cluster, deployment(replicas=1))
    wait(cluster, 30)
    (name,) = ready_pods(cluster)
    cluster.verbs.delete(PODS, "default", name)
    wait(cluster, seconds - 0.5)
    assert cluster.store.raw(PODS, "default", name) is not None
    wait(cluster, 1)
    assert cluster.store.raw(PODS, "default", name) is None
