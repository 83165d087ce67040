"""`seatrial demo`: a fleet of simulated clusters, checked, rehearsed and upgraded in front of you."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(rich_markup_mode=None)


@app.command()
def demo(
    keep: Annotated[
        bool,
        typer.Option(
            "--keep", help="Leave the fleet running afterwards, for kubectl and helm, until Ctrl-C."
        ),
    ] = False,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--dir",
            help="A new folder for the fleet file, the journal and the report; it stays.",
            show_default="a temporary one of which only the report stays",
        ),
    ] = None,
) -> None:
    """Upgrade an embedded fleet of simulated clusters, wave by wave; about a minute, nothing real is touched.

    Exit codes: 0 the story ended as it should, 4 it did not or could not run, 130 interrupted.
    """
    from seatrial.cli.demo_run import run_demo

    run_demo(folder, keep=keep)
