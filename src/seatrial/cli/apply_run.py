"""Carries a plan file out: begins its run, or goes on with the one that is unfinished."""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click

from seatrial.cli.apply_progress import ProgressLines
from seatrial.cli.asking import confirmed
from seatrial.cli.output import harmless
from seatrial.cli.plan_text import plan_lines
from seatrial.cli.rollout_desk import Desk, open_desk, refuse_while_stopped, who, worker
from seatrial.cli.source import reach_of
from seatrial.cluster_runs import ClusterRun, begin_run
from seatrial.cluster_runs.steps.preflight import cluster_uid
from seatrial.errors import BadInput, Conflict, ExitCode, NotFound
from seatrial.kube import ReadClient
from seatrial.plan import (
    JOURNAL_FORMAT,
    CancelRequested,
    Done,
    Event,
    OwnerReminded,
    Parked,
    Plan,
    ResumeRequested,
    RetryRequested,
    Stuck,
    WaitUntil,
    digest,
    encode_event,
    read_plan,
)
from seatrial.plan.drift import DRIFTED
from seatrial.plan.file import MAX_BYTES
from seatrial.plan.making import blockers_of
from seatrial.rollout_runs.driver import driver, driving
from seatrial.store import Stream, StreamKind
from seatrial.wiring.applying import live_performer
from seatrial.wiring.leasing import live_lease
from seatrial.wiring.reaching import Reach


@dataclass(frozen=True, slots=True)
class ApplyRequest:
    name: str
    """A plan file, or the id of a run whose plan is stored."""
    yes: bool
    retry: bool
    cancel: bool
    context: str
    kubeconfig: Path | None
    by: str


_REMIND_EVERY = timedelta(days=1)
ENDED = ("succeeded", "cancelled")
"""States of a run that is over; `stuck` is not: a person may retry it."""


class Blocked(Conflict):
    """The plan must not be carried out as it is."""

    exit_code = ExitCode.BLOCKERS


async def carry_out(request: ApplyRequest, state: str) -> int:
    """Run the plan until it is done, stuck, or waits for a person; return the exit code."""
    async with open_desk(state) as desk:
        plan = await _find_plan(desk, request.name)
        lock = f"cluster-{plan.cluster_uid}"
        other = driver(desk.locks, lock)
        if other:
            return await _ask_driver(desk, plan, request, other)
        with driving(desk.locks, lock, worker()):
            return await _drive(desk.patient(), plan, request)


async def _drive(desk: Desk, plan: Plan, request: ApplyRequest) -> int:
    reach = reach_of(request.kubeconfig, request.context or plan.cluster)
    stream = await _unfinished(desk, plan)
    if stream is None:
        await refuse_while_stopped(desk)
        _refuse_nothing_to_go_on_with(request)
        if done := await _carried_out(desk, plan):
            click.echo(f"Run {done.id} has carried this plan out: nothing is left to do.")
            return ExitCode.CLEAN
        _refuse_blockers(plan)
        await _refuse_unfinished_others(desk, plan)
    await _refuse_another_cluster(reach, desk, plan)
    performer = await live_performer(plan, reach, desk.clock, handoffs=desk.handoffs)
    if stream is None:
        _approve(plan, yes=request.yes)
        stream = await _begin(desk, plan)
    else:
        click.echo(f"Going on with run {stream.id} of this plan.")
        await _steer(desk, stream, request)
    lines = ProgressLines(plan, click.echo)
    run = ClusterRun(
        run_id=stream.id,
        plan=plan,
        store=desk.store,
        performer=performer,
        clock=desk.clock,
        worker=worker(),
        by=who(request.by),
        told=lines.hear,
        lease=live_lease(plan.components, reach, desk.clock),
    )
    try:
        end = await _to_its_end(desk, run)
    except BaseException:
        again = f"seatrial apply {request.name}"
        click.echo(f"Run {stream.id} is not finished: `{again}` goes on with it.", err=True)
        raise
    return say_end(end, plan, request, lines)


async def _to_its_end(desk: Desk, run: ClusterRun) -> Done | Stuck | WaitUntil:
    """Look again and again at what others have to do; Ctrl-C is safe meanwhile."""
    while isinstance(end := await run.run(), Parked):
        now = desk.clock.now()
        if end.reminder_due(now, _REMIND_EVERY):
            reminded = OwnerReminded(at=now, step=end.step, owner=end.owner, what=end.what, since=end.since)
            await desk.store.request(run.run_id, encode_event(reminded), format=JOURNAL_FORMAT)
        await desk.clock.sleep((end.time - now).total_seconds())
    return end


async def _find_plan(desk: Desk, name: str) -> Plan:
    """From the file; where there is none, of the stored run of that name."""
    if not _is_path(name):
        with suppress(NotFound):
            stream = await desk.store.stream(name)
            return read_plan(await desk.store.plan(stream.plan_digest), where=name)
    return read_plan_file(Path(name))


async def _ask_driver(desk: Desk, plan: Plan, request: ApplyRequest, other: str) -> int:
    """Another process is at work on the cluster: a cancel reaches it, anything else has to wait."""
    stream = await _unfinished(desk, plan)
    if request.cancel and stream is not None:
        await _steer(desk, stream, request)
        click.echo(f"Asked {other} to cancel run {stream.id}: what it has begun still ends first.")
        return ExitCode.CLEAN
    raise Conflict(
        f"{other} is at work on this cluster.",
        where=plan.cluster,
        next_step="Wait for it to end; a run of this very plan can be cancelled with --cancel.",
    )


async def _refuse_unfinished_others(desk: Desk, plan: Plan) -> None:
    """An older run may hold an autoscaler at 0, which a newer plan would take for its normal state."""
    for stream in await desk.store.streams(kind=StreamKind.CLUSTER_RUN, subject=plan.cluster):
        if stream.state in ENDED or stream.plan_digest == digest(plan):
            continue
        if stream.parent:
            raise Conflict(
                f"run {stream.id} of rollout {stream.parent} is not finished on this cluster.",
                where=plan.cluster,
                next_step=f"Let the rollout end, or cancel it: seatrial rollout cancel {stream.parent}",
            )
        raise Conflict(
            f"run {stream.id} of another plan is not finished on this cluster.",
            where=plan.cluster,
            next_step=f"Go on with it (`seatrial apply {stream.id}`) or give it up"
            f" (`seatrial apply {stream.id} --cancel`); then make this plan again.",
        )


def _is_path(name: str) -> bool:
    return os.sep in name or Path(name).exists()


def read_plan_file(file: Path) -> Plan:
    """Read no more than a plan can be long."""
    with file.open("rb") as opened:
        return read_plan(opened.read(MAX_BYTES + 1), where=str(file))


def say_end(end: Done | Stuck | WaitUntil, plan: Plan, request: ApplyRequest, lines: ProgressLines) -> int:
    """How it ended and what comes next; the exit code."""
    again = f"seatrial apply {request.name}"
    match end:
        case Done(True):
            click.echo(harmless(f"Done: {plan.cluster} is at {plan.to_version}."))
            if plan.hops_left:
                click.echo(f"Still to go, each with a plan of its own: {', '.join(plan.hops_left)}")
            return ExitCode.CLEAN
        case Done(detail=detail):
            click.echo(harmless(f"Ended: {detail}"))
        case Stuck(why):
            click.echo(harmless(f"Stuck: {why}"))
            if DRIFTED in why:  # which ends with the advice to make the plan again
                click.echo(f"  → Give this run up first: `{again} --cancel`.")
            else:
                click.echo(
                    f"  → Repair the cause, then `{again} --retry`; or give it up: `{again} --cancel`."
                )
        case WaitUntil(why=why):
            click.echo(harmless(f"Waiting: {why}"))
    for line in lines.undo_lines():
        click.echo(line)
    return ExitCode.BLOCKERS


async def _carried_out(desk: Desk, plan: Plan) -> Stream | None:
    """The run that brought this very plan to its end."""
    runs = await desk.store.streams(kind=StreamKind.CLUSTER_RUN, plan_digest=digest(plan), parent="")
    return next((run for run in reversed(runs) if run.state == "succeeded"), None)


async def _unfinished(desk: Desk, plan: Plan) -> Stream | None:
    """The run of this very plan that was begun here and has not ended."""
    runs = await desk.store.streams(kind=StreamKind.CLUSTER_RUN, plan_digest=digest(plan), parent="")
    unfinished = [run for run in runs if run.state not in ENDED]
    return unfinished[-1] if unfinished else None


async def _begin(desk: Desk, plan: Plan) -> Stream:
    run_id = f"{plan.cluster}-{secrets.token_hex(3)}"
    return await begin_run(desk.store, plan, run_id, at=desk.clock.now())


async def _steer(desk: Desk, stream: Stream, request: ApplyRequest) -> None:
    now, by = desk.clock.now(), who(request.by)
    event: Event | None = None
    if request.retry:
        event = RetryRequested(at=now, by=by)
    elif request.cancel:
        event = CancelRequested(at=now, by=by, why="apply --cancel")
    elif stream.state == "paused":
        event = ResumeRequested(at=now, by=by)
    if event is not None:
        await desk.store.request(stream.id, encode_event(event), format=JOURNAL_FORMAT)


async def _refuse_another_cluster(reach: Reach, desk: Desk, plan: Plan) -> None:
    async with reach.connected(desk.clock) as session:
        found = await cluster_uid(ReadClient(session))
    if found != plan.cluster_uid:
        raise BadInput(
            f"the plan was made for another cluster than context {reach.context!r} leads to.",
            where=plan.cluster,
            next_step="Name the right one with --context, or make a plan for this one.",
        )


def _refuse_nothing_to_go_on_with(request: ApplyRequest) -> None:
    if request.retry or request.cancel:
        raise BadInput(
            "no unfinished run of this plan is stored here.",
            where=request.name,
            next_step="Leave out --retry and --cancel, or name its state with --state.",
        )


def _refuse_blockers(plan: Plan) -> None:
    blockers = blockers_of(plan)
    if blockers:
        first = "; ".join(finding.message for finding in blockers[:3])
        more = f" And {len(blockers) - 3} more." if blockers[3:] else ""
        raise Blocked(
            f"the plan has blockers: {first}{more}",
            next_step="Settle them (`seatrial checks show ID`), then make the plan again.",
        )


def _approve(plan: Plan, *, yes: bool) -> None:
    for line in plan_lines(plan):
        click.echo(line)
    click.echo(f"\nDigest {digest(plan)}")
    if yes:
        return
    if not sys.stdin.isatty():
        raise BadInput("nobody is there to approve the plan.", next_step="Look it over and add --yes.")
    if not confirmed("Carry out exactly this?"):
        raise click.Abort
