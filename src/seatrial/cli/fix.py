"""`seatrial fix`: carries out safe fixes on a cluster, one approval each; lists them, takes them back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from seatrial.cli import desk_options
from seatrial.cli.options import PATH, Group, flag, option, output_format
from seatrial.cli.output import OutputFormat
from seatrial.errors import BadInput, ExitCode

_context = option("--context", default="", help="The kubeconfig context; the current one when not given.")
_why = option("--why", default="", show_default="the finding", help="Why, for the journal.")


@click.group(
    cls=Group,
    invoke_without_command=True,
    help="Carry out safe fixes on a cluster, one approval each; list them, take them back.",
)
@option("--to", metavar="MINOR", default="", help="The target; by default the cluster's next minor.")
@option(
    "--fleet",
    type=PATH,
    metavar="FILE",
    help="The fleet file: what it decides about checks; what it waives is not proposed.",
)
@option("--check", metavar="CHECK", multiple=True, help="Only fixes of this check; repeat for more.")
@option("--id", metavar="FIX", multiple=True, help="Only this fix of `check --fix-plan`; repeat for more.")
@flag("--yes", help="Approve all that --check or --id name, without being asked.")
@_context
@desk_options.kubeconfig
@desk_options.state
@_why
@desk_options.by
@click.pass_context
def fix(
    ctx: click.Context,
    to: str,
    fleet: Path | None,
    check: tuple[str, ...],
    id: tuple[str, ...],
    yes: bool,
    context: str,
    kubeconfig: Path | None,
    state: str,
    why: str,
    by: str,
) -> int:
    """Check the cluster, list the fixes that are safe, and ask about each; nothing is done unasked.

    What was changed is recorded, read back, and can be taken back. Exit codes: 0 done or nothing to do, 2 a
    fix did not succeed, 4 could not run.
    """
    if ctx.invoked_subcommand is not None:
        return ExitCode.CLEAN
    if yes and not (check or id):
        raise BadInput("--yes approves only what is named.", next_step="Name the fixes with --check or --id.")
    from seatrial.cli.fix_run import FixRequest, carry_out_fixes

    request = FixRequest(
        to=to,
        fleet=fleet,
        checks=check,
        ids=id,
        yes=yes,
        context=context,
        kubeconfig=kubeconfig,
        why=why,
        by=by,
    )
    return asyncio.run(carry_out_fixes(request, state))


@fix.command("list")
@desk_options.state
@output_format
def list_fixes(state: str, output: OutputFormat) -> None:
    """Show the fixes that this state knows of: what, when, by whom, and what became of each."""
    from seatrial.cli.fix_list import print_fixes

    asyncio.run(print_fixes(state, output))


@fix.command()
@click.argument("id", metavar="[ID]", default="", help="Of `fix list`; without it the last one in effect.")
@flag("--yes", help="Take it back without being asked.")
@_context
@desk_options.kubeconfig
@desk_options.state
@_why
@desk_options.by
def undo(id: str, yes: bool, context: str, kubeconfig: Path | None, state: str, why: str, by: str) -> int:
    """Take a fix back; refused when somebody changed the field since."""
    if yes and not id:
        raise BadInput("--yes takes back only what is named.", next_step="Name it; see `seatrial fix list`.")
    from seatrial.cli.fix_run import UndoRequest, undo_fix

    request = UndoRequest(id=id, yes=yes, context=context, kubeconfig=kubeconfig, why=why, by=by)
    return asyncio.run(undo_fix(request, state))
