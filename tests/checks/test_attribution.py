"""Each finding says what manages its objects and whom to ask."""

from msgspec.structs import replace
from tests.builders import a_budget, a_deployment, a_namespace, a_snapshot
from tests.checks.reports import TARGET

from seatrial.checks.registry import get_check
from seatrial.checks.run import Inputs, check_inputs
from seatrial.checks.settings import DEFAULT_SETTINGS
from seatrial.cluster.findings import Finding
from seatrial.cluster.manifests import parse_manifests
from seatrial.cluster.objects import Obj
from seatrial.cluster.ownership import Owner, OwnerKind

CHECK = [get_check("budget-never-allows")]
LONE = [get_check("pod-without-controller")]


def _found(*objects: Obj, labels: tuple[str, ...] = DEFAULT_SETTINGS.owner_labels) -> Finding:
    settings = replace(DEFAULT_SETTINGS, owner_labels=labels)
    inputs = Inputs("c", a_snapshot(*a_deployment("web"), *objects))
    return check_inputs(inputs, TARGET, CHECK, settings).findings[0]


def _budget(**labels: str) -> Obj:
    budget = a_budget("web", max_unavailable=0)
    budget["metadata"]["labels"] = labels
    return budget


def test_owner_label_of_the_object_is_named() -> None:
    assert _found(_budget(team="shop")).responsible == ("team=shop",)


def test_namespace_speaks_for_objects_that_say_nothing() -> None:
    shop = a_namespace("shop", labels={"team": "shop", "customer": "acme"})
    assert _found(shop, _budget()).responsible == ("customer=acme", "team=shop")
    assert _found(shop, _budget(team="web")).responsible == ("customer=acme", "team=shop", "team=web")


def test_which_labels_name_somebody_is_the_teams_choice() -> None:
    assert _found(_budget(team="shop", squad="blue"), labels=("squad",)).responsible == ("squad=blue",)
    assert _found(_budget(team="shop"), labels=()).responsible == ()


def test_argo_application_is_the_owner() -> None:
    budget = _budget()
    budget["metadata"]["annotations"] = {
        "argocd.argoproj.io/tracking-id": "shop:policy/PodDisruptionBudget:x"
    }
    assert _found(budget).owner == Owner(OwnerKind.ARGO_CD, "shop")


def test_object_in_a_file_is_attributed_too() -> None:
    text = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop, labels: {team: shop}}
spec: {maxUnavailable: 0, selector: {matchLabels: {app: web}}}
"""
    deployment = """\
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {replicas: 2, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}}}
"""
    inputs = Inputs("app.yaml", manifests=parse_manifests(text + deployment, "app.yaml"))
    found = [each for each in check_inputs(inputs, TARGET).findings if each.objects]
    assert all(each.location for each in found)
    assert {name for each in found for name in each.responsible} <= {"team=shop"}
