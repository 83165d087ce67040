"""Carry a rollout out: decide, start clusters, journal how they ended, until it is done.

Everything is journaled before it is done, so whoever runs the same rollout after a kill goes on where
it was: runs without an end are taken up again under their own ids, never begun anew. People's requests
arrive through the journal; an append that one of them overtook fails, and is decided again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from seatrial.clock import Clock
from seatrial.errors import SeatrialError
from seatrial.rollout.decide import decide_next
from seatrial.rollout.decisions import (
    Decision,
    Done,
    FinishRollout,
    FinishStage,
    GiveUp,
    GoOnWith,
    ObserveClusters,
    RemindOwners,
    StartClusters,
    WaitForWindow,
    WaitUntil,
)
from seatrial.rollout.envelope import outside
from seatrial.rollout.events import (
    ClusterLeftEnvelope,
    ClusterObserved,
    ClusterParked,
    ClusterReady,
    ClusterResumed,
    ClusterRunFinished,
    ClusterRunStarted,
    Event,
    Health,
    Outcome,
    OwnerReminded,
    RolloutFinished,
    StageFinished,
    StopLifted,
    Stopped,
)
from seatrial.rollout.explain import explain
from seatrial.rollout.state import Phase
from seatrial.rollout.status import ClusterProgress, RolloutStatus
from seatrial.rollout_runs.inputs import check_inputs, target_in
from seatrial.rollout_runs.journal import RolloutJournal
from seatrial.rollout_runs.orders import (
    ClusterEnd,
    ClusterOrder,
    ClusterOutside,
    ClusterResult,
    ClusterStarter,
    ClusterWaits,
    HealthObserver,
    HealthResult,
    OwnerLooker,
)
from seatrial.rollout_runs.owner_looks import OwnerLooks
from seatrial.rollout_runs.stop import StopSwitch
from seatrial.store import STATE_FAILURES

_log = logging.getLogger(__name__)


class RolloutRun:
    """One rollout, driven by this process."""

    def __init__(
        self,
        journal: RolloutJournal,
        *,
        clock: Clock,
        worker: str,
        start_cluster: ClusterStarter,
        observe_cluster: HealthObserver,
        stop: StopSwitch,
        inputs: Path,
        poll: float = 2.0,
        on_change: Callable[[], None] = lambda: None,
        look_at_owner: OwnerLooker | None = None,
    ) -> None:
        """`inputs` is where `freeze_inputs` put the charts; `poll` is how many seconds may pass before
        requests and stops from other processes are seen; `wake` makes them seen at once. Without
        `look_at_owner` a parked run takes a slot for each look."""
        self._journal = journal
        self._clock = clock
        self._worker = worker
        self._start_cluster = start_cluster
        self._observe_cluster = observe_cluster
        self._stop = stop
        self._inputs = inputs
        self._poll = poll
        self._on_change = on_change
        self._tasks: dict[str, asyncio.Task[ClusterEnd]] = {}
        self._progress: dict[str, ClusterProgress] = {}
        self._woken = asyncio.Event()
        self._looks = OwnerLooks(clock, look_at_owner, self.wake)

    async def run(self) -> RolloutStatus:
        """Drive the rollout to its end; raise `Fenced` when another process takes over."""
        await self._journal.claim(self._worker)
        try:
            for name in self._journal.state.running():
                self._launch(name, again=True)  # a process before this one died, or was interrupted
            while not isinstance(decision := await self._decide(), Done):
                await self._carry_out(decision)
            return self.status()
        finally:
            await self._let_go()

    def status(self) -> RolloutStatus:
        return explain(self._journal.state, self._clock.now(), self._progress)

    def wake(self) -> None:
        """Look at the journal and at the stop now."""
        self._woken.set()

    async def _decide(self) -> Decision:
        await self._journal.refresh()
        await self._note_stop()
        await self._look_at_owners()
        self._on_change()
        return decide_next(self._journal.state, self._clock.now())

    async def _note_stop(self) -> None:
        state = self._journal.state
        if state.finished:
            return
        stop = await self._stop.stopped()
        if stop and not state.stopped:
            await self._journal.insist(Stopped(at=self._clock.now(), by=stop.by, why=stop.why))
        elif state.stopped and not stop:
            await self._journal.insist(StopLifted(at=self._clock.now()))

    async def _carry_out(self, decision: Decision) -> None:
        now = self._clock.now()
        match decision:
            case StartClusters(_, clusters):
                await self._start(clusters)
            case GoOnWith(_, clusters) | GiveUp(clusters):
                await self._go_on(clusters)
            case RemindOwners(clusters):
                await self._remind(clusters)
            case ObserveClusters(_, clusters):
                await self._observe(clusters)
            case FinishStage(stage, detail):
                await self._journal.append(StageFinished(at=now, stage=stage, detail=detail))
            case FinishRollout(succeeded, detail):
                await self._journal.append(RolloutFinished(at=now, succeeded=succeeded, detail=detail))
            case WaitUntil(time):
                await self._wait(min(self._poll, (time - now).total_seconds()))
            case WaitForWindow(time=datetime() as time):
                left = (time - now).total_seconds()
                await self._wait(min(self._looks.pause(self._poll), left))
            case _:
                await self._wait(self._looks.pause(self._poll))

    async def _look_at_owners(self) -> None:
        """Whether what parked runs wait for is done: looks take no slot, and go on during a stop."""
        state = self._journal.state
        waiting = {
            each.name: (each.waiting_since or self._clock.now())
            for each in state.clusters.values()
            if each.phase is Phase.WAITING and each.parked and not each.given_up and not state.cancelled
        }
        for name in self._looks.found(waiting, self._order):
            attempt = state.clusters[name].attempt
            await self._journal.insist(ClusterReady(at=self._clock.now(), cluster=name, attempt=attempt))

    async def _go_on(self, clusters: tuple[str, ...]) -> None:
        """Take parked runs up again, each under its own id."""
        state, now = self._journal.state, self._clock.now()
        await self._looks.stop(clusters)
        events = [
            ClusterResumed(at=now, cluster=name, attempt=state.clusters[name].attempt) for name in clusters
        ]
        if await self._journal.append(*events):
            for name in clusters:
                self._launch(name, again=True)

    async def _remind(self, clusters: tuple[str, ...]) -> None:
        state, now = self._journal.state, self._clock.now()
        events = [
            OwnerReminded(
                at=now, cluster=each.name, owner=each.owner, what=each.detail, since=each.waiting_since or now
            )
            for each in (state.clusters[name] for name in clusters)
        ]
        await self._journal.append(*events)

    async def _start(self, clusters: tuple[str, ...]) -> None:
        """Intent first: if a request overtakes it, nothing has been started."""
        state, now = self._journal.state, self._clock.now()
        intents = []
        for name in clusters:
            attempt = state.clusters[name].attempt + 1
            intents.append(
                ClusterRunStarted(
                    at=now,
                    cluster=name,
                    attempt=attempt,
                    run_id=f"{state.rollout.id}.{name}.{attempt}",
                    revision=state.clusters[name].revision,
                )
            )
        if await self._journal.append(*intents):
            for name in clusters:
                self._launch(name)

    def _launch(self, name: str, *, again: bool = False) -> None:
        self._progress.pop(name, None)
        task = asyncio.create_task(self._upgrade(name, again=again), name=f"upgrade {name}")
        task.add_done_callback(lambda _: self._woken.set())
        self._tasks[name] = task

    async def _upgrade(self, name: str, *, again: bool) -> ClusterEnd:
        """Run one cluster; whatever goes wrong there stays with that cluster."""
        if not again:
            try:
                check_inputs(self._journal.rollout.cluster(name), self._inputs)
            except SeatrialError as error:
                return ClusterResult(Outcome.BLOCKED, str(error))
        try:
            return await self._start_cluster(self._order(name))
        except STATE_FAILURES:
            raise  # somebody else drives now, or nothing can be recorded: the cluster did not fail
        except SeatrialError as error:
            return ClusterResult(Outcome.FAILED, str(error))
        except Exception as error:
            _log.debug("upgrade of %s", name, exc_info=True)
            return ClusterResult(Outcome.FAILED, f"Seatrial has a bug: {type(error).__name__}: {error}")

    def _order(self, name: str) -> ClusterOrder:
        rollout, cluster = self._journal.rollout, self._journal.state.clusters[name]
        accepted = cluster.accepted

        def report(progress: ClusterProgress) -> None:
            self._progress[name] = progress
            self._on_change()

        return ClusterOrder(
            rollout=rollout.id,
            run_id=cluster.run_id,
            attempt=cluster.attempt,
            target=target_in(rollout.cluster(name), self._inputs),
            revision=cluster.revision,
            fixes=rollout.fixes,
            by=rollout.created_by,
            report=report,
            outside=lambda plan: outside(rollout, name, plan, accepted, self._clock.now()),
            accepted=frozenset(accepted.differences if accepted else ()),
            rehearse=rollout.stage(cluster.stage).rehearses,
            turn=cluster.turn,
            give_up=bool(cluster.given_up),
            believed=rollout.cluster(name).version if cluster.attempt == 1 else "",
        )

    async def _observe(self, clusters: tuple[str, ...]) -> None:
        async def look(name: str) -> HealthResult:
            try:
                return await self._observe_cluster(self._order(name))
            except SeatrialError as error:
                return HealthResult(Health.INCONCLUSIVE, str(error))

        async with asyncio.TaskGroup() as group:
            looks = {name: group.create_task(look(name)) for name in clusters}
        now = self._clock.now()
        for name, task in looks.items():
            seen = task.result()
            await self._journal.insist(
                ClusterObserved(
                    at=now,
                    cluster=name,
                    revision=self._journal.state.clusters[name].revision,
                    health=seen.health,
                    detail=seen.detail,
                )
            )

    async def _wait(self, seconds: float) -> None:
        """Until the time has passed, a run has ended, or somebody woke us; then journal what ended."""
        timer = asyncio.create_task(self._clock.sleep(max(0.0, seconds)))
        woken = asyncio.create_task(self._woken.wait())
        try:
            await asyncio.wait({timer, woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (timer, woken):
                task.cancel()
            await asyncio.gather(timer, woken, return_exceptions=True)
        self._woken.clear()
        await self._journal_ended()

    async def _journal_ended(self) -> None:
        for name in [name for name, task in self._tasks.items() if task.done()]:
            result = self._tasks.pop(name).result()
            self._progress.pop(name, None)
            await self._journal.insist(self._ended(name, result))

    def _ended(self, name: str, result: ClusterEnd) -> Event:
        cluster, now = self._journal.state.clusters[name], self._clock.now()
        match result:
            case ClusterWaits(owner, what, since):
                return ClusterParked(
                    at=now, cluster=name, attempt=cluster.attempt, since=since, owner=owner, what=what
                )
            case ClusterOutside(differences):
                return ClusterLeftEnvelope(
                    at=now, cluster=name, attempt=cluster.attempt, differences=differences
                )
            case ClusterResult():
                return ClusterRunFinished(
                    at=now,
                    cluster=name,
                    attempt=cluster.attempt,
                    revision=cluster.revision,
                    outcome=result.outcome,
                    detail=result.detail,
                    step=result.step,
                    undo=result.undo,
                )

    async def _let_go(self) -> None:
        """Leaving early: what runs stays in its own journal, to be taken up again."""
        await self._looks.stop()
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()
