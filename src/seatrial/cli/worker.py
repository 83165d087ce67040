"""`seatrial worker`: carry out rollouts on this machine, together with any number of others."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import click

from seatrial.cli import desk_options
from seatrial.cli.options import PATH, Between, Command, option
from seatrial.cli.output import print_line
from seatrial.errors import BadInput, ExitCode


@click.command(cls=Command)
@option(
    "--state",
    envvar="SEATRIAL_STATE",
    default="",
    help="The database: postgresql://USER@HOST/DATABASE.",
)
@desk_options.fleets_kubeconfig
@option(
    "--clusters",
    type=Between(1, 1000),
    default=20,
    help="Clusters upgraded here at a time.",
)
@option(
    "--folder",
    type=PATH,
    show_default="~/.local/state/seatrial",
    help="For charts; a file STOP in it stops this worker.",
)
@desk_options.api
def worker(state: str, kubeconfig: Path | None, clusters: int, folder: Path | None, api: str) -> int:
    """Take part in every rollout of the database until interrupted; what is under way goes to others.

    Workers need no address of each other. One that dies is noticed, and its clusters go on elsewhere
    where they were.
    """
    from seatrial.store.location import PostgresAddress, take_location

    address = take_location(state, os.environ)
    if not isinstance(address, PostgresAddress):
        raise BadInput(
            "workers share a PostgreSQL database.",
            where=state,
            next_step="Name it with SEATRIAL_STATE or --state postgresql://USER@HOST/DATABASE. With state"
            " in a folder, `seatrial rollout start` drives the rollout itself.",
        )
    try:
        asyncio.run(_work(address, kubeconfig, clusters, folder, api))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print_line("Stopped.")
        return ExitCode.CLEAN
    return ExitCode.CLEAN


async def _work(
    address: object, kubeconfig: Path | None, clusters: int, folder: Path | None, api: str
) -> None:
    from functools import partial

    from seatrial.cli.api_serving import serving_api_of_worker
    from seatrial.cli.rollout_desk import state_folder, terminated_like_interrupted
    from seatrial.cli.rollout_desk import worker as this_process
    from seatrial.clock import WallClock
    from seatrial.store.location import PostgresAddress
    from seatrial.wiring.workers import run_worker

    assert isinstance(address, PostgresAddress)  # noqa: S101  for mypy: our caller has looked
    folder, clock = folder or state_folder(None, os.environ), WallClock()
    with terminated_like_interrupted():
        await run_worker(
            address,
            kubeconfig=kubeconfig,
            clock=clock,
            environment=os.environ,
            name=this_process(),
            folder=folder,
            clusters=clusters,
            say=_say,
            beside=partial(serving_api_of_worker, folder, api, clock),
        )


def _say(text: str) -> None:
    """With the time, as a log that is read days later needs it."""
    from seatrial.clock import WallClock

    print_line(f"{WallClock().now():%Y-%m-%d %H:%M:%S}Z {text}")
