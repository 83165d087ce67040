"""`seatrial demo`: a fleet of simulated clusters, checked, rehearsed and upgraded in front of you."""

from __future__ import annotations

from pathlib import Path

import click

from seatrial.cli.options import PATH, Command, flag, option


@click.command(cls=Command)
@flag("--keep", help="Leave the fleet running afterwards, for kubectl and helm, until Ctrl-C.")
@option(
    "--dir",
    "folder",
    type=PATH,
    help="A new folder for the fleet file, the journal and the report; it stays.",
    show_default="a temporary one of which only the report stays",
)
def demo(keep: bool, folder: Path | None) -> None:
    """Upgrade an embedded fleet of simulated clusters, wave by wave; about a minute, nothing real is touched.

    Exit codes: 0 the story ended as it should, 4 it did not or could not run, 130 interrupted.
    """
    from seatrial.cli.demo_run import run_demo

    run_demo(folder, keep=keep)
