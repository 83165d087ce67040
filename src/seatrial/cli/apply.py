"""`seatrial apply`: carries out exactly the plan in a file, and goes on with it after a crash."""

from __future__ import annotations

from pathlib import Path

import click

from seatrial.cli import desk_options
from seatrial.cli.options import Command, flag, option
from seatrial.errors import BadInput


@click.command(cls=Command)
@click.argument(
    "plan", metavar="PLAN", help="A file made by `seatrial plan -o`, or the id of an unfinished run."
)
@flag("--yes", help="Approve the plan without being asked.")
@flag("--retry", help="Go on from the step at which an earlier run failed.")
@flag("--cancel", help="Give an unfinished run up: put back what it holds, and end.")
@option("--context", default="", show_default="the plan's cluster", help="The kubeconfig context.")
@desk_options.kubeconfig
@desk_options.state
@desk_options.by
def apply(
    plan: str,
    yes: bool,
    retry: bool,
    cancel: bool,
    context: str,
    kubeconfig: Path | None,
    state: str,
    by: str,
) -> int:
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
    return asyncio.run(carry_out(request, state))
