"""Drive a rollout in the foreground, drawing it meanwhile, until it ends or somebody interrupts."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from seatrial.cli.output import print_line
from seatrial.cli.rollout_desk import Desk, terminated_like_interrupted, who, worker
from seatrial.cli.rollout_follow import Screen, follow
from seatrial.errors import BadInput, ExitCode, SeatrialError
from seatrial.rollout.decide import decide_next
from seatrial.rollout.decisions import OnHold, PauseCause
from seatrial.rollout.events import Resumed
from seatrial.rollout.status import RolloutPhase
from seatrial.rollout_runs.driver import driving
from seatrial.rollout_runs.journal import RolloutJournal, send_request
from seatrial.rollout_runs.run import RolloutRun
from seatrial.rollout_runs.upgrades import ClusterUpgrades


async def drive(desk: Desk, journal: RolloutJournal, kubeconfig: Path | None) -> int:
    """Run it to its end; the exit code says whether every cluster was upgraded."""
    desk = desk.patient()
    journal.store = desk.store
    if desk.queue is not None:
        return await _leave_to_workers(desk, journal)
    from seatrial.wiring.rollouts import cluster_observer, cluster_preparer

    rollout_id = journal.rollout.id
    preparer = cluster_preparer(kubeconfig, desk.clock, os.environ, desk.store, handoffs=desk.handoffs)
    upgrades = ClusterUpgrades(
        desk.store, desk.clock, worker(), preparer, preparer.lease, desk.stop, preparer.free
    )
    with driving(desk.locks, rollout_id, worker()), Screen(desk.clock) as screen:
        run = RolloutRun(
            journal,
            clock=desk.clock,
            worker=worker(),
            start_cluster=upgrades,
            look_at_owner=upgrades.look,
            observe_cluster=cluster_observer(kubeconfig, desk.clock, os.environ, desk.store),
            stop=desk.stop,
            inputs=desk.inputs,
            on_change=lambda: screen.changed(run.status),
        )
        try:
            with terminated_like_interrupted():
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


async def _leave_to_workers(desk: Desk, journal: RolloutJournal) -> int:
    """Have workers drive it, and show it here; ending this command ends nothing else."""
    rollout_id = journal.rollout.id
    await desk.hand_over(journal)
    for line in await desk.driver_lines(await desk.status(journal)):
        print_line(line)
    try:
        with terminated_like_interrupted():
            status = await follow(desk, journal)
    except asyncio.CancelledError:
        print_line(
            f"Rollout {rollout_id} goes on with its workers: `seatrial rollout status {rollout_id} --watch`."
        )
        return ExitCode.INTERRUPTED
    return ExitCode.CLEAN if status.phase is RolloutPhase.SUCCEEDED else ExitCode.BLOCKERS


async def resume_here(desk: Desk, journal: RolloutJournal, by: str, why: str, kubeconfig: Path | None) -> int:
    """Lift the pause if there is one, and drive the rollout unless another process does."""
    now, state = desk.clock.now(), journal.state
    decision = decide_next(state, now)
    inconclusive = isinstance(decision, OnHold) and decision.cause is PauseCause.INCONCLUSIVE
    elsewhere = await desk.driver(journal.rollout.id)
    holds = state.finished or state.paused or inconclusive
    if elsewhere and not holds:
        raise BadInput(
            f"rollout {journal.rollout.id} is not paused: {elsewhere} drives it.",
            next_step=f"`seatrial rollout status {journal.rollout.id} --watch` follows it.",
        )
    if holds:
        await send_request(journal, Resumed(at=now, by=who(by), why=why))
    if elsewhere:
        print_line(f"Resumed; driven by {elsewhere}.")
        return ExitCode.CLEAN
    if state.finished:
        raise BadInput(f"rollout {journal.rollout.id} has ended.", next_step="Start a new one.")
    return await drive(desk, journal, kubeconfig)


def _unfinished(rollout_id: str) -> str:
    return f"Rollout {rollout_id} is unfinished: `seatrial rollout resume {rollout_id}` goes on with it."
