"""Disruption budgets: what allows nothing now, what never will, and the arithmetic behind it."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import a_budget, a_deployment, a_pod, a_snapshot, a_stateful_set, an_object, forbidden
from tests.checks.reports import TARGET, gaps, names, report, said

from seatrial.catalog import api_catalog, releases
from seatrial.checks.budgets import Allowance, allowances
from seatrial.checks.check import Context
from seatrial.cluster.models import Pod, PodDisruptionBudget, ReplicaSet
from seatrial.cluster.objects import Obj
from seatrial.cluster.snapshot import Snapshot

NEVER, NOW = "budget-never-allows", "budget-blocks-now"


def both(snapshot: Snapshot) -> tuple[int, int]:
    """How many findings: never, now. At most one of the two may speak of a budget."""
    return len(said(report(NEVER, snapshot))), len(said(report(NOW, snapshot)))


def only(snapshot: Snapshot) -> Allowance:
    (found,) = allowances(Context(TARGET, api_catalog(), releases(), snapshot))
    return found


@pytest.mark.parametrize(
    ("replicas", "rule"),
    [
        (2, {"max_unavailable": 0}),
        (2, {"max_unavailable": "0%"}),
        (1, {"min_available": 1}),
        (3, {"min_available": 3}),
        (2, {"min_available": 5}),
        (5, {"min_available": "100%"}),
        (5, {"min_available": "90%"}),  # 4.5 is rounded up to 5
        (1, {"min_available": "1%"}),
        (2, {}),
    ],
)
def test_budget_without_room_never_allows(replicas: int, rule: dict[str, int | str]) -> None:
    snapshot = a_snapshot(*a_deployment("web", replicas=replicas), a_budget("web", **rule))
    assert both(snapshot) == (1, 0)


@pytest.mark.parametrize(
    ("replicas", "rule"),
    [
        (2, {"max_unavailable": 1}),
        (2, {"max_unavailable": "1%"}),  # rounded up to 1
        (1, {"max_unavailable": "10%"}),
        (3, {"min_available": 2}),
        (5, {"min_available": "80%"}),
        (2, {"min_available": 0}),
        (2, {"min_available": "50%"}),
    ],
)
def test_budget_with_room_for_one_is_clean(replicas: int, rule: dict[str, int | str]) -> None:
    snapshot = a_snapshot(*a_deployment("web", replicas=replicas), a_budget("web", **rule))
    assert both(snapshot) == (0, 0)


def test_finding_names_budget_pods_and_the_owner_that_would_revert_a_change() -> None:
    annotations = {"argocd.argoproj.io/tracking-id": "shop-app:policy/PodDisruptionBudget:shop/web"}
    budget = a_budget("web", max_unavailable=0, annotations=annotations)
    (finding,) = report(NEVER, a_snapshot(*a_deployment("web"), budget)).findings
    assert names(finding) == ("shop/poddisruptionbudget/web", "shop/pod/web-6d5f-0", "shop/pod/web-6d5f-1")
    assert str(finding.owner) == "Argo CD application shop-app"
    assert "reverts changes" in finding.fix
    assert "maxUnavailable 0 of 2 pods" in finding.message


def test_unready_pod_uses_up_the_budget_for_now() -> None:
    status = {"currentHealthy": 2, "desiredHealthy": 2, "expectedPods": 3, "disruptionsAllowed": 0}
    snapshot = a_snapshot(
        *a_deployment("web", replicas=3, ready=2), a_budget("web", min_available=2, status=status)
    )
    assert both(snapshot) == (0, 1)
    (finding,) = report(NOW, snapshot).findings
    # the unready pod may go: enough others are healthy
    assert names(finding) == ("shop/poddisruptionbudget/web", "shop/pod/web-6d5f-0", "shop/pod/web-6d5f-1")


@pytest.mark.parametrize(
    ("check", "replicas", "ready", "rule", "after"),
    [
        (NEVER, 1, 1, {"min_available": 1}, 2),
        (NEVER, 2, 2, {"min_available": 5}, 6),
        (NEVER, 1, 1, {"min_available": "50%"}, 2),
        (NEVER, 5, 5, {"min_available": "90%"}, 10),
        (NOW, 3, 1, {"min_available": 2}, 5),  # two of them stay unready
    ],
)
def test_as_many_replicas_are_proposed_as_let_one_go(
    check: str, replicas: int, ready: int, rule: dict[str, int | str], after: int
) -> None:
    snapshot = a_snapshot(*a_deployment("web", replicas=replicas, ready=ready), a_budget("web", **rule))
    (finding,) = report(check, snapshot).findings
    assert [each.patch for each in finding.proposals] == [{"spec": {"replicas": after}}]


@pytest.mark.parametrize("rule", [{"min_available": "100%"}, {"max_unavailable": 0}, {}])
def test_nothing_is_proposed_where_no_number_of_replicas_helps(rule: dict[str, int | str]) -> None:
    (finding,) = report(NEVER, a_snapshot(*a_deployment("web"), a_budget("web", **rule))).findings
    assert (finding.proposals, finding.fix) == ((), "Set maxUnavailable to 1.")


@pytest.mark.parametrize(
    ("made", "reason", "severity"),
    [
        ("2026-11-21T11:55:00Z", "ContainerCreating", "warning"),
        ("2026-11-21T11:55:00Z", "ImagePullBackOff", "blocker"),
        ("2026-11-21T11:30:00Z", "ContainerCreating", "blocker"),
        ("", "ContainerCreating", "blocker"),
    ],
)
def test_rollout_in_progress_only_warns(made: str, reason: str, severity: str) -> None:
    *others, last = a_deployment("web", replicas=3, ready=2)
    last["metadata"]["creationTimestamp"] = made
    last["status"]["containerStatuses"] = [{"name": "main", "state": {"waiting": {"reason": reason}}}]
    snapshot = a_snapshot(*others, last, a_budget("web", max_unavailable=1))
    (finding,) = report(NOW, snapshot).findings
    assert finding.severity.value == severity
    assert ("1 pod just started" in finding.message) == (severity == "warning")


def test_status_that_is_not_written_yet_is_worked_out() -> None:
    snapshot = a_snapshot(*a_deployment("web", replicas=3, ready=2), a_budget("web", min_available=2))
    assert both(snapshot) == (0, 1)


def test_stale_status_is_not_believed() -> None:
    stale = {"observedGeneration": 0, "disruptionsAllowed": 1}
    snapshot = a_snapshot(
        *a_deployment("web", replicas=3, ready=2), a_budget("web", min_available=2, status=stale)
    )
    assert both(snapshot) == (0, 1)


def test_status_that_allows_one_is_believed() -> None:
    status = {"currentHealthy": 3, "desiredHealthy": 2, "expectedPods": 3, "disruptionsAllowed": 1}
    snapshot = a_snapshot(*a_deployment("web", replicas=3), a_budget("web", min_available=2, status=status))
    assert both(snapshot) == (0, 0)


def test_crashing_pods_that_may_always_be_evicted_do_not_block() -> None:
    pods = a_deployment("web", replicas=2, ready=0)
    blocked = a_snapshot(*pods, a_budget("web", max_unavailable=1))
    free = a_snapshot(*pods, a_budget("web", max_unavailable=1, unhealthy="AlwaysAllow"))
    assert both(blocked) == (0, 1)
    assert both(free) == (0, 0)


@pytest.mark.parametrize(
    "pod",
    [
        a_pod("p", labels={"app": "web"}, phase="Succeeded", owner=("Job", "p")),
        a_pod("p", labels={"app": "web"}, owner=("DaemonSet", "p")),
        a_pod("p", labels={"app": "web"}, owner=("Node", "node-1")),
        a_pod("p", labels={"app": "web"}, annotations={"kubernetes.io/config.mirror": "x"}),
    ],
)
def test_budget_over_pods_that_no_drain_evicts_is_clean(pod: Obj) -> None:
    assert both(a_snapshot(pod, a_budget("web", max_unavailable=0))) == (0, 0)


def test_maximum_over_pods_whose_controller_has_no_scale_never_allows() -> None:
    job = a_pod("job-1", labels={"app": "web"}, owner=("Job", "job"))
    snapshot = a_snapshot(*a_deployment("web"), job, a_budget("web", max_unavailable=1))
    assert both(snapshot) == (1, 0)
    assert "belongs to a Job" in report(NEVER, snapshot).findings[0].message
    # a whole minAvailable counts pods and does not care
    assert both(a_snapshot(*a_deployment("web"), job, a_budget("web", min_available=1))) == (0, 0)


def test_maximum_over_pods_without_controller_never_allows() -> None:
    pods = [a_pod(name, labels={"app": "web"}) for name in ("a", "b")]
    assert both(a_snapshot(*pods, a_budget("web", max_unavailable=1))) == (1, 0)
    assert both(a_snapshot(*pods, a_budget("web", min_available=1))) == (0, 0)


def test_custom_controller_is_taken_at_the_status_word() -> None:
    pods = [a_pod(f"db-{n}", labels={"app": "db"}, owner=("PostgresCluster", "db")) for n in range(2)]
    status = {"currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2, "disruptionsAllowed": 1}
    assert both(a_snapshot(*pods, a_budget("db", max_unavailable=1, status=status))) == (0, 0)
    none = {"currentHealthy": 2, "desiredHealthy": 2, "expectedPods": 2, "disruptionsAllowed": 0}
    assert both(a_snapshot(*pods, a_budget("db", max_unavailable=0, status=none))) == (1, 0)


def test_replicas_of_all_covered_controllers_count_together() -> None:
    labels = {"part-of": "shop"}
    snapshot = a_snapshot(
        *a_deployment("web", replicas=1, labels=labels),
        *a_stateful_set("cart", replicas=1, labels=labels),
        a_budget("all", min_available="50%", match=labels),
    )
    assert (only(snapshot).expected, only(snapshot).desired, only(snapshot).at_best) == (2, 1, 1)


@pytest.mark.parametrize(
    "budget",
    [
        a_budget("web", "elsewhere", max_unavailable=0),
        a_budget("other", max_unavailable=0),
        {**a_budget("web", max_unavailable=0), "spec": {"maxUnavailable": 0}},  # no selector: no pod
    ],
)
def test_budget_that_selects_no_pod_is_clean(budget: Obj) -> None:
    assert both(a_snapshot(*a_deployment("web"), budget)) == (0, 0)


def test_empty_selector_selects_every_pod_of_the_namespace() -> None:
    snapshot = a_snapshot(*a_deployment("web"), a_budget("all", max_unavailable=0, selector={}))
    assert both(snapshot) == (1, 0)


def test_workload_scaled_to_nothing_is_clean() -> None:
    assert both(a_snapshot(*a_deployment("web", replicas=0), a_budget("web", min_available=1))) == (0, 0)


@pytest.mark.parametrize("check", [NEVER, NOW])
@pytest.mark.parametrize("kind", [PodDisruptionBudget, Pod, ReplicaSet])
def test_forbidden_read_is_incomplete(check: str, kind: type) -> None:
    snapshot = a_snapshot(*a_deployment("web"), a_budget("web", max_unavailable=0), unread=[forbidden(kind)])
    assert gaps(report(check, snapshot)) == [kind.PLURAL]


@pytest.mark.parametrize("check", [NEVER, NOW])
def test_cluster_without_budgets_is_clean(check: str) -> None:
    assert report(check, a_snapshot(*a_deployment("web"))).is_clean


def test_rule_that_is_no_number_is_incomplete_not_a_crash() -> None:
    snapshot = a_snapshot(*a_deployment("web"), a_budget("web", min_available="lots"))
    assert len(report(NEVER, snapshot).incomplete) == 1


def test_hand_written_object_without_uid_does_not_confuse_controllers() -> None:
    budget = a_budget("web", min_available=1)
    pods = [a_pod(f"p{n}", labels={"app": "web"}, owner=("ReplicaSet", "gone")) for n in range(2)]
    assert both(a_snapshot(*pods, budget, an_object("apps/v1", "ReplicaSet", "other", "shop"))) == (0, 0)


rules = st.one_of(
    st.tuples(st.just("min"), st.integers(0, 12)),
    st.tuples(st.just("max"), st.integers(0, 12)),
    st.tuples(st.just("min"), st.integers(0, 100).map(lambda share: f"{share}%")),
    st.tuples(st.just("max"), st.integers(0, 100).map(lambda share: f"{share}%")),
)


@given(rule=rules, replicas=st.integers(1, 10), ready=st.integers(0, 10))
def test_allowance_equals_evicting_one_pod_after_the_other(
    rule: tuple[str, int | str], replicas: int, ready: int
) -> None:
    ready = min(ready, replicas)
    field = {"min": "min_available", "max": "max_unavailable"}[rule[0]]
    snapshot = a_snapshot(
        *a_deployment("web", replicas=replicas, ready=ready), a_budget("web", **{field: rule[1]})
    )
    found = only(snapshot)
    assert found.now == evictions_until_refused(rule, replicas, ready)
    assert found.at_best == evictions_until_refused(rule, replicas, replicas)
    assert both(snapshot)[0] + both(snapshot)[1] <= 1


def evictions_until_refused(rule: tuple[str, int | str], replicas: int, healthy: int) -> int:
    """The brute-force model: take healthy pods away one by one while the rule, in exact shares, holds."""
    done = 0
    while healthy > 0 and holds(rule, replicas, healthy - 1):
        healthy -= 1
        done += 1
    return done


def holds(rule: tuple[str, int | str], replicas: int, healthy: int) -> bool:
    which, value = rule
    amount = value if isinstance(value, int) else math.ceil(Fraction(int(value[:-1]), 100) * replicas)
    return healthy >= amount if which == "min" else replicas - healthy <= amount
