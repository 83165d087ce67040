"""`seatrial stop`: nothing new starts anywhere in the fleet, server or no server, until it is lifted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from seatrial.cli import desk_options
from seatrial.cli.options import Command, flag, option
from seatrial.cli.output import print_line
from seatrial.errors import BadInput, SeatrialError

if TYPE_CHECKING:
    from seatrial.cli.rollout_desk import Desk
    from seatrial.store import Stop


@click.command(cls=Command)
@option("--why", default="", help="The reason, for everybody who meets the stop.")
@flag("--lift", help="Let rollouts go on.")
@desk_options.by
@desk_options.state
def stop(why: str, lift: bool, by: str, state: str) -> None:
    """Stop every rollout from starting anything new; runs under way go on to their end, and are named.

    It is a file called STOP beside the state, so that `touch` does the same when all else fails; where
    state is in PostgreSQL it is a row that every worker sees, and such a file stops one worker.
    """
    import os

    from seatrial.cli.rollout_desk import state_folder, who
    from seatrial.clock import WallClock
    from seatrial.rollout_runs.stop import FleetStop
    from seatrial.store import Stop
    from seatrial.store.location import PostgresAddress, read_location

    location = read_location(state, os.environ) if state else None
    now = WallClock().now()
    if not lift and not why.strip():
        raise BadInput("a stop needs a reason.", next_step="Say it with --why.")
    if lift:
        asyncio.run(_lift(state, who(by)))
        return
    order = Stop(by=who(by), at=now, why=why)
    if isinstance(location, PostgresAddress):
        asyncio.run(_record(state, order))
        return
    folder = state_folder(location, os.environ)
    FleetStop(folder, None).write_file(order)
    print_line(f"Stopped: nothing new starts. {folder / 'STOP'} says so.")
    try:
        asyncio.run(_record(state, order))
    except SeatrialError as error:
        print_line(f"The database could not be told ({error}); the file alone holds everything back.")


async def _record(state: str, order: Stop) -> None:
    from seatrial.cli.rollout_desk import open_desk

    async with open_desk(state) as desk:
        await desk.store.stop(order)
        if desk.queue is not None:
            print_line(f"Stopped: no worker of {desk.where} starts anything new.")
        await _say_what_runs(desk)
    print_line("Runs under way go on to their end. `seatrial stop --lift` lets rollouts go on.")


async def _lift(state: str, by: str) -> None:
    from seatrial.cli.rollout_desk import open_desk

    async with open_desk(state) as desk:
        found = await desk.stop.stopped()
        await desk.store.lift_stop(by=by, at=desk.clock.now())
        desk.stop.remove_file()
    if found is None:
        print_line("No stop was in force.")
    else:
        print_line(
            f"Lifted: the stop by {found.by} ({found.why}). Rollouts that are driven go on by themselves."
        )


async def _say_what_runs(desk: Desk) -> None:
    for journal in await desk.rollouts():
        if journal.state.finished:
            continue
        running = ", ".join(journal.state.running()) or "nothing"
        print_line(f"  rollout {journal.rollout.id}: still running: {running}")
