"""What is wrong with a file that a person wrote: every problem at once, each with its line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from seatrial.errors import BadInput

_MOST_SHOWN = 50  # one mistake made everywhere gives thousands

Path = tuple[str | int, ...]
"""Where in a document: ("clusters", 3, "tier")."""


@dataclass(frozen=True, slots=True)
class Problem:
    line: int
    path: Path
    message: str

    def __str__(self) -> str:
        where = write_path(self.path)
        return f"{where}: {self.message}" if where else self.message


class FileProblems(BadInput):
    """A file cannot be used; `problems` are all of them, by line."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line, write_path(problem.path))))
        counted = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        lines = [f"{source}:{problem.line}: {problem}" for problem in self.problems[:_MOST_SHOWN]]
        if len(self.problems) > _MOST_SHOWN:
            counted += f", of which these are the first {_MOST_SHOWN}"
        super().__init__("\n".join([*lines, f"{counted}."]), next_step="Correct the file and try again.")


def write_path(path: Path) -> str:
    """As people write it: clusters[3].tier."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """ "; did you mean 'tier'?" or what is known, or the full stop alone."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]!r}?"
    if not known:
        return "."
    shown = ", ".join(known[:12])
    return f"; known are {shown}" + (", …" if len(known) > 12 else ".")
