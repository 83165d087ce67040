"""Drive a rollout in the foreground, drawing it meanwhile, until it ends or somebody interrupts."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seatrial.cli.output import print_line
from seatrial.cli.rollout_desk import Desk, who, worker
from seatrial.cli.rollout_follow import Screen
from seatrial.errors import BadInput, ExitCode, SeatrialError
from seatrial.rollout.decide import OnHold, PauseCause, decide_next
from seatrial.rollout.events import Resumed
from seatrial.rollout.status import RolloutPhase
from seatrial.rollout_runs.driver import driver, driving
from seatrial.rollout_runs.journal import RolloutJournal, send_request
from seatrial.rollout_runs.run import RolloutRun
from seatrial.rollout_runs.upgrades import ClusterUpgrades


async def drive(desk: Desk, journal: RolloutJournal, kubeconfig: Path | None) -> int:
    """Run it to its end; the exit code says whether every cluster was upgraded."""
    from seatrial.wiring.rollouts import cluster_observer, cluster_preparer

    rollout_id = journal.rollout.id
    preparer = cluster_preparer(kubeconfig, desk.clock, os.environ)
    with driving(desk.locks, rollout_id, worker()), Screen(desk.clock) as screen:
        run = RolloutRun(
            journal,
            clock=desk.clock,
            worker=worker(),
            start_cluster=ClusterUpgrades(desk.store, desk.clock, worker(), preparer),
            observe_cluster=cluster_observer(kubeconfig, desk.clock, os.environ, desk.store),
            stop=desk.stop,
            inputs=desk.inputs,
            on_change=lambda: screen.changed(run.status),
        )
        try:
            with _terminated_like_interrupted():
                status = await run.run()
        except asyncio.CancelledError:
            screen.close()
            print_line(_unfinished(rollout_id))
            return ExitCode.INTERRUPTED
        except SeatrialError:
            screen.close()
            print_line(_unfinished(rollout_id))
            raise
        screen.show(status)
    return ExitCode.CLEAN if status.phase is RolloutPhase.SUCCEEDED else ExitCode.BLOCKERS


async def resume_here(desk: Desk, journal: RolloutJournal, by: str, why: str, kubeconfig: Path | None) -> int:
    """Lift the pause if there is one, and drive the rollout unless another process does."""
    now, state = desk.clock.now(), journal.state
    decision = decide_next(state, now)
    inconclusive = isinstance(decision, OnHold) and decision.cause is PauseCause.INCONCLUSIVE
    elsewhere = driver(desk.locks, journal.rollout.id)
    if state.finished or state.paused or inconclusive or elsewhere:
        await send_request(journal, Resumed(at=now, by=who(by), why=why))
    if elsewhere:
        print_line(f"Resumed; driven by {elsewhere}.")
        return ExitCode.CLEAN
    if state.finished:
        raise BadInput(f"rollout {journal.rollout.id} has ended.", next_step="Start a new one.")
    return await drive(desk, journal, kubeconfig)


def _unfinished(rollout_id: str) -> str:
    return f"Rollout {rollout_id} is unfinished: `seatrial rollout resume {rollout_id}` goes on with it."


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """SIGTERM ends the work as Ctrl-C does, with a word about how to go on."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101  a coroutine runs in one
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
