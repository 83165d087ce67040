"""`seatrial checks`: which checks there are, and the page of each."""

from __future__ import annotations

from typing import Annotated

import typer

from seatrial.cli.check_choice import ProfileName
from seatrial.cli.output import OutputFormat, print_data, print_table

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Show the checks: what each finds, why it matters, how to fix it, where it is from.",
)


@app.command("list")
def list_checks(
    profile: Annotated[ProfileName | None, typer.Option(help="Only the checks of this profile.")] = None,
    output: Annotated[
        OutputFormat, typer.Option("-o", "--output", help="table, json or yaml.")
    ] = OutputFormat.TABLE,
) -> None:
    """List every check with what it finds."""
    from seatrial.checks.registry import all_checks

    found = [each for each in all_checks() if profile is None or each.profile == profile.value]
    if output is OutputFormat.TABLE:
        rows = [(each.id, each.profile.value, each.title) for each in found]
        print_table(("CHECK", "PROFILE", "WHAT IT FINDS"), rows)
        return
    items = [
        {
            "id": each.id,
            "title": each.title,
            "profile": each.profile.value,
            "reads": [what.__name__ if isinstance(what, type) else what.value for what in each.reads],
            "files": each.in_files or each.needs_more_than_a_cluster,
        }
        for each in found
    ]
    print_data({"format": 1, "items": items}, output)


@app.command()
def show(
    check: Annotated[str, typer.Argument(metavar="ID", help="As `seatrial checks list` has it.")],
) -> None:
    """Show a check's page: what, why, how to fix, source."""
    from seatrial.checks.registry import get_check

    typer.echo(get_check(check).page)
