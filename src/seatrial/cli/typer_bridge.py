"""Runs a command that is still written with typer below click's root; goes with the last of them."""

from __future__ import annotations

from typing import Any

import click
import typer
from typer.exceptions import Abort, TyperException

_OF_THE_ROOT = ("install_completion", "show_completion")  # typer gives them to every app of its own


class Bridge(click.Command):
    """Hands all of its arguments to typer, and typer's errors to click's caller."""

    def __init__(self, name: str, app: typer.Typer) -> None:
        self.inner: Any = typer.main.get_command(app)
        self.inner.params = [each for each in self.inner.params if each.name not in _OF_THE_ROOT]
        self.inner.name = name
        super().__init__(name, add_help_option=False)
        vars(self)["params"] = self.inner.params  # for whoever lists options; typer reads them itself
        self.commands = getattr(self.inner, "commands", {})

    def get_short_help_str(self, limit: int = 45) -> str:
        return str(self.inner.get_short_help_str(limit))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.args = args
        return args

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return self.inner.main(args=ctx.args, prog_name=ctx.command_path, standalone_mode=False)
        except Abort:
            raise click.Abort from None
        except TyperException as error:
            context: Any = getattr(error, "ctx", None)
            message = error.format_message().replace(": Value error, ", ": ")  # pydantic's words, not ours
            if context is not None and (not message or type(error).__name__ == "NoArgsIsHelpError"):
                raise click.exceptions.NoArgsIsHelpError(context) from None
            raise click.UsageError(message, ctx=context) from None
