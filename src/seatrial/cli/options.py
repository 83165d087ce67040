"""What commands are declared with: click, with our order, headings, defaults and types.

A command is `@click.command(cls=Command)`, or a `@click.group(cls=Group)` whose own commands come from
`@NAME.command()`; it is called like its module, which is how `cli.main` finds it. The integer that it
returns is the exit code.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import click

from seatrial.cli.output import OutputFormat

E = TypeVar("E", bound=StrEnum)
Declared = TypeVar("Declared", bound=Callable[..., Any])


class _AnyPath(click.Path):
    """Whoever opens it says best what is wrong with it; an empty one would be the folder we are in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("it is empty: is the variable set that it comes from?", param, ctx)
        return super().convert(value, param, ctx)


PATH = _AnyPath(path_type=Path, readable=False)


def option(*names: str, **more: Any) -> Callable[[Declared], Declared]:
    """`click.option`; the help shows the variable that it can come from, and a default unless empty."""
    default = more.get("default")
    if isinstance(default, StrEnum):
        more["default"] = default.value  # click would show the member's name
    return click.option(*names, **{"show_default": default not in (None, ""), "show_envvar": True, **more})


def flag(*names: str, help: str) -> Callable[[Declared], Declared]:
    """An option that takes no value: named, it is true."""
    return click.option(*names, is_flag=True, help=help)


class OneOf(click.Choice[E]):
    """The values of an enumeration; the command is handed the member."""

    def normalize_choice(self, choice: object, ctx: click.Context | None) -> str:
        return str(choice)


class Between(click.IntRange):
    """A whole number between limits."""

    name = "integer"  # "integer range" would be what a wrong one is said not to be


output_format = option(
    *("-o", "--output"), type=OneOf(OutputFormat), default=OutputFormat.TABLE, help="table, json or yaml."
)

provider_data = option(
    "--provider-data",
    type=PATH,
    multiple=True,
    metavar="FILE",
    help='What aws, gcloud or az printed about the cluster, as JSON; "-"; repeatable.',
)


class Command(click.Command):
    """Lists its arguments under "Arguments"; a wrong call of it names its own help."""

    def format_arguments(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        arguments = [each for each in self.get_params(ctx) if isinstance(each, click.Argument)]
        if arguments:
            with formatter.section("Arguments"):
                formatter.write_dl([each.get_help_record(ctx) for each in arguments])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise


class Group(Command, click.Group):
    """Lists its commands in the order in which they are written."""

    command_class = Command

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)
