"""`seatrial rollout`: start a release across the fleet, follow it, and steer it from any terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seatrial.cli import desk_options
from seatrial.cli.options import PATH, Group, flag, option, output_format
from seatrial.cli.output import OutputFormat, print_data, print_line, print_table

if TYPE_CHECKING:
    from seatrial.cli.rollout_desk import Desk
    from seatrial.rollout.events import Request
    from seatrial.rollout_runs.journal import RolloutJournal

T = TypeVar("T")

_rollout = click.argument("rollout", metavar="ROLLOUT", help="As `rollout list` names it.")
_cluster = click.argument("cluster", metavar="CLUSTER")
_why = option("--why", default="", help="The reason, for whoever reads the journal.")
_reason = option("--why", required=True, help="The reason; it stays in the report.")
_until = option("--until", default="", help="When it ends: 12h, 3d, or 2026-03-02T18:00Z.")


@click.group(cls=Group)
def rollout() -> None:
    """Roll a release across the fleet in stages, with soak, approval, a failure budget and a stop."""


@rollout.command()
@option("--fleet", type=PATH, required=True, help="The fleet file.")
@option("--release", required=True, help="A release of the fleet file.")
@option("--strategy", required=True, help="A strategy of the fleet file.")
@flag("--yes", help="Do not ask before starting.")
@desk_options.by
@desk_options.fleets_kubeconfig
@desk_options.api
@desk_options.state
def start(
    fleet: Path,
    release: str,
    strategy: str,
    yes: bool,
    by: str,
    kubeconfig: Path | None,
    api: str,
    state: str,
) -> int:
    """Start a rollout and drive it here; the same command goes on with one that is unfinished."""
    from seatrial.cli.api_serving import serving_api
    from seatrial.cli.rollout_drive import drive
    from seatrial.cli.rollout_start import prepare

    async def main(desk: Desk) -> int:
        journal = await prepare(desk, fleet, release, strategy, yes=yes, by=by)
        async with serving_api(desk, api):
            return await drive(desk, journal, kubeconfig)

    from seatrial.cli.rollout_desk import open_desk

    return _run_at(open_desk(state), main)


@rollout.command("list")
@output_format
@desk_options.state
def list_rollouts(output: OutputFormat, state: str) -> None:
    """List rollouts, oldest first."""

    async def main(desk: Desk) -> None:
        statuses = [await desk.status(journal) for journal in await desk.rollouts()]
        if output is not OutputFormat.TABLE:
            print_data([desk.plain(status) for status in statuses], output)
            return
        if not statuses:
            print_line(f"No rollouts in {desk.where}. `seatrial rollout start` begins one.")
            return
        rows = [
            (
                s.id,
                s.phase.value,
                s.release,
                s.strategy,
                desk.upgraded(s),
                desk.age(s),
                s.waiting or s.happening,
            )
            for s in statuses
        ]
        print_table(("ROLLOUT", "STATE", "RELEASE", "STRATEGY", "UPGRADED", "AGE", "NOW"), rows)

    _at_desk(state, main)


@rollout.command()
@_rollout
@output_format
@flag("-w", "--watch", help="Follow it until it ends.")
@desk_options.state
def status(rollout: str, output: OutputFormat, watch: bool, state: str) -> None:
    """Say what is happening, why it waits, what comes next and when, what would stop it, how to undo it."""
    from seatrial.cli.rollout_follow import follow
    from seatrial.cli.rollout_view import status_page

    async def main(desk: Desk) -> None:
        journal = await desk.open(rollout)
        if watch:
            await follow(desk, journal)
            return
        found = await desk.status(journal)
        if output is not OutputFormat.TABLE:
            print_data(desk.plain(found), output)
            return
        for line in [*status_page(found), *await desk.driver_lines(found)]:
            print_line(line)

    _at_desk(state, main)


@rollout.command()
@_rollout
@_why
@desk_options.by
@desk_options.state
def pause(rollout: str, why: str, by: str, state: str) -> None:
    """Start nothing new; what runs goes on to its end."""
    from seatrial.rollout.events import Paused

    _ask(state, rollout, by, lambda who, now, _: Paused(at=now, by=who, why=why))


@rollout.command()
@_rollout
@_why
@desk_options.by
@desk_options.fleets_kubeconfig
@desk_options.api
@desk_options.state
def resume(rollout: str, why: str, by: str, kubeconfig: Path | None, api: str, state: str) -> int:
    """Lift a pause; where no process drives the rollout (any more), drive it here."""
    from seatrial.cli.api_serving import serving_api
    from seatrial.cli.rollout_drive import resume_here

    async def main(desk: Desk) -> int:
        async with serving_api(desk, api):
            return await resume_here(desk, await desk.open(rollout), by, why, kubeconfig)

    return _at_desk(state, main)


@rollout.command()
@_rollout
@click.argument("stage", metavar="STAGE")
@_why
@_until
@desk_options.by
@desk_options.state
def approve(rollout: str, stage: str, why: str, until: str, by: str, state: str) -> None:
    """Approve a stage, of exactly the rollout that `status` shows."""
    from seatrial.cli.rollout_desk import parse_until
    from seatrial.rollout.envelope import envelope_of
    from seatrial.rollout.events import StageApproved

    def request(who: str, now: datetime, journal: RolloutJournal) -> Request:
        known = stage in {each.name for each in journal.rollout.stages}
        return StageApproved(
            at=now,
            stage=stage,
            digest=journal.state.digest,
            by=who,
            why=why,
            until=parse_until(until, now),
            envelope=envelope_of(journal.rollout, stage) if known else None,
        )

    _ask(state, rollout, by, request)


@rollout.command()
@_rollout
@_cluster
@_why
@desk_options.by
@desk_options.state
def retry(rollout: str, cluster: str, why: str, by: str, state: str) -> None:
    """Let one cluster that failed, was blocked or was skipped take its turn again."""
    from seatrial.rollout.events import ClusterRetried

    _ask(state, rollout, by, lambda who, now, _: ClusterRetried(at=now, cluster=cluster, by=who, why=why))


@rollout.command()
@_rollout
@_cluster
@_reason
@_until
@desk_options.by
@desk_options.state
def skip(rollout: str, cluster: str, why: str, until: str, by: str, state: str) -> None:
    """Leave one cluster out, for the rollout or until a time."""
    from seatrial.cli.rollout_desk import parse_until
    from seatrial.rollout.events import ClusterSkipped

    def request(who: str, now: datetime, _: RolloutJournal) -> Request:
        return ClusterSkipped(at=now, cluster=cluster, by=who, why=why, until=parse_until(until, now))

    _ask(state, rollout, by, request)


@rollout.command()
@_rollout
@_cluster
@_reason
@_until
@desk_options.by
@desk_options.state
def accept(rollout: str, cluster: str, why: str, until: str, by: str, state: str) -> None:
    """Let one cluster go on although its plan differs from what was approved, in what `status` shows."""
    from seatrial.cli.rollout_desk import parse_until
    from seatrial.rollout.events import DifferencesAccepted

    def request(who: str, now: datetime, journal: RolloutJournal) -> Request:
        known = journal.state.clusters.get(cluster)
        return DifferencesAccepted(
            at=now,
            cluster=cluster,
            differences=known.differences if known else (),
            by=who,
            why=why,
            until=parse_until(until, now),
        )

    _ask(state, rollout, by, request)


@rollout.command()
@_rollout
@_cluster
@option("--for", "what", required=True, help="What has to happen first.")
@option("--from", "owner", default="the customer", help="Whom it waits for.")
@desk_options.by
@desk_options.state
def hold(rollout: str, cluster: str, what: str, owner: str, by: str, state: str) -> None:
    """Let one cluster wait for somebody, such as a customer's answer; they are reminded, others go on."""
    from seatrial.rollout.events import ClusterHeld

    def request(who: str, now: datetime, _: RolloutJournal) -> Request:
        return ClusterHeld(at=now, cluster=cluster, owner=owner, what=what, by=who)

    _ask(state, rollout, by, request)


@rollout.command()
@_rollout
@_cluster
@_why
@desk_options.by
@desk_options.state
def release(rollout: str, cluster: str, why: str, by: str, state: str) -> None:
    """Let a cluster that was held back take its turn."""
    from seatrial.rollout.events import ClusterReleased

    _ask(state, rollout, by, lambda who, now, _: ClusterReleased(at=now, cluster=cluster, by=who, why=why))


@rollout.command()
@_rollout
@_reason
@desk_options.by
@desk_options.state
def cancel(rollout: str, why: str, by: str, state: str) -> None:
    """End the rollout: nothing new starts, what runs goes on to its end."""
    from seatrial.rollout.events import Cancelled

    _ask(state, rollout, by, lambda who, now, _: Cancelled(at=now, by=who, why=why))


def _ask(state: str, rollout: str, by: str, make: Callable[[str, datetime, RolloutJournal], Request]) -> None:
    """Write one request into the journal, and say what follows from it."""
    from seatrial.cli.rollout_desk import who
    from seatrial.rollout_runs.journal import send_request

    async def main(desk: Desk) -> None:
        journal = await desk.open(rollout)
        request = make(who(by), desk.clock.now(), journal)
        await send_request(journal, request)
        await desk.settle(journal)
        found = await desk.status(journal)
        print_line(f"rollout {found.id}: {found.phase.value}")
        for cluster in found.clusters:
            if cluster.name == getattr(request, "cluster", ""):
                print_line(f"  cluster   {cluster.name}: {cluster.happening}")
        for question, answer in (("waiting", found.waiting), ("next", found.next)):
            if answer:
                print_line(f"  {question:<9} {answer}")
        if found.still_running:
            print_line(f"  running   {', '.join(found.still_running)}")
        for line in await desk.driver_lines(found):
            print_line(line)

    _at_desk(state, main)


def _at_desk(state: str, main: Callable[[Desk], Coroutine[Any, Any, T]]) -> T:
    """For what needs a rollout that is there."""
    from seatrial.cli.rollout_desk import visit_desk

    return _run_at(visit_desk(state), main)


def _run_at(opened: AbstractAsyncContextManager[Desk], main: Callable[[Desk], Coroutine[Any, Any, T]]) -> T:
    async def run() -> T:
        async with opened as desk:
            return await main(desk)

    return asyncio.run(run())
