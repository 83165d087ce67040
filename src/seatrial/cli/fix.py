"""`seatrial fix`: carries out safe fixes on a cluster, one approval each; lists them, takes them back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from seatrial.cli.output import OutputFormat
from seatrial.errors import BadInput

app = typer.Typer(
    help="Carry out safe fixes on a cluster, one approval each; list them, take them back.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

_Context = Annotated[str, typer.Option(help="The kubeconfig context; the current one when not given.")]
_Kubeconfig = Annotated[Path | None, typer.Option(help="The kubeconfig file to use.")]
_State = Annotated[
    str,
    typer.Option(
        envvar="SEATRIAL_STATE",
        help="Folder of the state, or postgresql://USER@HOST/DATABASE.",
        show_default="~/.local/state/seatrial",
    ),
]
_Why = Annotated[str, typer.Option(help="Why, for the journal.", show_default="the finding")]
_By = Annotated[str, typer.Option(help="Who decides this.", show_default="the user who runs it")]


@app.callback()
def fix(
    ctx: typer.Context,
    to: Annotated[
        str, typer.Option(metavar="MINOR", help="The target; by default the cluster's next minor.")
    ] = "",
    check: Annotated[
        list[str] | None, typer.Option(metavar="CHECK", help="Only fixes of this check; repeat for more.")
    ] = None,
    id: Annotated[
        list[str] | None,
        typer.Option(metavar="FIX", help="Only this fix of `check --fix-plan`; repeat for more."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Approve all that --check or --id name, without being asked.")
    ] = False,
    context: _Context = "",
    kubeconfig: _Kubeconfig = None,
    state: _State = "",
    why: _Why = "",
    by: _By = "",
) -> None:
    """Check the cluster, list the fixes that are safe, and ask about each; nothing is done unasked.

    What was changed is recorded, read back, and can be taken back. Exit codes: 0 done or nothing to do, 2 a
    fix did not succeed, 4 could not run.
    """
    if ctx.invoked_subcommand is not None:
        return
    if yes and not (check or id):
        raise BadInput("--yes approves only what is named.", next_step="Name the fixes with --check or --id.")
    from seatrial.cli.fix_run import FixRequest, carry_out_fixes

    request = FixRequest(
        to=to,
        checks=tuple(check or ()),
        ids=tuple(id or ()),
        yes=yes,
        context=context,
        kubeconfig=kubeconfig,
        why=why,
        by=by,
    )
    raise typer.Exit(asyncio.run(carry_out_fixes(request, state)))


@app.command("list")
def list_fixes(
    state: _State = "",
    output: Annotated[
        OutputFormat, typer.Option("-o", "--output", help="table, json or yaml.")
    ] = OutputFormat.TABLE,
) -> None:
    """Show the fixes that this state knows of: what, when, by whom, and what became of each."""
    from seatrial.cli.fix_list import print_fixes

    asyncio.run(print_fixes(state, output))


@app.command()
def undo(
    id: Annotated[
        str, typer.Argument(metavar="[ID]", help="Of `fix list`; without it the last one in effect.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Take it back without being asked.")] = False,
    context: _Context = "",
    kubeconfig: _Kubeconfig = None,
    state: _State = "",
    why: _Why = "",
    by: _By = "",
) -> None:
    """Take a fix back; refused when somebody changed the field since."""
    if yes and not id:
        raise BadInput("--yes takes back only what is named.", next_step="Name it; see `seatrial fix list`.")
    from seatrial.cli.fix_run import UndoRequest, undo_fix

    request = UndoRequest(id=id, yes=yes, context=context, kubeconfig=kubeconfig, why=why, by=by)
    raise typer.Exit(asyncio.run(undo_fix(request, state)))
