"""What a plan is made from, when the request leaves things open."""

from __future__ import annotations

import pytest
from tests.builders import NOW, a_snapshot

from seatrial.catalog import BeyondHorizon
from seatrial.cluster.provider_state import ProviderState
from seatrial.plan.making import VERSION_DIFFERS
from seatrial.wiring.planning import Planned, PlanRequest, plan_snapshot


def planned(version: str, request: PlanRequest) -> Planned:
    provider = ProviderState(kind="eks", version=version, node_groups=(), available_versions=())
    return plan_snapshot(a_snapshot(version=f"v{version}", provider=provider), request, NOW)


def test_without_a_target_a_plan_goes_to_the_next_minor_only() -> None:
    found = planned("1.33.4", PlanRequest(to="", by="ann")).plan
    assert (found.release, found.to_version.rpartition(".")[0], found.hops_left) == ("1.34", "1.34", ())


def test_the_minor_after_the_newest_known_one_is_not_guessed() -> None:
    with pytest.raises(BeyondHorizon):
        planned("1.37.0", PlanRequest(to="", by="ann"))


def test_a_target_two_minors_away_leaves_a_hop() -> None:
    assert planned("1.33.4", PlanRequest(to="1.35", by="ann")).plan.hops_left == ("1.35",)


def test_what_the_fleet_file_believes_is_compared() -> None:
    found = planned("1.34.2", PlanRequest(to="1.35", by="ann", believed="1.33")).plan
    assert [each.message for each in found.findings if each.check == VERSION_DIFFERS] == [
        "the fleet file says that harbour runs 1.33; it runs 1.34."
    ]
