"""How options and arguments are asked for: a wrong one gets one line that names it, and the way to help."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

import click
import pytest

from seatrial.cli import main as cli
from seatrial.cli.options import PATH, Between, Command, Group, OneOf, flag, option
from seatrial.errors import ExitCode


class Colour(StrEnum):
    DARK_RED = "dark-red"
    BLUE = "blue"


def paint() -> tuple[Group, list[dict[str, Any]]]:
    """A group with a command that remembers what it was called with."""
    calls: list[dict[str, Any]] = []

    @click.group(cls=Group)
    def seatrial() -> None:
        pass

    @seatrial.command("paint")
    @click.argument("wall", type=PATH, metavar="WALL", help="What to paint.")
    @option("--colour", type=OneOf(Colour), default=Colour.DARK_RED, help="With what.")
    @option("--coats", type=Between(1, 3), default=1, help="How often.")
    @option("--by", default="", show_default="you", envvar="PAINTER", help="Who.")
    @option("--note", multiple=True, metavar="TEXT", help="Repeatable.")
    @flag("--dry", help="Only say it.")
    def paint(**called: Any) -> int:
        calls.append(called)
        return ExitCode.WARNINGS

    @seatrial.command("another")
    def another() -> None:
        pass

    return seatrial, calls


Call = Callable[..., int]


@pytest.fixture
def calls() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, calls: list[dict[str, Any]]) -> Call:
    group, made = paint()
    monkeypatch.setattr(cli, "root", group)
    monkeypatch.setenv("PAINTER", "")

    def run(*arguments: str) -> int:
        code = cli.run(list(arguments))
        calls.extend(made)
        return code

    return run


def test_a_command_is_handed_values_of_its_types(call: Call, calls: list[dict[str, Any]]) -> None:
    code = call("paint", "north", "--colour", "blue", "--coats", "2", "--note", "a", "--note=b", "--dry")
    assert code == ExitCode.WARNINGS
    assert calls == [
        {"wall": Path("north"), "colour": Colour.BLUE, "coats": 2, "by": "", "note": ("a", "b"), "dry": True}
    ]
    assert isinstance(calls[0]["colour"], Colour)


def test_what_is_not_given_is_its_default(
    call: Call, calls: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAINTER", "ana")
    call("paint", "north")
    assert calls == [
        {"wall": Path("north"), "colour": Colour.DARK_RED, "coats": 1, "by": "ana", "note": (), "dry": False}
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["paint"], "Missing argument 'WALL'."),
        (["paint", ""], "Invalid value for 'WALL': it is empty: is the variable set that it comes from?"),
        (["paint", "a", "b"], "Got unexpected extra argument (b)"),
        (["paint", "a", "--colou", "blue"], "No such option '--colou'. Did you mean '--colour'?"),
        (
            ["paint", "a", "--colour", "DARK_RED"],
            "Invalid value for '--colour': 'DARK_RED' is not one of 'dark-red', 'blue'.",
        ),
        (["paint", "a", "--coats", "x"], "Invalid value for '--coats': 'x' is not a valid integer."),
        (["paint", "a", "--coats", "4"], "Invalid value for '--coats': 4 is not in the range 1<=x<=3."),
        (["paint", "a", "--by"], "Option '--by' requires an argument."),
        (["paint", "a", "--dry=1"], "Option '--dry' does not take a value."),
    ],
)
def test_a_wrong_call_is_answered_in_one_line_with_the_way_to_help(
    arguments: list[str], said: str, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*arguments) == ExitCode.COULD_NOT_RUN
    assert capsys.readouterr().err == f"Error: {said}\n  → Try: seatrial paint --help\n"


def test_an_unknown_command_is_answered_with_the_one_meant(
    call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("pait") == ExitCode.COULD_NOT_RUN
    said = "Error: No such command 'pait'. Did you mean 'paint'?\n  → Try: seatrial --help\n"
    assert capsys.readouterr().err == said


def test_help_has_arguments_values_defaults_and_variables(
    call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("paint", "--help") == 0
    assert (
        capsys.readouterr().out
        == """\
Usage: seatrial paint [OPTIONS] WALL

Arguments:
  WALL  What to paint.

Options:
  --colour [dark-red|blue]  With what.  [default: dark-red]
  --coats INTEGER           How often.  [default: 1; 1<=x<=3]
  --by TEXT                 Who.  [env var: PAINTER; default: (you)]
  --note TEXT               Repeatable.
  --dry                     Only say it.
  --help                    Show this message and exit.
"""
    )


def test_commands_are_listed_as_they_are_written(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    assert call() == ExitCode.COULD_NOT_RUN
    shown = capsys.readouterr().err
    assert shown.index("  paint") < shown.index("  another")


def test_every_command_is_one_of_ours() -> None:
    context = click.Context(cli.root)
    found = [cli.root.get_command(context, name) for name in cli.COMMANDS]
    assert [each for each in found if not isinstance(each, Command)] == []
