"""Runs `seatrial fix` and `seatrial fix undo`: checks the cluster, asks, and holds its Lease meanwhile."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from seatrial.checks.check import Profile
from seatrial.checks.registry import get_check, kinds_to_read
from seatrial.checks.run import check_snapshot, checks_of
from seatrial.checks.settings import CheckSettings
from seatrial.cli.asking import confirmed
from seatrial.cli.check_inputs import parse_target
from seatrial.cli.check_settings import read_fleet_of, settings_for
from seatrial.cli.fix_choice import Choice, choose
from seatrial.cli.output import harmless
from seatrial.cli.rollout_desk import Desk, open_desk, refuse_while_stopped, who, worker
from seatrial.cli.source import reach_of, read_live
from seatrial.cluster_runs.lease import LeaseLost
from seatrial.cluster_runs.steps.preflight import cluster_uid
from seatrial.errors import BadInput, Conflict, ExitCode, Forbidden, NotFound, PermanentError
from seatrial.fix_runs.carrying_out import Hands, carry_out, settle, take_back
from seatrial.fix_runs.journal import FixJournal, find_journal, open_journal
from seatrial.fixes.offers import Offer, field_changes, kubectl_patch
from seatrial.fixes.records import Record, State
from seatrial.fixes.reverting import AUTOSCALER
from seatrial.kube import ReadClient, WriteClient
from seatrial.rollout_runs.driver import driver, driving
from seatrial.store.protocol import STATE_FAILURES
from seatrial.wiring.leasing import live_lease
from seatrial.wiring.reaching import Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class FixRequest:
    to: str
    fleet: Path | None
    """What it decides about checks decides what is proposed."""
    checks: tuple[str, ...]
    ids: tuple[str, ...]
    yes: bool
    context: str
    kubeconfig: Path | None
    why: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoRequest:
    id: str
    yes: bool
    context: str
    kubeconfig: Path | None
    why: str
    by: str


async def carry_out_fixes(request: FixRequest, state: str) -> int:
    for check in request.checks:
        get_check(check)
    fleet = read_fleet_of(request.fleet)
    reach = reach_of(request.kubeconfig, request.context)
    settings = settings_for(fleet, reach.context)
    async with open_desk(state) as desk:
        await refuse_while_stopped(desk)
        uid = await _uid(reach, desk)
        await _settle_first(reach, desk, uid, request.by)
        choice = await _chosen(reach, request, settings)
        chosen = choice.offers
        safe = [each for each in chosen if not each.refused]
        for line in choice.left_out:
            click.echo(harmless(line))
        for each in chosen:
            _show(each)
        if not safe:
            click.echo("There is no fix to carry out." if not chosen else "None of these can be carried out.")
            return ExitCode.CLEAN
        if not request.yes and not sys.stdin.isatty():
            raise BadInput(
                "nobody is there to approve these fixes.",
                next_step="Name them with --check or --id, and add --yes.",
            )
        approved = [each for each in safe if request.yes or confirmed(harmless(f"{each.proposal.title}?"))]
        if not approved:
            click.echo("Nothing was done.")
            return ExitCode.CLEAN
        async with _hands(reach, desk, uid, request.by) as hands:
            results = [await _one(each, hands, request.why) for each in approved]
        return ExitCode.CLEAN if all(results) else ExitCode.BLOCKERS


async def undo_fix(request: UndoRequest, state: str) -> int:
    reach = reach_of(request.kubeconfig, request.context)
    async with open_desk(state) as desk:
        await refuse_while_stopped(desk)
        uid = await _uid(reach, desk)
        await _settle_first(reach, desk, uid, request.by)
        record = _record(await find_journal(desk.store, uid), request.id)
        made = record.intended
        click.echo(f"{harmless(made.title)}: done {made.at:%Y-%m-%d %H:%M} by {harmless(made.by)}")
        if not request.yes:
            if not sys.stdin.isatty():
                raise BadInput(
                    "nobody is there to approve this.", next_step=f"seatrial fix undo {record.id} --yes"
                )
            if not confirmed("Take it back?"):
                click.echo("Nothing was done.")
                return ExitCode.CLEAN
        async with _hands(reach, desk, uid, request.by) as hands:
            await take_back(hands.journal.records[record.id], hands, request.why)
        click.echo(f"Taken back: {record.id}.")
        return ExitCode.CLEAN


def _record(journal: FixJournal | None, id: str) -> Record:
    records = journal.records if journal is not None else {}
    if id:
        if id not in records:
            raise BadInput(
                f"no fix {id!r} was made on this cluster with this state.",
                next_step="See `seatrial fix list`.",
            )
        return records[id]
    in_effect = [each for each in records.values() if each.state is State.MADE]
    if not in_effect:
        raise BadInput("no fix is in effect on this cluster.", next_step="See `seatrial fix list`.")
    return in_effect[-1]


async def _one(offer: Offer, hands: Hands, why: str) -> bool:
    """Carry one out; a refusal is said, and the others still get their turn."""
    try:
        record = await carry_out(offer, hands, why)
    except (*STATE_FAILURES, LeaseLost):
        raise  # nothing more may be begun
    except (Conflict, Forbidden, NotFound, PermanentError) as no:
        click.echo(harmless(f"Refused: {offer.proposal.title}: {no.what}"))
        if no.next_step:
            click.echo(harmless(f"  → {no.next_step}"))
        return False
    if record is None:
        click.echo(harmless(f"It is so already: {offer.proposal.title}."))
        return True
    click.echo(harmless(f"Done: {offer.proposal.title}. `seatrial fix undo {record.id}` takes it back;"))
    click.echo(harmless(f"  without Seatrial: {kubectl_patch(offer.proposal, record.intended.back)}"))
    return True


async def _chosen(reach: Reach, request: FixRequest, settings: CheckSettings) -> Choice:
    kinds = kinds_to_read(checks_of(Profile.READINESS)) | {AUTOSCALER}
    snapshot = await read_live(reach, kinds=kinds)
    target = parse_target(request.to) if request.to else snapshot.meta.minor.plus(1)
    report = check_snapshot(snapshot, target, settings=settings)
    return choose(report, snapshot, checks=request.checks, ids=request.ids)


def _show(offer: Offer) -> None:
    proposal = offer.proposal
    click.echo(harmless(f"{offer.id}: {proposal.title} ({offer.check})"))
    click.echo(harmless(f"  because: {offer.why}"))
    for change in field_changes(proposal):
        click.echo(harmless(f"  {change.path}: {change.before} → {change.after}"))
    if offer.note:
        click.echo(harmless(f"  note: {offer.note}"))
    if offer.refused:
        click.echo(harmless(f"  refused: {offer.refused}"))
    elif proposal.temporary:
        click.echo("  It is meant for the time of the upgrade: take it back afterwards.")


async def _settle_first(reach: Reach, desk: Desk, uid: str, by: str) -> None:
    """Before anything else: what became of what a dead process intended?"""
    journal = await find_journal(desk.store, uid)
    if journal is None or not any(each.is_unsettled for each in journal.records.values()):
        return
    async with _hands(reach, desk, uid, by):
        return


@asynccontextmanager
async def _hands(reach: Reach, desk: Desk, uid: str, by: str) -> AsyncIterator[Hands]:
    """The right to change the cluster: our lock, its Lease, the journal's fence; nothing left unsettled."""
    journal = await open_journal(desk.store, uid, reach.context, desk.clock)
    lock = f"cluster-{uid}"
    other = driver(desk.locks, lock)
    if other:
        raise Conflict(
            f"{other} is at work on this cluster.", where=reach.context, next_step="Wait for it to end."
        )
    with driving(desk.locks, lock, worker()):
        async with live_lease((), reach, desk.clock)(journal.run, worker()) as lease:
            await journal.claim(worker())
            async with reach.connected(desk.clock) as session:
                write = WriteClient(session)
                hands = Hands(write.read, write, journal, desk.clock, who(by), lease)
                for record in await settle(hands):
                    click.echo(harmless(f"A run that ended early left {record.id}: it is {_became(record)}."))
                yield hands


def _became(record: Record) -> str:
    note = f" ({record.note})" if record.note else ""
    return {State.MADE: "in effect", State.UNDONE: "taken back"}.get(record.state, "not in effect") + note


async def _uid(reach: Reach, desk: Desk) -> str:
    async with reach.connected(desk.clock) as session:
        return await cluster_uid(ReadClient(session))
