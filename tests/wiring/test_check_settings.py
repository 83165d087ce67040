"""What the fleet file decides about checks reaches the check, the plan and the rollout."""

from datetime import date
from typing import Any

import msgspec
import pytest
from tests.builders import NOW, a_budget, a_deployment, a_snapshot
from tests.fleet.builders import fleet

from seatrial.catalog.happy_path import Thing, Verdict
from seatrial.checks.decisions import Decision
from seatrial.checks.settings import CheckSettings
from seatrial.checks.waivers import Waiver
from seatrial.cluster.provider_state import ProviderState
from seatrial.errors import BadInput
from seatrial.fleet.model import Fleet
from seatrial.fleet.resolve import resolve
from seatrial.wiring.check_settings import check_settings
from seatrial.wiring.planning import PlanRequest, plan_snapshot

TODAY = date(2026, 11, 22)
TIGHT = {"check": "budget-never-allows", "who": "ada", "why": "moves next week", "until": "2026-12-01"}


def _fleet(*waivers: dict[str, Any], **checks: Any) -> Fleet:
    release = {"name": "next", "kubernetes": "1.37"}
    return fleet(("test", "production"), stack=[], releases=[release], checks={"waivers": waivers, **checks})


def test_waiver_concerns_the_clusters_that_its_selector_fits() -> None:
    written = _fleet(TIGHT | {"clusters": {"tier": "test"}, "namespaces": ["shop"]}, ownerLabels=["squad"])
    test, production = written.clusters
    waiver = Waiver(
        check="budget-never-allows",
        who="ada",
        why="moves next week",
        until=date(2026, 12, 1),
        namespaces=("shop",),
    )
    assert check_settings(written, test, TODAY) == CheckSettings(
        owner_labels=("squad",), waivers=(waiver,), today=TODAY
    )
    assert check_settings(written, production, TODAY).waivers == ()
    assert check_settings(written, None, TODAY).waivers == ()


def test_waiver_of_a_check_that_does_not_exist_is_refused_with_its_place() -> None:
    with pytest.raises(BadInput, match="no check 'nope'") as refused:
        check_settings(_fleet(TIGHT, TIGHT | {"check": "nope"}), None, TODAY)
    assert refused.value.where == "checks.waivers[1] of the fleet file"


def test_a_target_without_waivers_is_stored_as_before_there_were_any() -> None:
    assert b"waivers" not in msgspec.json.encode(resolve(_fleet(), "c0", "next"))
    assert b"ada" in msgspec.json.encode(resolve(_fleet(TIGHT), "c0", "next"))


def _blocked(*waivers: dict[str, Any]) -> list[tuple[str, str]]:
    snapshot = a_snapshot(
        *a_deployment("web"),
        a_budget("web", max_unavailable=0),
        provider=ProviderState(kind="simulated", version="1.36.4", available_versions=("1.37.1",)),
    )
    target = resolve(_fleet(*waivers), "c0", "next")
    plan = plan_snapshot(snapshot, PlanRequest(to="1.37", by="ann", fleet_target=target), NOW).plan
    return [(each.severity, each.message) for each in plan.findings if each.check == "budget-never-allows"]


def test_waived_blocker_is_carried_along_by_the_plan_and_no_longer_blocks_it() -> None:
    ((severity, message),) = _blocked()
    assert severity == "blocker"
    assert _blocked(TIGHT) == [("info", f"{message} Waived by ada until 2026-12-01: moves next week")]


def test_waiver_that_ran_out_lets_the_plan_block_again() -> None:
    late = TIGHT | {"until": "2026-11-20"}
    assert [severity for severity, _ in _blocked(late)] == ["blocker", "info"]


def test_decisions_and_the_stack_reach_the_happy_path() -> None:
    decision = {"thing": "crds", "verdict": "free", "why": "ours", "objects": ["x/*"]}
    charts = ["charts/ingress", "charts/cert-manager-v1.19.1.tgz"]
    stack = [{"name": f"s{n}", "namespace": "infra", "chart": chart} for n, chart in enumerate(charts)]
    written = fleet(stack=stack, checks={"happyPath": [decision]})
    settings = check_settings(written, None, TODAY)
    assert settings.happy_path == (Decision(Thing.CRDS, Verdict.FREE, "ours", ("x/*",)),)
    assert settings.infrastructure_charts == {"ingress", "cert-manager"}
