"""Turns an exception that a check does not handle into that check's gap, so that the others still speak.

It says which exception and on which lines of ours, never the exception's own text: that may hold values of
objects. Memory that ran out is no check's bug: every other check would fail of it as well.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import seatrial
from seatrial.checks.check import Check
from seatrial.cluster.findings import Incomplete

_PACKAGE = Path(seatrial.__file__).parent


def bug_in(check: Check, problem: Exception) -> Incomplete:
    """What is left to say of a check that ended by `problem`."""
    return check.incomplete(
        check.title,
        f"this check met something that it does not handle: {type(problem).__name__}"
        f"{_places(check, problem.__traceback__)}. What it found before that is shown.",
        next_step="This is a bug. Please report it with the command and the output of the same command under"
        " SEATRIAL_TRACEBACK=1 (look it over first: it may name your objects).",
    )


def _places(check: Check, traceback: TracebackType | None) -> str:
    """The deepest line of the check's own file, and the deepest of ours below it."""
    own = deepest = ""
    rule = check.function.__code__.co_filename
    while traceback is not None:
        file = Path(traceback.tb_frame.f_code.co_filename)
        if file.is_relative_to(_PACKAGE):
            deepest = f"{file.relative_to(_PACKAGE).as_posix()}:{traceback.tb_lineno}"
        if traceback.tb_frame.f_code.co_filename == rule:
            own = f"{file.name}:{traceback.tb_lineno}"
            deepest = ""
        traceback = traceback.tb_next
    said = [each for each in (own, deepest) if each]
    return f" at {', in '.join(said)}" if said else ""
