"""`seatrial apply`: carries out exactly the plan in a file, and goes on with it after a crash."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seatrial.errors import BadInput

app = typer.Typer(rich_markup_mode=None)


@app.command()
def apply(
    plan: Annotated[
        str,
        typer.Argument(
            metavar="PLAN", help="A file made by `seatrial plan -o`, or the id of an unfinished run."
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Approve the plan without being asked.")] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Go on from the step at which an earlier run failed.")
    ] = False,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="Give an unfinished run up: put back what it holds, and end.")
    ] = False,
    context: Annotated[
        str, typer.Option(help="The kubeconfig context.", show_default="the plan's cluster")
    ] = "",
    kubeconfig: Annotated[Path | None, typer.Option(help="The kubeconfig file to use.")] = None,
    state: Annotated[
        str,
        typer.Option(
            envvar="SEATRIAL_STATE",
            help="Folder of the state, or postgresql://USER@HOST/DATABASE.",
            show_default="~/.local/state/seatrial",
        ),
    ] = "",
    by: Annotated[str, typer.Option(help="Who decides this.", show_default="the user who runs it")] = "",
) -> None:
    """Carry out a plan, step by step, and journal each.

    After a crash the same command goes on where it was. Exit codes: 0 done, 2 it failed, was cancelled or
    has blockers, 4 could not run.
    """
    import asyncio

    from seatrial.cli.apply_run import ApplyRequest, carry_out

    if retry and cancel:
        raise BadInput("--retry and --cancel exclude each other.", next_step="Give one of them.")
    request = ApplyRequest(
        name=plan,
        yes=yes,
        retry=retry,
        cancel=cancel,
        context=context,
        kubeconfig=kubeconfig,
        by=by,
    )
    raise typer.Exit(asyncio.run(carry_out(request, state)))
