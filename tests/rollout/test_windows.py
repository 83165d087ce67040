"""A cluster starts only inside its window, and says until when it waits."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
from tests.rollout.builders import approved, cluster, ran, rollout, run_started, started

from seatrial.fleet.windows import Maintenance, MaintenanceExclusion, MaintenanceWindow
from seatrial.rollout.decide import decide
from seatrial.rollout.decisions import (
    FinishStage,
    GoOnWith,
    NeedsApproval,
    OnHold,
    StartClusters,
    WaitForRuns,
    WaitForWindow,
)
from seatrial.rollout.document import Rollout, RolloutStage
from seatrial.rollout.events import (
    ClusterHeld,
    ClusterParked,
    ClusterReady,
    ClusterRetried,
    Event,
    Outcome,
    Paused,
    StageFinished,
)
from seatrial.rollout.explain import explain
from seatrial.rollout.state import fold
from seatrial.rollout.status import RolloutPhase, StagePhase

TUESDAYS = Maintenance(
    zone="Europe/Paris", windows=(MaintenanceWindow(days=("tue",), opens=22 * 60, closes=4 * 60),)
)
WEDNESDAYS = Maintenance(
    zone="Asia/Tokyo", windows=(MaintenanceWindow(days=("wed",), opens=9 * 60, closes=17 * 60),)
)


def on(day: int, hour: int, minute: int = 0) -> datetime:
    """In March 2026, of which the third is a Tuesday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


MONDAY, OPEN, CLOSED = on(2, 9), on(3, 21), on(4, 3)


def with_windows(of: Rollout, **windows: Maintenance) -> Rollout:
    clusters = tuple(
        msgspec.structs.replace(each, maintenance=windows[each.name]) if each.name in windows else each
        for each in of.clusters
    )
    return msgspec.structs.replace(of, clusters=clusters)


def one(maintenance: Maintenance = TUESDAYS, **rules: object) -> Rollout:
    stage = RolloutStage(name="all", clusters=("a", "b", "c"), maintenance=maintenance)
    return rollout(msgspec.structs.replace(stage, **rules))


def test_nothing_starts_before_the_window_and_the_wait_says_until_when() -> None:
    of = one(max_concurrent=2)
    decision = decide(of, [started(of)], MONDAY)
    assert decision == WaitForWindow(
        "all",
        ("a", "b", "c"),
        OPEN,
        "a, b, c: its window opens Tue 2026-03-03 22:00 Europe/Paris (21:00 UTC)",
    )
    assert decide(of, [started(of)], OPEN) == StartClusters("all", ("a", "b"))


def test_when_the_window_closes_what_runs_goes_on_and_nothing_more_starts() -> None:
    of = one()
    running = [started(of), run_started(of, "a")]
    assert decide(of, running, CLOSED) == WaitForRuns(
        ("a",),
        "the runs under way; 2 more: b, c: its window opens Tue 2026-03-10 22:00 Europe/Paris (21:00 UTC)",
    )
    ended = [started(of), *ran(of, "a")]
    assert isinstance(decide(of, ended, on(4, 2, 59)), StartClusters)
    assert isinstance(decide(of, ended, CLOSED), WaitForWindow)


def test_a_cluster_whose_window_is_closed_holds_no_slot() -> None:
    stage = RolloutStage(name="all", clusters=("a", "b", "c"))
    of = with_windows(rollout(stage), a=TUESDAYS, b=WEDNESDAYS)
    assert decide(of, [started(of)], MONDAY) == StartClusters("all", ("c",))
    assert decide(of, [started(of), *ran(of, "c")], MONDAY) == WaitForWindow(
        "all",
        ("a", "b"),
        OPEN,
        "a: its window opens Tue 2026-03-03 22:00 Europe/Paris (21:00 UTC); 1 more later",
    )
    assert decide(of, [started(of), *ran(of, "c")], OPEN) == StartClusters("all", ("a",))
    assert decide(of, [started(of), *ran(of, "c")], on(4, 1)) == StartClusters("all", ("a",))
    later = [started(of), *ran(of, "c"), *ran(of, "a")]
    assert decide(of, later, on(4, 1)) == StartClusters("all", ("b",))


def test_a_cluster_starts_when_its_window_and_its_stages_are_open() -> None:
    of = with_windows(one(), a=WEDNESDAYS, b=WEDNESDAYS, c=WEDNESDAYS)
    waits = decide(of, [started(of)], OPEN)
    assert isinstance(waits, WaitForWindow)
    assert waits.time == on(4, 0)  # nine in Tokyo, while it is one at night in Paris
    assert waits.why.endswith("its window opens Wed 2026-03-04 09:00 Asia/Tokyo (00:00 UTC)")
    assert decide(of, [started(of)], on(4, 0)) == StartClusters("all", ("a",))


def test_a_canary_is_the_first_that_may_start() -> None:
    stage = RolloutStage(name="all", clusters=("a", "b", "c"), max_concurrent=3, canary=1)
    of = with_windows(rollout(stage), a=TUESDAYS)
    assert decide(of, [started(of)], MONDAY) == StartClusters("all", ("b",))


def test_an_exclusion_says_its_reason() -> None:
    freeze = MaintenanceExclusion(first=date(2026, 3, 2), last=date(2026, 3, 9), why="spring sale")
    of = one(Maintenance(zone="Europe/Paris", exclusions=(freeze,)))
    waits = decide(of, [started(of)], OPEN)
    assert waits == WaitForWindow(
        "all",
        ("a", "b", "c"),
        on(9, 23),
        "a, b, c: spring sale (2026-03-02 to 2026-03-09);"
        " its window opens Tue 2026-03-10 00:00 Europe/Paris (2026-03-09 23:00 UTC)",
    )


def test_a_person_comes_before_the_window() -> None:
    of = one(approval=True)
    assert isinstance(decide(of, [started(of)], MONDAY), NeedsApproval)
    assert isinstance(decide(of, [started(of), approved(of, "all")], MONDAY), WaitForWindow)
    paused: list[Event] = [started(of), approved(of, "all"), Paused(at=MONDAY, by="ann")]
    assert isinstance(decide(of, paused, MONDAY), OnHold)


def test_a_run_that_waited_for_its_owner_goes_on_inside_the_window() -> None:
    of = one()
    events: list[Event] = [
        started(of),
        run_started(of, "a"),
        ClusterParked(at=OPEN, cluster="a", attempt=1, since=OPEN, owner="terraform", what="merge"),
        ClusterReady(at=CLOSED, cluster="a", attempt=1),
    ]
    waits = decide(of, events, CLOSED)
    assert isinstance(waits, WaitForWindow)
    assert waits.clusters == ("a", "b", "c")
    assert decide(of, events, on(10, 21)) == GoOnWith("all", ("a",))


def test_a_retry_in_a_finished_stage_keeps_to_the_window_and_the_rollout_waits_for_it() -> None:
    of = one(max_failures=1)
    events: list[Event] = [
        started(of),
        *ran(of, "a", outcome=Outcome.FAILED),
        *ran(of, "b"),
        *ran(of, "c"),
        StageFinished(at=OPEN, stage="all"),
        ClusterRetried(at=CLOSED, cluster="a", by="ann"),
    ]
    waits = decide(of, events, CLOSED)
    assert isinstance(waits, WaitForWindow)
    assert (waits.clusters, waits.time) == (("a",), on(10, 21))
    assert decide(of, events, on(10, 21)) == StartClusters("all", ("a",))
    status = explain(fold(of, events), CLOSED)
    assert status.clusters[0].window_opens == on(10, 21)


def test_a_held_cluster_does_not_keep_others_from_their_window() -> None:
    stage = RolloutStage(name="all", clusters=("a", "b"))
    of = with_windows(rollout(stage), b=TUESDAYS)
    held = ClusterHeld(at=on(3, 20), cluster="a", owner="shop", what="a yes", by="ann")
    assert isinstance(decide(of, [started(of), held], on(3, 20)), WaitForWindow)
    assert decide(of, [started(of), held], OPEN) == StartClusters("all", ("b",))


def test_a_stage_that_is_over_needs_no_window() -> None:
    of = one()
    done = [started(of), *ran(of, "a"), *ran(of, "b"), *ran(of, "c")]
    assert isinstance(decide(of, done, CLOSED), FinishStage)


def test_the_status_answers_for_the_rollout_and_each_cluster() -> None:
    of = with_windows(rollout(RolloutStage(name="all", clusters=("a", "b"))), b=TUESDAYS)
    events = [started(of), *ran(of, "a")]
    status = explain(fold(of, events), MONDAY)
    assert (status.phase, status.happening) == (RolloutPhase.WAITING_FOR_WINDOW, "nothing runs")
    assert status.waiting == "b: its window opens Tue 2026-03-03 22:00 Europe/Paris (21:00 UTC)"
    assert (status.next, status.next_at) == ("start b, each as its window opens", OPEN)
    assert status.stages[0].phase is StagePhase.WAITING_FOR_WINDOW
    a, b = status.clusters
    assert (a.waiting, a.window_opens) == ("", None)
    assert (b.waiting, b.window_opens) == (
        "its window opens Tue 2026-03-03 22:00 Europe/Paris (21:00 UTC)",
        OPEN,
    )


def test_windows_that_never_meet_leave_a_way_out() -> None:
    sundays = Maintenance(zone="UTC", windows=(MaintenanceWindow(days=("sun",), opens=60, closes=120),))
    of = with_windows(rollout(RolloutStage(name="all", clusters=("a",), maintenance=TUESDAYS)), a=sundays)
    waits = decide(of, [started(of)], MONDAY)
    assert waits == WaitForWindow("all", ("a",), None, "a: its window and its stage's have no time in common")
    status = explain(fold(of, [started(of)]), MONDAY)
    assert status.next == "`seatrial rollout skip spring-1 a --why …` goes on without it"


def test_a_cluster_without_windows_may_start_at_any_time() -> None:
    assert cluster("a").maintenance is msgspec.UNSET
    of = rollout(RolloutStage(name="all", clusters=("a",)))
    assert decide(of, [started(of)], MONDAY) == StartClusters("all", ("a",))
