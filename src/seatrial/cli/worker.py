"""`seatrial worker`: carry out rollouts on this machine, together with any number of others."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from seatrial.cli.output import print_line
from seatrial.errors import BadInput, ExitCode

app = typer.Typer(rich_markup_mode=None)


@app.command(name="worker")
def worker(
    state: Annotated[
        str,
        typer.Option(
            "--state", envvar="SEATRIAL_STATE", help="The database: postgresql://USER@HOST/DATABASE."
        ),
    ] = "",
    kubeconfig: Annotated[
        Path | None, typer.Option(help="Where the fleet's contexts are.", show_default="as kubectl")
    ] = None,
    clusters: Annotated[int, typer.Option(min=1, max=1000, help="Clusters upgraded here at a time.")] = 20,
    folder: Annotated[
        Path | None,
        typer.Option(
            help="For charts; a file STOP in it stops this worker.", show_default="~/.local/state/seatrial"
        ),
    ] = None,
    api: Annotated[
        str,
        typer.Option(
            "--api",
            metavar="127.0.0.1:PORT",
            help="Serve the API (the fleet-wide stop) meanwhile, on this machine.",
        ),
    ] = "",
) -> int:
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
