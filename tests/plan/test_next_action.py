"""What a run does next: the cases by name."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.plan import builders as b
from tests.plan.builders import T0

from seatrial.plan.document import digest
from seatrial.plan.journal import (
    CancelRequested,
    Event,
    OperationStarted,
    Outcome,
    PauseRequested,
    ResumeRequested,
    RetryRequested,
    RunFinished,
    RunStarted,
    SkipRequested,
    StepDeferred,
    StepFinished,
    StepIntended,
    StepParked,
)
from seatrial.plan.next_action import Done, NextAction, Parked, Run, StepRun, Stuck, WaitUntil, next_action

PLAN = b.small_upgrade()
HOLD, RELEASE = "autoscaler/cluster-autoscaler/hold", "autoscaler/cluster-autoscaler/release"
UP, WAIT, BACK = "chart/ingress/upgrade", "chart/ingress/wait", "chart/ingress/roll-back"


def did(step: str, outcome: Outcome = Outcome.SUCCEEDED, attempt: int = 1, detail: str = "") -> list[Event]:
    return [
        StepIntended(at=T0, step=step, attempt=attempt),
        StepFinished(at=T0, step=step, attempt=attempt, outcome=outcome, detail=detail),
    ]


def failed(step: str, detail: str = "it broke", attempt: int = 1) -> list[Event]:
    return did(step, Outcome.FAILED, attempt, detail)


def all_until(step: str) -> list[Event]:
    """Everything in plan order before `step` succeeded; roll-backs were not needed."""
    events: list[Event] = []
    for each in PLAN.steps:
        if each.id == step:
            return events
        if each.id != BACK:
            events += did(each.id)
    raise KeyError(step)


def ids(action: NextAction) -> list[str]:
    assert isinstance(action, Run), action
    return [run.step.id for run in action.steps]


def test_a_new_run_starts_with_the_first_step() -> None:
    assert next_action(PLAN, [], T0) == Run((StepRun(PLAN.steps[0], 1),))


def test_a_run_without_failures_goes_through_the_steps_in_order_and_never_rolls_back() -> None:
    events: list[Event] = []
    order = []
    while isinstance(action := next_action(PLAN, events, T0), Run):
        order += ids(action)
        events += did(ids(action)[0])
    assert action == Done(True, "every step succeeded.")
    assert order == [step.id for step in PLAN.steps if step.id != BACK]


def test_a_step_begun_by_a_dead_process_is_resumed_with_its_operation() -> None:
    events = [
        *all_until("control-plane"),
        StepIntended(at=T0, step="control-plane", attempt=1),
        OperationStarted(at=T0, step="control-plane", attempt=1, operation="op-7"),
    ]
    assert next_action(PLAN, events, T0) == Run(
        (StepRun(PLAN.step("control-plane"), 1, resume=True, operation="op-7"),)
    )


def test_a_deferred_step_waits_for_its_time_and_then_goes_on_with_the_same_attempt() -> None:
    later = T0 + timedelta(seconds=30)
    events = [
        StepIntended(at=T0, step="preflight", attempt=1),
        StepDeferred(at=T0, step="preflight", attempt=1, until=later, why="the API server is away"),
    ]
    assert next_action(PLAN, events, T0) == WaitUntil(later, "preflight: the API server is away")
    assert next_action(PLAN, events, later) == Run((StepRun(PLAN.steps[0], 1, resume=True),))


def test_after_a_failure_holds_and_fixes_are_put_back_and_then_a_person_decides() -> None:
    events = [*all_until("control-plane"), *failed("control-plane", "the provider said no")]
    put_back = []
    while isinstance(action := next_action(PLAN, events, T0), Run):
        put_back += ids(action)
        events += did(ids(action)[0])
    assert put_back == [RELEASE, "fix/web/revert"]
    assert action == Stuck("control-plane failed: the provider said no", ("control-plane",))


def test_what_was_never_begun_is_not_put_back() -> None:
    assert next_action(PLAN, failed("preflight"), T0) == Stuck("preflight failed: it broke", ("preflight",))


def test_a_hold_that_failed_half_way_is_released_all_the_same() -> None:
    events = [*all_until(HOLD), *failed(HOLD)]
    assert ids(next_action(PLAN, events, T0)) == [RELEASE]


def test_a_retry_takes_holds_again_that_clean_up_had_released() -> None:
    events = [
        *all_until("control-plane"),
        *failed("control-plane"),
        *did(RELEASE),
        *did("fix/web/revert"),
        RetryRequested(at=T0, by="ann"),
    ]
    order = []
    while isinstance(action := next_action(PLAN, events, T0), Run):
        order += [(run.step.id, run.attempt) for run in action.steps]
        events += did(action.steps[0].step.id, attempt=action.steps[0].attempt)
    assert action == Done(True, "every step succeeded.")
    assert order == [
        ("fix/web/apply", 2),
        (HOLD, 2),
        ("control-plane", 2),
        ("node-group/default/upgrade", 1),
        ("node-group/default/verify", 1),
        (RELEASE, 2),
        ("fix/web/revert", 2),
        ("verify", 1),
    ]


def test_a_retry_leaves_a_hold_alone_that_was_released_in_its_turn() -> None:
    events = [*all_until("verify"), *failed("verify"), RetryRequested(at=T0, by="ann")]
    assert next_action(PLAN, events, T0) == Run((StepRun(PLAN.step("verify"), 2),))


def test_a_chart_that_never_gets_ready_is_rolled_back_and_upgraded_again_on_retry() -> None:
    events = [*all_until(WAIT), *failed(WAIT)]
    put_back = []
    while isinstance(action := next_action(PLAN, events, T0), Run):
        put_back += ids(action)
        events += did(ids(action)[0])
    assert put_back == [BACK, "fix/web/revert"]
    assert isinstance(action, Stuck)
    events.append(RetryRequested(at=T0, by="ann"))
    assert ids(next_action(PLAN, events, T0)) == ["fix/web/apply"]
    events += did("fix/web/apply", attempt=2)
    assert next_action(PLAN, events, T0) == Run((StepRun(PLAN.step(UP), 2),))


def test_a_chart_that_was_ready_is_not_rolled_back_by_a_later_failure() -> None:
    events = [*all_until(HOLD), *failed(HOLD), *did(RELEASE), *did("fix/web/revert")]
    assert isinstance(next_action(PLAN, events, T0), Stuck)


def test_a_clean_up_that_fails_does_not_stop_the_rest_of_the_clean_up() -> None:
    events = [*all_until("control-plane"), *failed("control-plane"), *failed(RELEASE, "no API server")]
    assert ids(next_action(PLAN, events, T0)) == ["fix/web/revert"]
    events += did("fix/web/revert")
    assert next_action(PLAN, events, T0) == Stuck(
        f"control-plane failed: it broke; {RELEASE} failed: no API server", ("control-plane", RELEASE)
    )


def test_a_hold_whose_release_failed_is_not_taken_twice_on_retry() -> None:
    events = [
        *all_until("control-plane"),
        *failed("control-plane"),
        *failed(RELEASE),
        *did("fix/web/revert"),
        RetryRequested(at=T0, by="ann"),
        *did("fix/web/apply", attempt=2),
    ]
    assert ids(next_action(PLAN, events, T0)) == ["control-plane"]


def test_a_retry_asked_for_during_clean_up_takes_the_released_hold_again() -> None:
    events = [
        *all_until("control-plane"),
        *failed("control-plane"),
        StepIntended(at=T0, step=RELEASE, attempt=1),
        RetryRequested(at=T0, by="ann"),
        StepFinished(at=T0, step=RELEASE, attempt=1, outcome=Outcome.SUCCEEDED),
    ]
    assert ids(next_action(PLAN, events, T0)) == [HOLD]
    assert ids(next_action(PLAN, [*events, *did(HOLD, attempt=2)], T0)) == ["control-plane"]


def test_a_hold_that_failed_and_was_released_during_a_retry_is_released_again() -> None:
    events = [
        *all_until(HOLD),
        *failed(HOLD),
        StepIntended(at=T0, step=RELEASE, attempt=1),
        RetryRequested(at=T0, by="ann"),
        StepFinished(at=T0, step=RELEASE, attempt=1, outcome=Outcome.SUCCEEDED),
        *did(HOLD, attempt=2),
        *failed("control-plane"),
    ]
    assert ids(next_action(PLAN, events, T0)) == [RELEASE]


def test_a_pause_starts_nothing_but_lets_a_begun_step_end() -> None:
    pause = PauseRequested(at=T0, by="ann", why="lunch")
    begun = [StepIntended(at=T0, step="preflight", attempt=1), pause]
    assert ids(next_action(PLAN, begun, T0)) == ["preflight"]
    ended = [*did("preflight"), pause]
    assert next_action(PLAN, ended, T0) == WaitUntil(None, "paused by ann: lunch")
    assert ids(next_action(PLAN, [*ended, ResumeRequested(at=T0, by="ann")], T0)) == ["fix/web/apply"]


def test_a_cancel_puts_things_back_and_ends() -> None:
    events = [*all_until("control-plane"), CancelRequested(at=T0, by="ann", why="wrong day")]
    put_back = []
    while isinstance(action := next_action(PLAN, events, T0), Run):
        put_back += ids(action)
        events += did(ids(action)[0])
    assert put_back == [RELEASE, "fix/web/revert"]
    assert action == Done(False, "cancelled by ann: wrong day.")


def test_a_cancelled_chart_upgrade_in_flight_is_not_called_verified() -> None:
    events = [*all_until(WAIT), CancelRequested(at=T0, by="ann"), *did("fix/web/revert")]
    assert next_action(PLAN, events, T0) == Done(False, "cancelled by ann.")


def test_a_skip_of_the_failed_step_goes_on_behind_it() -> None:
    events = [
        *all_until("node-group/default/upgrade"),
        *failed("node-group/default/upgrade"),
        *did(RELEASE),
        *did("fix/web/revert"),
        SkipRequested(at=T0, step="node-group/default/upgrade", by="ann", why="done by hand"),
    ]
    order = []
    while isinstance(action := next_action(PLAN, events, T0), Run):
        order += ids(action)
        events += did(ids(action)[0], attempt=action.steps[0].attempt)
    assert action == Done(True, "every step succeeded.")
    assert "node-group/default/upgrade" not in order
    assert "node-group/default/verify" not in order
    assert order[-1] == "verify"


def test_a_finished_run_stays_finished() -> None:
    events = [RunFinished(at=T0, succeeded=False, detail="cancelled by ann."), RetryRequested(at=T0, by="b")]
    assert next_action(PLAN, events, T0) == Done(False, "cancelled by ann.")


@pytest.mark.parametrize("outcome", [Outcome.SUCCEEDED, Outcome.ALREADY_DONE])
def test_a_change_that_somebody_else_made_is_a_normal_end_of_a_step(outcome: Outcome) -> None:
    assert ids(next_action(PLAN, did("preflight", outcome), T0)) == ["fix/web/apply"]


def test_a_step_that_waits_for_its_owner_parks_the_run_until_the_next_look() -> None:
    plan, look_at = b.plan(b.step("a"), b.step("z", None, "a")), T0 + timedelta(minutes=5)
    parked = StepParked(at=T0, step="a", attempt=1, since=T0, owner="o", what="w", look_at=look_at)
    events: list[Event] = [
        RunStarted(at=T0, plan_digest=digest(plan), by="ann"),
        StepIntended(at=T0, step="a", attempt=1),
        parked,
    ]
    assert next_action(plan, events, T0) == Parked("a", "o", "w", T0, look_at)
    due = next_action(plan, events, look_at)
    assert isinstance(due, Run)
    assert due.steps[0].resume
    skipped = [*events, SkipRequested(at=T0, step="a", by="ann", why="by hand")]
    after = next_action(plan, skipped, T0)
    assert isinstance(after, Run)
    assert after.steps[0].step.id == "z"
    cancelled = [*events, CancelRequested(at=T0, by="ann")]
    assert next_action(plan, cancelled, T0) == Done(False, "cancelled by ann.")
    assert Parked("a", "o", "w", T0, look_at).reminder_due(T0 + timedelta(days=1), timedelta(days=1))
