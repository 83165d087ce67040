"""A plan made just in time is compared with what was approved, difference by difference."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.plan import builders
from tests.rollout.builders import at, rollout

from seatrial.fleet.resolve import Ownership, ResolvedComponent
from seatrial.plan import Ownership as StepOwnership
from seatrial.plan import Plan, PlannedComponent, PlannedFinding, UpgradeControlPlane
from seatrial.rollout.document import Rollout, RolloutStage
from seatrial.rollout.envelope import differences, envelope_of, outside
from seatrial.rollout.events import DifferencesAccepted, Envelope

STAGE = RolloutStage(name="all", clusters=("a",))


def approved(**target: Any) -> Rollout:
    of = rollout(STAGE)
    (cluster,) = of.clusters
    changed = msgspec.structs.replace(cluster, target=msgspec.structs.replace(cluster.target, **target))
    return msgspec.structs.replace(of, clusters=(changed,))


def plan(**changes: Any) -> Plan:
    fields = {"cluster": "a", "release": "spring", **changes}
    up = builders.step("control-plane", UpgradeControlPlane(from_version="1.33.4", to_version="1.34.2"))
    return builders.plan(*fields.pop("steps", (up,)), **fields)


CHART = ResolvedComponent(name="web", namespace="shop", release="web", chart="charts/ab/web")
PLANNED = PlannedComponent(
    name="web", release="web", namespace="shop", chart="/state/inputs/charts/ab/web", chart_digest="d"
)


def test_a_plan_as_approved_has_no_differences() -> None:
    assert differences(approved(components=(CHART,)), "a", plan(components=(PLANNED,))) == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"release": "autumn"}, "the plan is for release autumn; approved is spring"),
        ({"to_version": "1.35.1"}, "the plan goes to Kubernetes 1.35.1; approved is 1.34"),
        (
            {"from_version": "1.31.2"},
            "the cluster runs 1.31; when this was approved it was taken to run 1.33",
        ),
        (
            {"components": (msgspec.structs.replace(PLANNED, name="db"),)},
            "chart db is not in the approved release",
        ),
        (
            {"components": (msgspec.structs.replace(PLANNED, chart="/tmp/web"),)},
            "chart web comes from /tmp/web; approved is charts/ab/web",
        ),
        (
            {"components": (msgspec.structs.replace(PLANNED, namespace="x"),)},
            "chart web goes to x/web; approved is shop/web",
        ),
        ({"steps": (builders.fix("web"),)}, "a fix that was not permitted: fix/web/apply"),
        (
            {"findings": (PlannedFinding(check="c", severity="blocker", message="no room."),)},
            "a blocker: no room.",
        ),
        (
            {"findings": (PlannedFinding(check="owner-differs", severity="warning", message="argo."),)},
            "argo.",
        ),
    ],
)
def test_each_difference_is_named(changes: dict[str, Any], said: str) -> None:
    assert differences(approved(components=(CHART,)), "a", plan(**changes)) == (said,)


def test_a_patch_that_was_named_is_meant() -> None:
    of = msgspec.structs.replace(approved(), kubernetes="1.34.1")
    assert differences(of, "a", plan()) == ("the plan goes to Kubernetes 1.34.2; approved is 1.34.1",)


def test_an_owner_that_is_not_the_approved_one_is_a_difference() -> None:
    handed = approved(control_plane=Ownership(how="handoff", by="terraform"))
    assert differences(handed, "a", plan()) == ("control-plane is direct; approved is handoff by terraform",)
    step = msgspec.structs.replace(plan().steps[0], ownership=StepOwnership.HANDOFF, owner="x")
    insisting = approved(control_plane=Ownership(declared=True))
    assert differences(insisting, "a", plan(steps=(step,))) == (
        "control-plane is left to x; approved is that we do it",
    )
    assert differences(approved(), "a", plan(steps=(step,))) == ()


def test_what_was_accepted_is_no_difference_until_that_ends() -> None:
    of, made = approved(), plan(release="autumn")
    found = differences(of, "a", made)
    accepted = DifferencesAccepted(at=at(0), cluster="a", differences=found, by="ann", why="w", until=at(10))
    assert outside(of, "a", made, None, at(5)) == found
    assert outside(of, "a", made, accepted, at(5)) == ()
    assert outside(of, "a", made, accepted, at(10)) == found
    worse = plan(release="autumn", to_version="1.35.1")
    assert outside(of, "a", worse, accepted, at(5)) == differences(of, "a", worse)[1:]


def test_an_envelope_says_in_words_what_the_digest_binds() -> None:
    assert envelope_of(approved(), "all") == Envelope(
        release="spring", kubernetes="1.34", strategy="careful", clusters=("a",)
    )
