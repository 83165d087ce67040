"""The five questions, at each moment of a run."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from tests.plan import builders as b
from tests.plan.builders import T0
from tests.plan.test_make_plan import full
from tests.plan.test_next_action import PLAN, all_until, did, failed

from seatrial.plan import (
    CancelRequested,
    DurationRange,
    Outcome,
    PauseRequested,
    RunFinished,
    RunStarted,
    StepDeferred,
    StepFinished,
    StepIntended,
    StepNoted,
    StepParked,
    Undo,
)
from seatrial.plan.status import RunPhase, UndoLine, explain

STARTED = RunStarted(at=T0, plan_digest="d", by="ann")


def test_before_the_start() -> None:
    status = explain(PLAN, [], T0)
    assert (status.phase, status.happening, status.next_step) == (
        RunPhase.PLANNED,
        "nothing yet.",
        "preflight",
    )
    assert (status.done, status.total) == (0, len(PLAN.steps) - 1)


def test_a_running_step_says_how_far_it_is_and_what_comes_next() -> None:
    events = [
        STARTED,
        *all_until("node-group/default/upgrade"),
        StepIntended(at=T0, step="node-group/default/upgrade", attempt=1),
        StepNoted(at=T0, step="node-group/default/upgrade", key="progress", value="2 of 5 nodes done"),
    ]
    status = explain(PLAN, events, T0)
    assert status.phase is RunPhase.RUNNING
    assert status.happening == "node-group/default/upgrade: 2 of 5 nodes done"
    assert status.still_running == (status.happening,)
    assert status.next_step == "node-group/default/verify"


def test_a_step_that_waits_for_its_owner_says_for_whom_since_when_and_for_what() -> None:
    look_at = T0 + timedelta(minutes=10)
    parked = StepParked(
        at=T0, step="preflight", attempt=1, since=T0, owner="terraform", what="merge it.", look_at=look_at
    )
    status = explain(PLAN, [STARTED, StepIntended(at=T0, step="preflight", attempt=1), parked], T0)
    assert (status.phase, status.why_waiting, status.when) == (
        RunPhase.WAITING_FOR_OWNER,
        "waiting for terraform since 2026-03-01 09:00 UTC: merge it.",
        look_at,
    )


def test_a_deferred_step_says_why_and_until_when() -> None:
    until = T0 + timedelta(seconds=30)
    events = [
        STARTED,
        StepIntended(at=T0, step="preflight", attempt=1),
        StepDeferred(at=T0, step="preflight", attempt=1, until=until, why="no API server"),
    ]
    status = explain(PLAN, events, T0)
    assert (status.phase, status.why_waiting, status.when) == (
        RunPhase.WAITING,
        "preflight: no API server",
        until,
    )


def test_a_pause_says_who_and_what_comes_after() -> None:
    status = explain(PLAN, [STARTED, PauseRequested(at=T0, by="ann", why="lunch")], T0)
    assert (status.phase, status.why_waiting, status.next_step) == (
        RunPhase.PAUSED,
        "paused by ann: lunch",
        "after resume: preflight",
    )


def test_a_stuck_run_says_what_failed_and_what_a_person_can_do() -> None:
    status = explain(PLAN, [STARTED, *failed("preflight", "no")], T0)
    assert status.phase is RunPhase.STUCK
    assert status.why_waiting == "A person has to decide: preflight failed: no"
    assert status.next_step.startswith("retry")


def test_a_cancel_says_what_still_runs() -> None:
    events = [
        STARTED,
        *all_until("control-plane"),
        StepIntended(at=T0, step="control-plane", attempt=1),
        CancelRequested(at=T0, by="ann"),
    ]
    assert explain(PLAN, events, T0).still_running == ("control-plane",)


def test_what_is_in_effect_can_be_undone_in_reverse_order() -> None:
    plan = full()
    events = [STARTED]
    for step in ("preflight", "fix/scale-shop-web/apply", "chart/both/crds", "chart/both/upgrade"):
        events += did(step)  # type: ignore[arg-type]
    status = explain(plan, events, T0)
    assert status.undo == (
        UndoLine(
            "chart/both/upgrade",
            "upgrade chart both 1.0.0 → 1.1.0",
            Undo.REVERSIBLE,
            ("helm rollback both --namespace infra",),
        ),
        UndoLine(
            "chart/both/crds",
            "apply the CRDs of chart both 1.1.0",
            Undo.COMPENSABLE,
            plan.step("chart/both/crds").undo_commands,
        ),
        UndoLine(
            "fix/scale-shop-web/apply",
            "scale deployment shop/web from 1 to 2",
            Undo.REVERSIBLE,
            ("kubectl scale deployment/web --namespace shop --replicas=1",),
        ),
    )
    assert "after 'upgrade the control plane 1.33.4 → 1.34.2' there is no way back" in status.would_stop


def test_what_was_put_back_is_not_to_be_undone() -> None:
    events = [STARTED, *all_until("verify"), *did("verify")]
    assert explain(PLAN, events, T0).undo == ()


def test_the_end_is_told() -> None:
    events = [STARTED, RunFinished(at=T0, succeeded=True, detail="every step succeeded.")]
    status = explain(PLAN, events, T0)
    assert (status.phase, status.happening, status.would_stop) == (
        RunPhase.SUCCEEDED,
        "every step succeeded.",
        (),
    )


def test_what_is_left_is_a_range_when_all_of_it_is_known() -> None:
    known = DurationRange(low=60, high=120, source="docs")
    steps = tuple(
        msgspec.structs.replace(step, duration=known)
        if step.id in ("control-plane", "node-group/default/upgrade")
        else step
        for step in PLAN.steps
    )
    plan = b.plan(*steps)
    assert explain(plan, [STARTED], T0).left == DurationRange(low=120, high=240, source="docs")
    done = [
        STARTED,
        *all_until("control-plane"),
        StepIntended(at=T0, step="control-plane", attempt=1),
        StepFinished(at=T0, step="control-plane", attempt=1, outcome=Outcome.SUCCEEDED),
    ]
    assert explain(plan, done, T0).left == DurationRange(low=60, high=120, source="docs")
    assert explain(PLAN, [STARTED], T0).left is None
