"""Disruption budgets: those that never allow, that block now, overlap, select nothing, or are missing."""

import json

import pytest
from tests.builders import (
    a_budget,
    a_deployment,
    a_pod,
    a_service,
    a_snapshot,
    a_stateful_set,
    an_object,
    forbidden,
)
from tests.checks.corpus import Case
from tests.checks.reports import gaps, names, report, report_on_text, said

from seatrial.cluster.models import Pod
from seatrial.cluster.objects import Obj, ObjectRef
from seatrial.cluster.proposal import Proposal

NEVER, NOW, TWO = "budget-never-allows", "budget-blocks-now", "pod-under-two-budgets"
IDLE, CRASHING, BARE = "budget-without-pods", "budget-keeps-crashing-pods", "workload-without-budget"
LONE, PRIMARY = "single-replica", "budget-on-primary"
GITOPS = {"argocd.argoproj.io/tracking-id": "shop:policy/PodDisruptionBudget:shop/web"}


def a_crashing_pod(name: str = "web-0", *, phase: str = "Running") -> Obj:
    pod = a_pod(name, labels={"app": "web"}, owner=("ReplicaSet", "web"), ready=False, phase=phase)
    waiting = {"waiting": {"reason": "CrashLoopBackOff"}}
    pod["status"]["containerStatuses"] = [{"name": "main", "restartCount": 9, "state": waiting}]
    return pod


def a_database(*roles: str) -> list[Obj]:
    """One CloudNativePG cluster with its primary's budget."""
    pods = [
        a_pod(
            f"db-{number}",
            labels={"cnpg.io/cluster": "db", "cnpg.io/instanceRole": role},
            owner=("Cluster", "db"),
        )
        for number, role in enumerate(roles)
    ]
    match = {"cnpg.io/cluster": "db", "cnpg.io/instanceRole": "primary"}
    status = {"currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1, "disruptionsAllowed": 0}
    return [*pods, a_budget("db-primary", min_available=1, match=match, status=status)]


def a_kafka(cleaner: bool, unavailable: int = 0) -> list[Obj]:
    labels = {"strimzi.io/cluster": "bus"}
    objects = [*a_stateful_set("bus-kafka", replicas=3, labels=labels)]
    objects.append(a_budget("bus-kafka", max_unavailable=unavailable, match=labels))
    if cleaner:
        found = a_deployment("strimzi-drain-cleaner", "strimzi", replicas=1)
        container = found[0]["spec"]["template"]["spec"]["containers"][0]
        container["image"] = "images.example.com/strimzi/drain-cleaner:1.3"
        objects += found
    return objects


def in_yaml(*objects: Obj) -> str:
    return "\n---\n".join(json.dumps(each) for each in objects)


WEB, WEB_OF_ONE = a_deployment("web"), a_deployment("web", replicas=1)
MIN_2, MAX_0, MAX_1 = (
    a_budget("web", min_available=2),
    a_budget("web", max_unavailable=0),
    a_budget("web", max_unavailable=1),
)
AUTOSCALER = an_object(
    "autoscaling/v2",
    "HorizontalPodAutoscaler",
    "web",
    "shop",
    spec={"scaleTargetRef": {"kind": "Deployment", "name": "web"}},
)

CASES = (
    Case(check=NEVER, name="maxUnavailable 0", severities=("blocker",), snapshot=a_snapshot(*WEB, MAX_0)),
    Case(check=NEVER, name="room for one", severities=(), snapshot=a_snapshot(*WEB, MAX_1)),
    Case(check=NEVER, name="no budgets at all", severities=(), snapshot=a_snapshot()),
    Case(
        check=NEVER,
        name="in files, as many as the deployment runs",
        severities=("blocker",),
        files=in_yaml(WEB[0], MIN_2),
    ),
    Case(check=NEVER, name="in files, room for one", severities=(), files=in_yaml(WEB[0], MAX_1)),
    Case(check=NEVER, name="in files, no workload beside it", severities=(), files=in_yaml(MIN_2)),
    Case(
        check=NEVER,
        name="in files, under an autoscaler",
        severities=(),
        files=in_yaml(WEB[0], MIN_2, AUTOSCALER),
    ),
    Case(
        check=NEVER,
        name="in files, 0 whatever the autoscaler does",
        severities=("blocker",),
        files=in_yaml(WEB[0], MAX_0, AUTOSCALER),
    ),
    Case(
        check=NEVER,
        name="in files, all of them however many the autoscaler wants",
        severities=("blocker",),
        files=in_yaml(WEB[0], a_budget("web", min_available="100%"), AUTOSCALER),
    ),
    Case(
        check=NOW,
        name="one of three unready under minAvailable 2",
        severities=("blocker",),
        snapshot=a_snapshot(*a_deployment("web", replicas=3, ready=2), a_budget("web", min_available=2)),
    ),
    Case(
        check=NOW,
        name="all three ready",
        severities=(),
        snapshot=a_snapshot(*a_deployment("web", replicas=3), a_budget("web", min_available=2)),
    ),
    Case(check=NOW, name="no budgets at all", severities=(), snapshot=a_snapshot()),
    Case(
        check=TWO,
        name="two budgets over one deployment",
        severities=("blocker",),
        snapshot=a_snapshot(*WEB, MAX_1, a_budget("other", min_available=1, match={"app": "web"})),
    ),
    Case(
        check=TWO,
        name="two budgets over two deployments",
        severities=(),
        snapshot=a_snapshot(*WEB, MAX_1, *a_deployment("api"), a_budget("api", max_unavailable=1)),
    ),
    Case(
        check=TWO,
        name="two budgets over a finished pod",
        severities=(),
        snapshot=a_snapshot(
            a_pod("web", labels={"app": "web"}, phase="Succeeded"),
            MAX_1,
            a_budget("other", min_available=1, match={"app": "web"}),
        ),
    ),
    Case(check=TWO, name="no budgets at all", severities=(), snapshot=a_snapshot()),
    Case(
        check=TWO,
        name="in files",
        severities=("blocker",),
        files=in_yaml(WEB[0], MAX_1, a_budget("other", min_available=1, match={"app": "web"})),
    ),
    Case(check=IDLE, name="a label that nothing has", severities=("info",), snapshot=a_snapshot(MAX_1)),
    Case(
        check=IDLE,
        name="a workload scaled to nothing",
        severities=(),
        snapshot=a_snapshot(*a_deployment("web", replicas=0), MAX_1),
    ),
    Case(check=IDLE, name="no budgets at all", severities=(), snapshot=a_snapshot()),
    Case(
        check=CRASHING,
        name="the default policy over a crash loop",
        severities=("warning",),
        snapshot=a_snapshot(a_crashing_pod(), MAX_1),
    ),
    Case(
        check=CRASHING,
        name="AlwaysAllow over a crash loop",
        severities=(),
        snapshot=a_snapshot(a_crashing_pod(), a_budget("web", max_unavailable=1, unhealthy="AlwaysAllow")),
    ),
    Case(
        check=CRASHING,
        name="a pending pod, which an eviction takes anyway",
        severities=(),
        snapshot=a_snapshot(a_crashing_pod(phase="Pending"), MAX_1),
    ),
    Case(check=CRASHING, name="no budgets at all", severities=(), snapshot=a_snapshot(a_crashing_pod())),
    Case(check=BARE, name="two replicas", severities=("warning",), snapshot=a_snapshot(*WEB)),
    Case(check=BARE, name="one replica", severities=(), snapshot=a_snapshot(*WEB_OF_ONE)),
    Case(
        check=BARE,
        name="CoreDNS in kube-system",
        severities=(),
        snapshot=a_snapshot(*a_deployment("coredns", "kube-system")),
    ),
    Case(check=BARE, name="no workloads at all", severities=(), snapshot=a_snapshot()),
    Case(
        check=LONE,
        name="one called by a Service",
        severities=("warning",),
        snapshot=a_snapshot(*WEB_OF_ONE, a_service("web", selector={"app": "web"})),
    ),
    Case(check=LONE, name="one that nobody calls", severities=("info",), snapshot=a_snapshot(*WEB_OF_ONE)),
    Case(check=LONE, name="two replicas", severities=(), snapshot=a_snapshot(*WEB)),
    Case(check=LONE, name="no workloads at all", severities=(), snapshot=a_snapshot()),
    Case(
        check=PRIMARY,
        name="a database of one instance",
        severities=("blocker",),
        snapshot=a_snapshot(*a_database("primary")),
    ),
    Case(
        check=PRIMARY,
        name="a database with a replica that takes over",
        severities=("info",),
        snapshot=a_snapshot(*a_database("primary", "replica")),
    ),
    Case(
        check=PRIMARY,
        name="a Kafka that only a Drain Cleaner moves, without one",
        severities=("blocker",),
        snapshot=a_snapshot(*a_kafka(cleaner=False)),
    ),
    Case(
        check=PRIMARY,
        name="a Kafka with its Drain Cleaner",
        severities=("info",),
        snapshot=a_snapshot(*a_kafka(cleaner=True)),
    ),
    Case(
        check=PRIMARY,
        name="a Kafka with an ordinary budget",
        severities=(),
        snapshot=a_snapshot(*a_kafka(cleaner=False, unavailable=1)),
    ),
    Case(
        check=NEVER,
        name="a database's primary, which another check looks at",
        severities=(),
        snapshot=a_snapshot(*a_database("primary")),
    ),
    Case(check=PRIMARY, name="no budgets at all", severities=(), snapshot=a_snapshot()),
)


@pytest.mark.parametrize("roles", [("master", "replica"), ("master",)])
def test_zalando_moves_its_primary_itself_even_a_lone_one(roles: tuple[str, ...]) -> None:
    pods = [
        a_pod(
            f"db-{number}",
            labels={"cluster-name": "db", "spilo-role": role},
            owner=("StatefulSet", "db"),
        )
        for number, role in enumerate(roles)
    ]
    match = {"cluster-name": "db", "spilo-role": "master"}
    status = {"currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1, "disruptionsAllowed": 0}
    found = report(PRIMARY, a_snapshot(*pods, a_budget("db", min_available=1, match=match, status=status)))
    assert [(each.severity.value, "the operator moves them" in each.message) for each in found.findings] == [
        ("info", True)
    ]


EVICTED = (
    ("app.kubernetes.io/managed-by", "percona-xtradb-cluster-operator"),
    ("app.kubernetes.io/managed-by", "percona-server-mongodb-operator"),
    ("postgres-operator.crunchydata.com/cluster", "db"),
    ("elasticsearch.k8s.elastic.co/cluster-name", "db"),
)


def a_kept_budget(label: tuple[str, str], *, owned: bool, **rule: int) -> list[Obj]:
    """Two pods and the budget that their operator keeps, or somebody else."""
    labels = dict([label])
    budget = a_budget("db", match=labels, **rule)
    if owned:
        budget["metadata"]["ownerReferences"] = [
            {"apiVersion": "example.com/v1", "kind": "Db", "name": "db", "uid": "u", "controller": True}
        ]
    return [*a_stateful_set("db", replicas=2, labels=labels), budget]


@pytest.mark.parametrize("label", EVICTED)
def test_an_ordinary_budget_of_an_operator_blocks_only_when_it_allows_nothing_and_then_names_it(
    label: tuple[str, str],
) -> None:
    kept = a_snapshot(*a_kept_budget(label, owned=True, min_available=2))
    (finding,) = report(PRIMARY, kept).findings
    assert (finding.severity.value, "the operator keeps it so" in finding.message) == ("blocker", True)
    assert report(NEVER, kept).is_clean
    assert report(PRIMARY, a_snapshot(*a_kept_budget(label, owned=True, min_available=1))).is_clean


@pytest.mark.parametrize("label", EVICTED)
def test_a_budget_over_an_operators_pods_that_is_somebodys_own_is_one_like_any_other(
    label: tuple[str, str],
) -> None:
    own = a_snapshot(*a_kept_budget(label, owned=False, min_available=2))
    assert report(PRIMARY, own).is_clean
    assert [each.severity.value for each in report(NEVER, own).findings] == ["blocker"]


def test_overlapping_budgets_are_one_finding_with_budgets_pods_and_workload() -> None:
    other = a_budget("other", min_available=1, match={"app": "web"})
    assert said(report(TWO, a_snapshot(*WEB, MAX_1, other))) == [
        (
            "blocker",
            (
                "shop/deployment/web",
                "shop/poddisruptionbudget/other",
                "shop/poddisruptionbudget/web",
                "shop/pod/web-6d5f-0",
                "shop/pod/web-6d5f-1",
            ),
        )
    ]


@pytest.mark.parametrize(
    ("budget", "proposals"),
    [
        (
            MAX_1,
            (
                Proposal(
                    title="Let unready pods under PodDisruptionBudget shop/web be evicted",
                    target=ObjectRef("policy/v1", "PodDisruptionBudget", "shop", "web"),
                    resource="poddisruptionbudgets",
                    patch={"spec": {"unhealthyPodEvictionPolicy": "AlwaysAllow"}},
                    undo={"spec": {"unhealthyPodEvictionPolicy": None}},
                    expects={"spec": {"unhealthyPodEvictionPolicy": None}},
                    safe=True,
                ),
            ),
        ),
        (a_budget("web", max_unavailable=1, annotations=GITOPS), ()),
    ],
)
def test_policy_is_proposed_unless_git_would_put_it_back(
    budget: Obj, proposals: tuple[Proposal, ...]
) -> None:
    (finding,) = report(CRASHING, a_snapshot(a_crashing_pod(), budget)).findings
    assert finding.proposals == proposals


def test_budget_in_a_file_is_found_at_its_line_and_will_be_applied_again() -> None:
    (finding,) = report_on_text(in_yaml(WEB[0], MIN_2), check=NEVER).findings
    assert (finding.location, finding.evidence.value) == ("app.yaml:3", "will-be-applied-again")
    assert names(finding) == ("shop/poddisruptionbudget/web",)


def test_deployment_in_a_file_that_leaves_its_replicas_open_is_no_finding() -> None:
    spec = {key: value for key, value in WEB[0]["spec"].items() if key != "replicas"}
    assert report_on_text(in_yaml({**WEB[0], "spec": spec}, MIN_2), check=NEVER).is_clean


def test_pods_that_were_not_read_are_no_absence() -> None:
    snapshot = a_snapshot(MAX_1, unread=[forbidden(Pod, "shop")])
    assert gaps(report(IDLE, snapshot)) == ["pods in namespace shop"]


def test_budget_in_a_file_without_any_rule_never_allows() -> None:
    assert len(report_on_text(in_yaml(WEB[0], a_budget("web")), check=NEVER).findings) == 1


def test_autoscaler_in_a_file_that_is_no_autoscaler_does_no_harm() -> None:
    odd = {**AUTOSCALER, "spec": {"scaleTargetRef": "web"}}
    assert len(report_on_text(in_yaml(WEB[0], MIN_2, odd), check=NEVER).findings) == 1
