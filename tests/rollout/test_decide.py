from __future__ import annotations

import msgspec
import pytest
from tests.rollout.builders import approved, at, ran, rollout, run_finished, run_started, started

from seatrial.rollout.decide import decide
from seatrial.rollout.decisions import (
    Done,
    FinishRollout,
    FinishStage,
    FleetStopped,
    NeedsApproval,
    ObserveClusters,
    OnHold,
    PauseCause,
    StartClusters,
    WaitForRuns,
    WaitUntil,
)
from seatrial.rollout.document import Rollout, RolloutStage
from seatrial.rollout.events import (
    Cancelled,
    ClusterObserved,
    ClusterRetried,
    ClusterSkipped,
    Event,
    Health,
    Outcome,
    Paused,
    Resumed,
    RolloutFinished,
    StageApproved,
    StageFinished,
    StopLifted,
    Stopped,
)

TEST = RolloutStage(name="test", clusters=("t1", "t2", "t3"), max_concurrent=2)
PROD = RolloutStage(name="prod", clusters=("p1", "p2"), max_concurrent=2)
FAILED = Outcome.FAILED


def after(of: Rollout, *events: Event | list[Event]) -> list[Event]:
    found: list[Event] = [started(of)]
    for event in events:
        found += event if isinstance(event, list) else [event]
    return found


def changed(stage: RolloutStage, **changes: object) -> RolloutStage:
    return msgspec.structs.replace(stage, **changes)


def test_first_stage_starts_as_many_as_may_run_at_once() -> None:
    of = rollout(TEST, PROD)
    assert decide(of, after(of), at(0)) == StartClusters("test", ("t1", "t2"))


def test_a_free_slot_is_filled_and_no_more() -> None:
    of = rollout(TEST, PROD)
    one_free = after(of, ran(of, "t1"), run_started(of, "t2"))
    assert decide(of, one_free, at(1)) == StartClusters("test", ("t3",))
    full = [*one_free, run_started(of, "t3")]
    assert decide(of, full, at(1)) == WaitForRuns(("t2", "t3"), "the last runs of the stage")


def test_canary_goes_first_and_alone() -> None:
    of = rollout(changed(TEST, canary=1), PROD)
    assert decide(of, after(of), at(0)) == StartClusters("test", ("t1",))
    assert decide(of, after(of, run_started(of, "t1")), at(0)) == WaitForRuns(
        ("t1",), "canary first; 2 more when it succeeded"
    )
    assert decide(of, after(of, ran(of, "t1")), at(0)) == StartClusters("test", ("t2", "t3"))


def test_a_failed_canary_pauses_even_within_the_budget() -> None:
    of = rollout(changed(TEST, canary=1, max_failures=2))
    events = after(of, ran(of, "t1", outcome=FAILED))
    assert decide(of, events, at(1)) == OnHold(
        PauseCause.CANARY, "1 failed among the canaries of stage test: t1", ("t1",)
    )
    skipped = [*events, ClusterSkipped(at=at(2), cluster="t1", by="ann", why="being rebuilt")]
    assert decide(of, skipped, at(3)) == StartClusters("test", ("t2",))


def test_one_bad_cluster_does_not_block_the_others_within_the_budget() -> None:
    of = rollout(changed(TEST, max_failures=1), PROD)
    events = after(of, ran(of, "t1", outcome=Outcome.BLOCKED), ran(of, "t2"))
    assert decide(of, events, at(1)) == StartClusters("test", ("t3",))
    assert decide(of, [*events, *ran(of, "t3")], at(1)) == FinishStage(
        "test", "2 upgraded, 1 failed within the budget of 1"
    )


def test_more_failures_than_the_budget_pause_and_name_the_clusters() -> None:
    of = rollout(TEST, PROD)
    assert decide(of, after(of, ran(of, "t2", outcome=FAILED)), at(1)) == OnHold(
        PauseCause.BUDGET,
        "1 failed in stage test, which bears 0: t2",
        ("t2",),
    )


def test_resume_does_not_lift_an_exceeded_budget_but_retry_does() -> None:
    of = rollout(TEST)
    events = after(of, ran(of, "t1"), ran(of, "t2", outcome=FAILED))
    resumed = [*events, Resumed(at=at(1), by="ann")]
    assert isinstance(decide(of, resumed, at(2)), OnHold)
    retried = [*events, ClusterRetried(at=at(1), cluster="t2", by="ann")]
    assert decide(of, retried, at(2)) == StartClusters("test", ("t2", "t3"))


def test_soak_counts_from_the_moment_the_last_cluster_was_verified() -> None:
    of = rollout(changed(TEST, soak=3600.0), PROD)
    events = after(of, ran(of, "t1", 1), ran(of, "t2", 30), ran(of, "t3", 10))
    assert decide(of, events, at(40)) == WaitUntil(
        at(90), "stage test soaks 1h since its last cluster was verified"
    )
    assert decide(of, events, at(90)) == ObserveClusters("test", ("t1", "t2", "t3"))


def test_a_retried_cluster_soaks_anew() -> None:
    of = rollout(changed(TEST, soak=3600.0), PROD)
    events = after(
        of,
        ran(of, "t1", 1),
        ran(of, "t2", 1),
        run_started(of, "t3", 1),
        run_finished(of, "t3", 2, outcome=FAILED),
        ClusterRetried(at=at(100), cluster="t3", by="ann"),
        run_started(of, "t3", 101, attempt=2),
        run_finished(of, "t3", 120, attempt=2),
    )
    assert decide(of, events, at(121)) == WaitUntil(
        at(180), "stage test soaks 1h since its last cluster was verified"
    )


def observed(of: Rollout, name: str, minutes: float, health: Health, detail: str = "") -> ClusterObserved:
    return ClusterObserved(
        at=at(minutes), cluster=name, revision=of.cluster(name).revision, health=health, detail=detail
    )


def test_after_the_soak_every_cluster_must_still_be_healthy() -> None:
    of = rollout(changed(TEST, soak=3600.0), PROD)
    events = after(of, ran(of, "t1"), ran(of, "t2"), ran(of, "t3"))
    events += [observed(of, name, 60, Health.HEALTHY) for name in ("t1", "t2")]
    assert decide(of, events, at(61)) == ObserveClusters("test", ("t3",))
    healthy = [*events, observed(of, "t3", 61, Health.HEALTHY)]
    assert decide(of, healthy, at(61)) == FinishStage("test", "3 upgraded")
    unhealthy = [*events, observed(of, "t3", 61, Health.UNHEALTHY, "web has 0 of 3 ready")]
    assert decide(of, unhealthy, at(61)) == OnHold(
        PauseCause.BUDGET,
        "1 failed in stage test, which bears 0: t3",
        ("t3",),
    )


def test_a_look_before_the_soak_ended_is_no_evidence() -> None:
    of = rollout(changed(TEST, soak=3600.0, clusters=("t1",)), PROD)
    early = after(of, ran(of, "t1", 1), observed(of, "t1", 30, Health.HEALTHY))
    assert decide(of, early, at(61)) == ObserveClusters("test", ("t1",))


def test_inconclusive_health_pauses_until_somebody_resumes_and_it_is_looked_at_again() -> None:
    of = rollout(changed(TEST, soak=3600.0, clusters=("t1",)), PROD)
    events = after(of, ran(of, "t1"), observed(of, "t1", 60, Health.INCONCLUSIVE, "the API did not answer"))
    assert decide(of, events, at(60)) == OnHold(
        PauseCause.INCONCLUSIVE,
        "t1: the API did not answer",
        ("t1",),
    )
    assert decide(of, [*events, Resumed(at=at(70), by="ann")], at(70)) == ObserveClusters("test", ("t1",))


def test_success_at_another_revision_is_no_evidence() -> None:
    of = rollout(changed(TEST, clusters=("t1",)), PROD)
    events = after(of, run_started(of, "t1"), run_finished(of, "t1", revision="f" * 64))
    decision = decide(of, events, at(1))
    assert isinstance(decision, OnHold)
    assert decision.cause is PauseCause.BUDGET


def test_news_of_an_attempt_that_was_replaced_changes_nothing() -> None:
    of = rollout(changed(TEST, clusters=("t1",)), PROD)
    events = after(
        of,
        run_started(of, "t1"),
        run_finished(of, "t1", outcome=FAILED),
        ClusterRetried(at=at(1), cluster="t1", by="ann"),
        run_started(of, "t1", 2, attempt=2),
        run_finished(of, "t1", 3, attempt=1),
    )
    assert decide(of, events, at(4)) == WaitForRuns(("t1",), "the last runs of the stage")


def test_stage_with_approval_waits_for_a_person() -> None:
    of = rollout(TEST, changed(PROD, approval=True))
    events = after(of, *(ran(of, n) for n in TEST.clusters), StageFinished(at=at(1), stage="test", detail=""))
    assert decide(of, events, at(2)) == NeedsApproval("prod", "stage prod starts when a person approves it")
    assert decide(of, [*events, approved(of, "prod", 3)], at(4)) == StartClusters("prod", ("p1", "p2"))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (
            StageApproved(at=at(0), stage="prod", digest="0" * 64, by="eva"),
            "the approval by eva was for another content of this rollout",
        ),
        (
            StageApproved(at=at(0), stage="prod", digest="", by="eva", until=at(1)),
            "the approval by eva ended at 2026-03-02 09:01 UTC",
        ),
    ],
)
def test_an_approval_of_something_else_or_from_before_does_not_count(given: StageApproved, why: str) -> None:
    of = rollout(changed(PROD, approval=True))
    if not given.digest:
        given = approved(of, "prod", 0, until=at(1))
    assert decide(of, after(of, given), at(2)) == NeedsApproval("prod", why)


def test_a_stage_whose_clusters_were_all_skipped_is_finished_by_that_decision() -> None:
    of = rollout(changed(TEST, clusters=("t1",)), PROD)
    events = after(of, ClusterSkipped(at=at(1), cluster="t1", by="ann", why="gone"))
    assert decide(of, events, at(2)) == FinishStage("test", "0 upgraded, 1 skipped")


def test_a_stage_in_which_nothing_succeeded_proves_nothing_even_within_its_budget() -> None:
    of = rollout(changed(TEST, clusters=("t1",), max_failures=1), PROD)
    decision = decide(of, after(of, ran(of, "t1", outcome=FAILED)), at(2))
    assert decision == OnHold(
        PauseCause.NO_EVIDENCE,
        "no cluster of stage test reached the target, so it proves nothing for the next",
        ("t1",),
    )


def test_a_skip_that_ends_while_its_stage_is_under_way_brings_the_cluster_back() -> None:
    of = rollout(TEST, PROD)
    skip = ClusterSkipped(at=at(0), cluster="t1", by="ann", why="freeze", until=at(60))
    events = after(of, skip, ran(of, "t2"), run_started(of, "t3"))
    assert decide(of, events, at(59)) == WaitForRuns(("t3",), "the last runs of the stage")
    assert decide(of, events, at(60)) == StartClusters("test", ("t1",))


def test_a_skip_that_ends_after_its_stage_needs_a_retry() -> None:
    of = rollout(TEST, PROD)
    skip = ClusterSkipped(at=at(0), cluster="t1", by="ann", why="freeze", until=at(60))
    events = after(
        of,
        skip,
        ran(of, "t2"),
        ran(of, "t3"),
        StageFinished(at=at(1), stage="test"),
        run_started(of, "p1", 2),
    )
    assert decide(of, events, at(61)) == StartClusters("prod", ("p2",))
    retried = [*events, ClusterRetried(at=at(62), cluster="t1", by="ann")]
    assert decide(of, retried, at(62)) == StartClusters("test", ("t1",))


def test_pause_stop_and_cancel_hold_back_new_starts() -> None:
    of = rollout(TEST)
    running = after(of, run_started(of, "t1"))
    assert decide(of, [*running, Paused(at=at(1), by="ann", why="lunch")], at(1)) == OnHold(
        PauseCause.PERSON, "paused by ann: lunch"
    )
    stopped = [*running, Stopped(at=at(1), by="bob", why="outage")]
    assert decide(of, stopped, at(1)) == FleetStopped("bob", "outage")
    assert decide(of, [*stopped, StopLifted(at=at(2))], at(2)) == StartClusters("test", ("t2",))
    cancelled = [*running, Cancelled(at=at(1), by="ann", why="wrong release")]
    assert decide(of, cancelled, at(1)) == WaitForRuns(
        ("t1",), "cancelled by ann; these still run to their end"
    )
    assert decide(of, [*cancelled, run_finished(of, "t1", 2)], at(2)) == FinishRollout(
        False, "cancelled by ann: wrong release"
    )


def test_the_end_names_what_was_not_upgraded() -> None:
    of = rollout(changed(TEST, max_failures=1))
    events = after(
        of,
        ran(of, "t1"),
        ran(of, "t2", outcome=FAILED),
        ClusterSkipped(at=at(1), cluster="t3", by="ann", why="gone"),
        StageFinished(at=at(2), stage="test"),
    )
    assert decide(of, events, at(3)) == FinishRollout(False, "1 upgraded, 1 failed (t2), 1 skipped (t3)")
    ended = [*events, RolloutFinished(at=at(4), succeeded=False, detail="so it was")]
    assert decide(of, ended, at(5)) == Done(False, "so it was")
