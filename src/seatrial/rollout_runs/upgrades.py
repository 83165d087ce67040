"""One cluster's part of a rollout: planned just in time, minor by minor, and run from its own journal.

Called again after a crash it finds the runs that it began and goes on with them; only where none is
under way does it capture, check and plan anew.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol

from seatrial.clock import Clock
from seatrial.cluster_runs.cluster_run import ClusterRun, LeaseMaker, begin_run, no_lease
from seatrial.cluster_runs.lease import LeaseHeld, LeaseLost
from seatrial.cluster_runs.performing import Performer
from seatrial.errors import SeatrialError
from seatrial.plan import (
    JOURNAL_FORMAT,
    CancelRequested,
    Done,
    Event,
    Parked,
    Plan,
    Progress,
    Stuck,
    advance,
    encode_event,
    fold,
    read_plan,
)
from seatrial.plan.making import version_differs
from seatrial.rollout.events import Outcome
from seatrial.rollout.status import ClusterProgress
from seatrial.rollout_runs.orders import ClusterEnd, ClusterOrder, ClusterOutside, ClusterResult, ClusterWaits
from seatrial.rollout_runs.progress import progress_of
from seatrial.rollout_runs.stop import StopSwitch
from seatrial.store import Store, Stream, StreamKind

_ANOTHER_WRITER = "another writer on the cluster"
_LISTEN_EVERY = 5.0  # seconds between looks at a run that a person paused


@dataclass(frozen=True, slots=True)
class NothingToDo:
    """The cluster is at the target already, by whomever: that is as good as done."""

    detail: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """What must be settled before this cluster may be touched."""

    why: str


class ClusterPreparer(Protocol):
    """How clusters are reached: real ones, or those of a rehearsal."""

    async def plan(self, order: ClusterOrder) -> Plan | NothingToDo | Blocked:
        """Capture, check and plan the next minor of this cluster; change nothing.

        A `SeatrialError` that is raised means the same as `Blocked`, but for `LeaseHeld`: then it waits.
        """

    async def performer(self, order: ClusterOrder, plan: Plan) -> Performer:
        """What carries out the plan's steps."""

    async def rehearse(self, order: ClusterOrder, plan: Plan) -> str:
        """Rehearse the plan on a twin of the cluster as it is; why it fails there, empty if it does not."""


def alone(order: ClusterOrder, plan: Plan) -> LeaseMaker:
    """Nobody else reaches these clusters."""
    return no_lease


async def at_any_time(order: ClusterOrder) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class ClusterUpgrades:
    """`ClusterStarter` over plans and their journals in the store."""

    store: Store
    clock: Clock
    worker: str
    preparer: ClusterPreparer
    leases: Callable[[ClusterOrder, Plan], LeaseMaker] = alone
    """What keeps other writers off a cluster while its run is at work."""
    stop: StopSwitch | None = None
    """Asked once more before a run begins: planning and rehearsing take minutes."""
    free: Callable[[ClusterOrder], Awaitable[bool]] = at_any_time
    """Whether a cluster that waits for another writer can be looked at for planning."""

    async def __call__(self, order: ClusterOrder) -> ClusterEnd:
        await self._close_earlier_attempts(order)
        hop = 0
        undo: list[str] = []
        differs = ""
        while True:
            hop += 1
            run_id = f"{order.run_id}.{hop}"
            plan = await self._begun(order, run_id)
            if plan is None:
                if order.give_up:
                    return ClusterResult(Outcome.CANCELLED, "given up", undo=tuple(undo))
                asked = replace(order, believed="") if hop > 1 else order
                prepared = await self._prepare(asked, run_id, changed=hop > 1)
                if not isinstance(prepared, Plan):
                    return prepared
                plan = prepared
            elif order.give_up:
                await self._cancel(order, run_id, "given up")
            differs = differs or version_differs(plan)
            try:
                ended = await self._run(order, run_id, plan)
            except (LeaseHeld, LeaseLost) as error:
                since = (await self.store.stream(run_id)).created_at
                return ClusterWaits(_ANOTHER_WRITER, str(error), since)
            undo = [*_undo_commands(plan, ended.progress), *undo]
            match ended.action:
                case Parked(owner=owner, what=what, since=since):
                    return ClusterWaits(owner, what, since)
                case Stuck(why, steps):
                    title = plan.step(steps[0]).title if steps else ""
                    return ClusterResult(Outcome.FAILED, _without_title(why, title), title, tuple(undo))
                case Done(False, detail):
                    return ClusterResult(Outcome.CANCELLED, detail, undo=tuple(undo))
                case Done():
                    if not plan.hops_left:
                        said = f"upgraded and verified; as it began, {differs}" if differs else ""
                        return ClusterResult(Outcome.SUCCEEDED, said, undo=tuple(undo))

    async def look(self, order: ClusterOrder) -> bool:
        """`OwnerLooker`: whether the parked run of this order can go on."""
        for stream in reversed(await self._runs(order)):
            if stream.id.startswith(f"{order.run_id}."):
                plan = read_plan(await self.store.plan(stream.plan_digest), where=stream.id)
                run = await self._cluster_run(order, stream.id, plan, _Following(order, plan))
                return not isinstance(await run.look(), Parked)
        return await self.free(order)

    async def _prepare(self, order: ClusterOrder, run_id: str, *, changed: bool) -> Plan | ClusterEnd:
        order.report(ClusterProgress(detail="looking at the cluster and planning"))
        try:
            found = await self.preparer.plan(order)
            if isinstance(found, Plan):
                await self.preparer.performer(order, found)  # what is missing shows before anything begins
                differences = order.outside(found)
                if not differences and order.rehearse:
                    order.report(ClusterProgress(detail="rehearsing the plan on a twin"))
                    differences = tuple(filter(None, [await self.preparer.rehearse(order, found)]))
                    differences = tuple(each for each in differences if each not in order.accepted)
                if differences:
                    return ClusterOutside(differences)
        except LeaseHeld as error:
            return ClusterWaits(_ANOTHER_WRITER, str(error), error.since or self.clock.now())
        except SeatrialError as error:
            found = Blocked(str(error))
        if isinstance(found, Plan) and self.stop is not None and (ordered := await self.stop.stopped()):
            what = f"lift the stop by {ordered.by} ({ordered.why})."
            return ClusterWaits("the fleet-wide stop", what, self.clock.now())
        match found:
            case NothingToDo(detail):
                return ClusterResult(Outcome.SUCCEEDED, detail)
            case Blocked(why):
                return ClusterResult(Outcome.FAILED if changed else Outcome.BLOCKED, why)
        await begin_run(
            self.store,
            found,
            run_id,
            at=self.clock.now(),
            parent=order.rollout,
            cluster=order.target.cluster,
        )
        return found

    async def _begun(self, order: ClusterOrder, run_id: str) -> Plan | None:
        """The plan of a run that was begun before, perhaps by a process that died."""
        for stream in await self._runs(order):
            if stream.id == run_id:
                return read_plan(await self.store.plan(stream.plan_digest), where=run_id)
        return None

    async def _run(self, order: ClusterOrder, run_id: str, plan: Plan) -> _Ended:
        following = _Following(order, plan)
        run = await self._cluster_run(order, run_id, plan, following)
        while True:
            following.begin()
            action = await run.run()
            if isinstance(action, Done | Stuck | Parked):
                return _Ended(action, following.progress)
            order.report(ClusterProgress(detail=action.why))
            await self.clock.sleep(_LISTEN_EVERY)

    async def _cluster_run(
        self, order: ClusterOrder, run_id: str, plan: Plan, following: _Following
    ) -> ClusterRun:
        return ClusterRun(
            run_id=run_id,
            plan=plan,
            store=self.store,
            performer=await self.preparer.performer(order, plan),
            clock=self.clock,
            worker=self.worker,
            by=order.by,
            told=following.hear,
            lease=self.leases(order, plan),
        )

    async def _cancel(self, order: ClusterOrder, run_id: str, why: str) -> None:
        cancel = CancelRequested(at=self.clock.now(), by=order.by, why=why)
        await self.store.request(run_id, encode_event(cancel), format=JOURNAL_FORMAT)

    async def _close_earlier_attempts(self, order: ClusterOrder) -> None:
        """A run that got stuck is given up before a new plan is made: what it held is put back first."""
        for stream in await self._runs(order):
            earlier = not stream.id.startswith(f"{order.run_id}.")
            if not earlier or stream.state in ("succeeded", "cancelled"):
                continue
            await self._cancel(order, stream.id, "tried again with a new plan")
            plan = read_plan(await self.store.plan(stream.plan_digest), where=stream.id)
            await self._run(order, stream.id, plan)

    async def _runs(self, order: ClusterOrder) -> tuple[Stream, ...]:
        return await self.store.streams(
            kind=StreamKind.CLUSTER_RUN, parent=order.rollout, subject=order.target.cluster
        )


@dataclass(frozen=True, slots=True)
class _Ended:
    action: Done | Stuck | Parked
    progress: Progress


class _Following:
    """Turns a run's events into the order's progress reports."""

    def __init__(self, order: ClusterOrder, plan: Plan) -> None:
        self._order, self._plan = order, plan
        self.progress = fold(plan, ())

    def begin(self) -> None:
        """A run tells its events from the first each time it is run."""
        self.progress = fold(self._plan, ())

    def hear(self, event: Event) -> None:
        self.progress = advance(self._plan, self.progress, event)
        self._order.report(progress_of(self._plan, self.progress))


def _undo_commands(plan: Plan, progress: Progress) -> list[str]:
    """How to take back by hand what is still in effect, last step first."""
    return [
        command
        for step in reversed(plan.steps)
        if progress.steps[step.id].ok and progress.steps[step.id].in_effect
        for command in step.undo_commands
    ]


def _without_title(why: str, title: str) -> str:
    return why.removeprefix(f"{title} failed: ") if title else why
