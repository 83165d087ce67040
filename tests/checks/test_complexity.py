"""The bill: what each exotic thing brought, largest first; what nobody uses stands out."""

from __future__ import annotations

from tests.builders import a_deployment, a_service, a_snapshot, a_webhook, an_object
from tests.checks.rules.test_happy_path import _bound, _crd, _role

from seatrial.checks.complexity import Item, add_up, bill
from seatrial.checks.run import check_snapshot
from seatrial.cluster.helm_release import ChartName, ReleaseRecord, ReleaseStatus
from seatrial.cluster.objects import Obj
from seatrial.cluster.snapshot import Snapshot
from seatrial.cluster.version import Minor

HELM = {"meta.helm.sh/release-name": "tills", "meta.helm.sh/release-namespace": "shop"}


def _keeper() -> list[Obj]:
    """An operator, by Helm, with two definitions that Helm did not annotate and one object."""
    objects = a_deployment("tills")
    for each in objects:
        if each["kind"] == "Deployment":
            each["metadata"]["annotations"] = HELM
            each["spec"]["template"]["spec"] = {"serviceAccountName": "tills", "containers": []}
    return [
        *objects,
        _bound("till-keeper", "tills"),
        _role("till-keeper", "shop.example.org", "*"),
        _crd("tills.shop.example.org"),
        _crd("drawers.shop.example.org"),
        an_object("shop.example.org/v1", "Tills", "front", "shop"),
        a_service("tills", selector={"app": "tills"}),
        a_webhook("tills", service=("shop", "tills"), failure_policy="Ignore"),
    ]


def _releases() -> list[ReleaseRecord]:
    chart = ChartName("tills", "1.0.0")
    return [
        ReleaseRecord("tills", "shop", 1, ReleaseStatus.SUPERSEDED, chart, ()),
        ReleaseRecord("tills", "shop", 4, ReleaseStatus.DEPLOYED, chart, ()),
    ]


def _bill(snapshot: Snapshot) -> tuple[Item, ...]:
    return bill(snapshot, check_snapshot(snapshot, Minor(1, 37)).findings)


def test_what_one_release_brought_is_one_item() -> None:
    (item,) = _bill(a_snapshot(*_keeper(), releases=_releases()))
    assert item == Item(
        name="Helm release shop/tills",
        definitions=2,
        objects=1,
        webhooks=1,
        controllers=1,
        updates=3,
        findings=item.findings,
    )
    assert item.parts == 7 + item.findings


def test_definitions_that_nobody_uses_stand_out_under_their_group() -> None:
    (item,) = _bill(a_snapshot(_crd("boats.pier.example.org")))
    assert (item.name, item.definitions, item.is_unused) == ("pier.example.org", 1, True)


def test_ordinary_workloads_and_the_providers_things_cost_nothing() -> None:
    ordinary = a_snapshot(
        *a_deployment("web"),
        a_service("web"),
        _crd("nodeclasses.eks.amazonaws.com"),
        _role("view", "", "get"),
    )
    assert _bill(ordinary) == ()


def test_the_largest_comes_first_and_a_fleet_adds_up() -> None:
    one = _bill(a_snapshot(*_keeper(), _crd("boats.pier.example.org"), releases=_releases()))
    assert [each.name for each in one] == ["Helm release shop/tills", "pier.example.org"]
    both = add_up([one, one])
    assert [(each.name, each.clusters, each.definitions) for each in both] == [
        ("Helm release shop/tills", 2, 4),
        ("pier.example.org", 2, 2),
    ]


def test_findings_about_its_parts_count() -> None:
    keeper = _keeper()
    keeper[-1] = a_webhook("tills", service=("shop", "tills"))  # Fail, and no ready endpoint
    calm, alarmed = _bill(a_snapshot(*_keeper())), _bill(a_snapshot(*keeper))
    assert alarmed[0].findings > calm[0].findings
