"""The happy path: what is used freely is not mentioned, the rest is, and the team has the last word."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.builders import a_deployment, a_pod, a_service, a_snapshot, a_stateful_set, an_object
from tests.checks.corpus import Case, run
from tests.checks.reports import TARGET

from seatrial.catalog.happy_path import Thing, Verdict, guidelines
from seatrial.checks.check import Profile
from seatrial.checks.decisions import Decision
from seatrial.checks.run import check_snapshot, checks_of
from seatrial.checks.settings import DEFAULT_SETTINGS
from seatrial.cluster.helm_release import ChartName, ReleaseRecord, ReleaseStatus
from seatrial.cluster.objects import Obj

RBAC = "rbac.authorization.k8s.io/v1"


def _bound(role: str, account: str = "web", namespace: str = "shop") -> Obj:
    return an_object(
        RBAC,
        "ClusterRoleBinding",
        f"{account}-{role}",
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        subjects=[{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
    )


def _role(name: str, group: str, *verbs: str) -> Obj:
    return an_object(
        RBAC, "ClusterRole", name, rules=[{"apiGroups": [group], "resources": ["*"], "verbs": list(verbs)}]
    )


def _running_as(account: str, image: str = "web:1") -> Obj:
    (deployment,) = [each for each in a_deployment("web") if each["kind"] == "Deployment"]
    spec = {"serviceAccountName": account, "containers": [{"name": "web", "image": image}]}
    deployment["spec"]["template"]["spec"] = spec
    return deployment


def _crd(name: str) -> Obj:
    plural, _, group = name.partition(".")
    return an_object(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        name,
        spec={"group": group, "names": {"kind": plural.capitalize(), "plural": plural}, "versions": []},
    )


def _claim(namespace: str = "shop") -> Obj:
    return an_object("v1", "PersistentVolumeClaim", "data", namespace, spec={})


def _ingress(namespace: str = "shop") -> Obj:
    return an_object("networking.k8s.io/v1", "Ingress", "web", namespace, spec={})


def _hpa(least: int) -> Obj:
    return an_object(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        "web",
        "shop",
        spec={"minReplicas": least, "maxReplicas": 5},
    )


def _release(name: str, chart: str) -> ReleaseRecord:
    return ReleaseRecord(name, "shop", 1, ReleaseStatus.DEPLOYED, ChartName(chart, "1.2.3"), ())


def _fires(check: str, name: str, severity: str, *objects: Obj, **more: Any) -> Case:
    return Case(check=check, name=name, severities=(severity,), snapshot=a_snapshot(*objects, **more))


def _silent(check: str, name: str, *objects: Obj, **more: Any) -> Case:
    return Case(check=check, name=name, severities=(), snapshot=a_snapshot(*objects, **more))


CASES = (
    _fires("happy-ingress", "an Ingress of one's own", "info", _ingress()),
    _silent("happy-ingress", "an Ingress in the provider's namespace", _ingress("kube-system")),
    _fires("happy-stateful-set", "a StatefulSet", "info", *a_stateful_set("db")),
    _silent("happy-stateful-set", "a Deployment", *a_deployment("web")),
    _fires("happy-persistent-volume", "a claim", "info", _claim()),
    _silent("happy-persistent-volume", "a claim of the provider", _claim("kube-system")),
    _fires("happy-roles", "a service account with a role", "info", _bound("view"), _role("view", "", "get")),
    _silent("happy-roles", "a role of the provider's agent", _bound("view", namespace="kube-system")),
    _fires(
        "happy-control-plane-client",
        "a workload whose account has a role",
        "info",
        _running_as("web"),
        _bound("view"),
        _role("view", "", "get"),
    ),
    _silent("happy-control-plane-client", "a workload of another account", _running_as("till"), _bound("x")),
    _fires("happy-custom-resources", "a definition", "warning", _crd("tills.shop.example.org")),
    _silent("happy-custom-resources", "a definition of the provider", _crd("nodeclasses.eks.amazonaws.com")),
    _fires(
        "happy-operator",
        "a workload that watches custom resources",
        "warning",
        _running_as("web"),
        _bound("till-keeper"),
        _role("till-keeper", "shop.example.org", "get", "list", "watch"),
    ),
    _silent(
        "happy-operator",
        "a workload that watches Deployments",
        _running_as("web"),
        _bound("viewer"),
        _role("viewer", "apps", "watch"),
    ),
    _fires("happy-state", "a database by its image", "warning", _running_as("", "bitnami/postgresql:16")),
    _silent("happy-state", "a client of a database", _running_as("", "example/postgres-exporter:1")),
    _fires(
        "happy-helm-own-code",
        "a release of a chart of one's own",
        "warning",
        releases=[_release("web", "shop-web")],
    ),
    _silent("happy-helm-own-code", "a public chart", releases=[_release("cm", "cert-manager")]),
    _fires("happy-waiting", "an autoscaler with a minimum of 0", "warning", _hpa(0)),
    _fires(
        "happy-waiting",
        "a notebook of one person",
        "warning",
        a_pod("jupyter-ada", labels={"hub.jupyter.org/username": "ada"}),
    ),
    _silent("happy-waiting", "an autoscaler with a minimum of 1", _hpa(1)),
    *(_silent(each.id, "an empty cluster") for each in checks_of(Profile.HAPPY_PATH)),
)


def test_the_boring_startup_has_nothing_to_hear() -> None:
    boring = a_snapshot(
        *a_deployment("web"),
        a_service("web"),
        an_object("v1", "ConfigMap", "web", "shop"),
        an_object("batch/v1", "CronJob", "nightly", "shop", spec={"schedule": "@daily"}),
        an_object("batch/v1", "Job", "once", "shop", spec={}),
    )
    report = check_snapshot(boring, TARGET, checks_of(Profile.HAPPY_PATH))
    assert (report.findings, report.incomplete) == ((), ())


def test_every_guideline_has_a_check_that_uses_it() -> None:
    rules = Path("src/seatrial/checks/rules").glob("happy_*.py")
    sources = "".join(each.read_text() for each in rules)
    assert [each.name for each in Thing if f"Thing.{each.name}" not in sources] == []
    assert set(guidelines()) == set(Thing)


def _decided(case: Case, *decisions: Decision) -> list[tuple[str, str]]:
    settings = msgspec.structs.replace(DEFAULT_SETTINGS, happy_path=decisions)
    findings = run(replace(case, settings=settings)).findings
    return [(each.severity.value, each.message) for each in findings]


def _case(check: str) -> Case:
    return next(each for each in CASES if each.check == check and each.severities)


def test_team_decides_otherwise_and_its_reason_is_shown() -> None:
    ((severity, message),) = _decided(
        _case("happy-custom-resources"), Decision(Thing.CRDS, Verdict.FREE, "we sell these")
    )
    assert severity == "info"
    assert message.endswith("Used freely, the team decided: we sell these")


def test_team_can_be_stricter() -> None:
    ((severity, message),) = _decided(
        _case("happy-ingress"), Decision(Thing.INGRESS, Verdict.AVOID, "one proxy serves all")
    )
    assert (severity, "Avoid it, the team decided: one proxy serves all" in message) == ("warning", True)


def test_decision_about_some_objects_comes_before_one_about_all() -> None:
    both = replace(
        _case("happy-custom-resources"),
        snapshot=a_snapshot(_crd("tills.shop.example.org"), _crd("boats.pier.example.org")),
    )
    found = _decided(
        both,
        Decision(Thing.CRDS, Verdict.AVOID, "too many already"),
        Decision(Thing.CRDS, Verdict.FREE, "ours", ("customresourcedefinition/tills.*",)),
    )
    assert sorted(severity for severity, _ in found) == ["info", "warning"]


@pytest.mark.parametrize("thing", list(Thing))
def test_each_finding_says_why_and_what_instead(thing: Thing) -> None:
    guideline = guidelines()[thing]
    assert guideline.why
    assert guideline.instead
    assert guideline.verdict in (Verdict.CARE, Verdict.AVOID)


def test_helm_for_own_code_knows_public_charts_and_the_fleets_stack() -> None:
    snapshot = a_snapshot(releases=[_release("web", "shop-web"), _release("cm", "cert-manager")])
    case = Case(check="happy-helm-own-code", name="", severities=(), snapshot=snapshot)
    ((severity, message),) = _decided(case)
    assert severity == "warning"
    assert "of chart shop-web" in message
    assert "cert-manager" not in message
    stack = msgspec.structs.replace(DEFAULT_SETTINGS, infrastructure_charts=frozenset({"shop-web"}))
    assert run(replace(case, settings=stack)).findings == ()
