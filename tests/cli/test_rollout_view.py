from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console
from tests.rollout.builders import at, ran, rollout, run_finished, run_started, started

from seatrial.cli.rollout_view import plain_lines, rollout_table
from seatrial.rollout.document import Rollout, RolloutStage
from seatrial.rollout.events import Event, Outcome
from seatrial.rollout.explain import explain
from seatrial.rollout.state import fold
from seatrial.rollout.status import ClusterProgress, RolloutStatus

OF = rollout(
    RolloutStage(name="test", clusters=("t1", "t2"), max_concurrent=2, soak=600.0),
    RolloutStage(name="prod", clusters=("p1",), approval=True),
)


def status(events: Sequence[Event], minutes: float, step: str = "", of: Rollout = OF) -> RolloutStatus:
    progress = {"t1": ClusterProgress(step=step, done=3, total=9, detail=step)} if step else {}
    return explain(fold(of, [started(of), *events]), at(minutes), progress)


def test_lines_say_only_what_changed() -> None:
    begin = status([], 0)
    running = status([run_started(OF, "t1"), run_started(OF, "t2")], 1)
    moved = status([run_started(OF, "t1"), run_started(OF, "t2")], 2, "control plane")
    failed = run_finished(OF, "t2", 3, outcome=Outcome.FAILED, detail="the quota is used up", step="nodes")
    stopped = status([run_started(OF, "t1"), run_started(OF, "t2"), failed], 3, "control plane")
    assert plain_lines(None, begin) == [
        "09:00:00  rollout spring-1: spring (Kubernetes 1.34) to 3 clusters in 2 stages",
        "09:00:00  stage test: running (2 pending)",
    ]
    assert plain_lines(begin, running) == [
        "09:01:00  ▶ t1  running: started",
        "09:01:00  ▶ t2  running: started",
    ]
    assert plain_lines(running, moved) == ["09:02:00  ▶ t1  running: [3/9] control plane"]
    assert plain_lines(moved, moved) == []
    assert plain_lines(moved, stopped) == [
        "09:03:00  ✘ t2  failed at nodes: the quota is used up",
        "09:03:00  stage test: paused (1 failed, 1 running)",
        "09:03:00  paused: 1 failed in stage test, which bears 0: t2;"
        " next: `seatrial rollout retry spring-1 t2` tries again,"
        " `seatrial rollout skip spring-1 t2 --why …` goes on without it",
    ]


def drawn(of: RolloutStatus, **options: int) -> str:
    out = io.StringIO()
    Console(file=out, width=140, no_color=True).print(rollout_table(of, **options))
    return out.getvalue()


def test_the_table_shows_stages_clusters_and_when_the_soak_ends() -> None:
    text = drawn(status([*ran(OF, "t1"), *ran(OF, "t2")], 4))
    assert "test 2/2 soaking  →  prod 0/1 pending" in text
    assert "✔  t1       test   1.33 → 1.34  succeeded" in text
    assert "then stage prod waits for approval at 09:10:00 UTC" in text


def test_a_large_fleet_shows_the_clusters_that_need_eyes() -> None:
    names = tuple(f"c{number}" for number in range(300))
    of = rollout(RolloutStage(name="all", clusters=names, max_concurrent=300, max_failures=9))
    broken = ran(of, "c250", outcome=Outcome.FAILED)
    text = drawn(status([*broken, run_started(of, "c299")], 5, of=of), most_rows=10)
    assert "✘  c250" in text
    assert "▶  c299" in text
    assert "… and 290 more clusters" in text
