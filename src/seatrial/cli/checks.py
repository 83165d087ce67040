"""`seatrial checks`: which checks there are, and the page of each."""

from __future__ import annotations

import click

from seatrial.cli.check_choice import ProfileName
from seatrial.cli.options import Group, OneOf, option, output_format
from seatrial.cli.output import OutputFormat, print_data, print_table


@click.group(cls=Group)
def checks() -> None:
    """Show the checks: what each finds, why it matters, how to fix it, where it is from."""


@checks.command("list")
@option("--profile", type=OneOf(ProfileName), help="Only the checks of this profile.")
@output_format
def list_checks(profile: ProfileName | None, output: OutputFormat) -> None:
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


@checks.command()
@click.argument("check", metavar="ID", help="As `seatrial checks list` has it.")
def show(check: str) -> None:
    """Show a check's page: what, why, how to fix, source."""
    from seatrial.checks.registry import get_check

    click.echo(get_check(check).page)
