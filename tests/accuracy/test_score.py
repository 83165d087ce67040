"""What counts as right, as a miss and as a false alarm, and what does not count."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from tests.accuracy.builders import (
    BLOCKED,
    NODES,
    an_upgrade,
    happened,
    journal,
    predicted,
    with_findings,
)
from tests.plan.builders import T0

from seatrial.accuracy import (
    CheckTally,
    Durations,
    Group,
    Verdict,
    content_of,
    outcome_of,
    read_prediction,
    same_reason,
    score,
    write_prediction,
)
from seatrial.cluster_runs.performing import FactChanged
from seatrial.errors import NewerFormat
from seatrial.plan import CancelRequested, DurationRange, Fact, RetryRequested, StepFinished, StepIntended
from seatrial.plan import Outcome as StepOutcome

PLAN = an_upgrade()


@pytest.mark.parametrize(
    ("forecast", "reality", "verdict"),
    [
        ("", "", Verdict.FINE),
        (NODES, NODES, Verdict.FAILED),
        (NODES, "control-plane", Verdict.FAILED_ELSEWHERE),
        ("", NODES, Verdict.MISS),
        (NODES, "", Verdict.FALSE_ALARM),
    ],
)
def test_a_run_is_judged_by_its_first_failure(forecast: str, reality: str, verdict: Verdict) -> None:
    found = score([predicted(PLAN, fails=forecast)], [happened(PLAN, fails=reality)])
    assert [each.verdict for each in found.pairs] == [verdict]


def test_a_failure_where_the_rehearsal_knew_nothing_is_told_from_a_miss() -> None:
    found = score([predicted(PLAN, unknown=(NODES,))], [happened(PLAN, fails=NODES)])
    assert [each.verdict for each in found.pairs] == [Verdict.SAID_UNKNOWN]
    assert (found.all.misses, found.all.unknown) == (0, 1)


def test_a_failure_that_only_a_check_had_named_is_told_from_a_miss() -> None:
    blocked = with_findings(PLAN, ("budget-blocks-now", "blocker"))
    found = score([predicted(blocked)], [happened(blocked, fails=NODES)])
    assert [each.verdict for each in found.pairs] == [Verdict.WARNED]
    assert found.by_check == (CheckTally("budget-blocks-now", "blocker", failed=1),)


def test_a_warning_is_neither_a_miss_nor_a_false_alarm_and_counted_when_it_was_in_vain() -> None:
    risky = predicted(PLAN, risks={NODES: ("the drain took 14 of 15 minutes",)})
    found = score([risky], [happened(PLAN, "a", fails=NODES), happened(PLAN, "b")])
    assert [each.verdict for each in found.pairs] == [Verdict.WARNED, Verdict.FINE]
    assert (found.all.warned, found.all.misses, found.warned_in_vain) == (1, 0, 1)


def test_a_run_that_was_refused_because_the_cluster_had_changed_counts_neither_way() -> None:
    refused = str(FactChanged(Fact(name="budgets", value=""), "budget shop/web came"))
    warned = with_findings(PLAN, ("node-not-ready", "warning"))
    found = score([predicted(warned)], [happened(warned, fails="preflight", reason=refused)])
    assert (found.pairs, found.unpredicted, found.by_check) == ((), (), ())
    assert [each.why for each in found.changed] == ["the run was refused, for the cluster had changed"]


def test_steps_and_charts_are_counted_by_themselves() -> None:
    runs = [happened(PLAN, "run-1"), happened(PLAN, "run-2", fails="chart/ingress/wait")]
    found = score([predicted(PLAN)], runs)
    by_step = {each.name: (each.fine, each.misses) for each in found.by_step}
    assert by_step == {
        "Preflight": (2, 0),
        "UpgradeChart": (2, 0),
        "WaitForChart": (1, 1),
        "UpgradeControlPlane": (1, 0),
        "UpgradeNodeGroup": (1, 0),
        "VerifyNodeGroup": (1, 0),
        "VerifyCluster": (1, 0),
    }
    assert [(each.name, each.fine, each.misses) for each in found.by_chart] == [("ingress", 3, 1)]


def test_durations_are_compared_where_both_did_something() -> None:
    ranged = DurationRange(low=50.0, high=100.0, source="a figure")
    steps = tuple(
        msgspec.structs.replace(each, duration=ranged) if each.id == "control-plane" else each
        for each in PLAN.steps
    )
    plan = msgspec.structs.replace(PLAN, steps=steps)
    found = score([predicted(plan, seconds=60.0)], [happened(plan, seconds=90.0)])
    assert found.all.durations == Durations(errors=(0.5,) * 7, ranged=1, within=1)
    assert (found.all.durations.median, found.all.durations.bias) == (0.5, 0.5)


def test_a_plan_made_again_without_a_change_is_comparable_and_a_new_budget_is_not() -> None:
    again = msgspec.structs.replace(PLAN, made_at=T0 + timedelta(days=1), made_by="bob", release="1.34")
    assert content_of(again) == content_of(PLAN)
    first = msgspec.structs.replace(PLAN.steps[0], facts=(Fact(name="budgets", value="shop/web"),))
    assert content_of(msgspec.structs.replace(PLAN, steps=(first, *PLAN.steps[1:]))) != content_of(PLAN)


def test_what_an_operator_settled_is_no_false_alarm() -> None:
    blocked = with_findings(PLAN, ("budget-never-allows", "blocker"))
    found = score([predicted(blocked, fails=NODES)], [happened(PLAN)])
    assert found.pairs == ()
    assert [each.why for each in found.changed] == ["the finding was settled before the run"]
    assert found.by_check == (CheckTally("budget-never-allows", "blocker", settled=1),)


def test_a_prediction_that_a_newer_one_replaced_is_changed_since() -> None:
    fixed = an_upgrade(to_version="1.34.2", cluster="renamed")
    first = predicted(with_findings(an_upgrade(release="other")), fails=NODES)
    changed = msgspec.structs.replace(first, content="another")
    newer = predicted(fixed, at=T0 + timedelta(minutes=5))
    found = score([changed, newer], [happened(fixed)])
    assert [each.verdict for each in found.pairs] == [Verdict.FINE]
    assert [each.why for each in found.changed] == ["rehearsed again since"]


def test_a_plan_that_changed_before_the_run_is_changed_since_and_the_run_unpredicted() -> None:
    other = msgspec.structs.replace(PLAN, to_version="1.34.3")
    found = score([predicted(PLAN, fails=NODES)], [happened(other)])
    assert [each.why for each in found.changed] == ["the cluster or the plan changed before the run"]
    assert [each.run_id for each in found.unpredicted] == ["run-1"]


def test_a_rehearsal_after_the_run_says_nothing_about_it() -> None:
    late = predicted(PLAN, at=T0 + timedelta(days=2))
    found = score([late], [happened(PLAN)])
    assert (found.pairs, found.waiting) == ((), (late,))


def test_the_newest_of_equal_predictions_is_meant() -> None:
    first, second = predicted(PLAN, fails=NODES), predicted(PLAN, at=T0 + timedelta(minutes=1))
    found = score([second, first], [happened(PLAN)])
    assert [each.verdict for each in found.pairs] == [Verdict.FINE]


def test_checks_are_counted_over_every_run_also_without_a_rehearsal() -> None:
    warned = with_findings(PLAN, ("pod-without-controller", "warning"), ("pod-without-controller", "warning"))
    found = score([], [happened(warned, "a"), happened(warned, "b", fails=NODES)])
    assert found.by_check == (CheckTally("pod-without-controller", "warning", failed=1, went_well=1),)


def test_nothing_is_said_of_a_run_under_way_and_a_retry_changes_nothing_of_its_first_failure() -> None:
    assert outcome_of("run", PLAN, journal(PLAN)[:-1]) is None
    events = [
        *journal(PLAN, fails=NODES),
        RetryRequested(at=T0, by="ann"),
        StepIntended(at=T0, step=NODES, attempt=2),
        StepFinished(at=T0, step=NODES, attempt=2, outcome=StepOutcome.SUCCEEDED),
    ]
    found = outcome_of("run", PLAN, events)
    assert found is not None
    assert found.failed_at is not None
    assert found.failed_at.id == NODES


def test_a_cancelled_run_counts_neither_way() -> None:
    cancelled = outcome_of("run", PLAN, [*journal(PLAN)[:4], CancelRequested(at=T0, by="ann")])
    assert cancelled is not None
    found = score([predicted(PLAN, fails=NODES, at=T0 - timedelta(days=1))], [cancelled])
    assert (found.pairs, found.all) == ((), Group("all"))


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        (BLOCKED, BLOCKED.replace("x2x4z", "9zk7c"), True),
        (BLOCKED, BLOCKED.replace("web", "api"), False),
        (
            "shop/deployment/web has 0 of 1 pods ready",
            "it did not end within 20 minutes; last seen: shop/deployment/web has 1 of 2 pods ready",
            True,
        ),
        ("pod shop/db-0 did not stop", "pod shop/db-1 did not stop", True),
        ("it did not end within 20 minutes", "it did not end within 30 minutes", True),
        ("no room", "no quota", False),
    ],
)
def test_reasons_are_the_same_when_they_name_the_same_thing(ours: str, theirs: str, same: bool) -> None:
    assert same_reason(ours, theirs) is same


def test_a_stored_prediction_reads_back_and_a_newer_format_is_refused() -> None:
    prediction = predicted(PLAN, fails=NODES)
    assert read_prediction(write_prediction(prediction)) == prediction
    with pytest.raises(NewerFormat):
        read_prediction(b'{"format": 2}')
