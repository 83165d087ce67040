"""Tells the demo's story: a live table on a terminal, plain lines everywhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from seatrial.cli.demo_summary import print_summary
from seatrial.cli.output import Tone, colours, print_line, print_table
from seatrial.cli.rehearsal_view import print_rehearsal
from seatrial.cli.report_text import print_report
from seatrial.cli.rollout_view import plain_lines, rollout_table
from seatrial.clock import WallClock
from seatrial.cluster.findings import Report
from seatrial.demo.narration import Saying
from seatrial.demo.summary import Summary
from seatrial.rehearsal import RehearsalReport
from seatrial.rollout.status import RolloutStatus

if TYPE_CHECKING:
    from rich.live import Live

_DRAWN_EVERY = 0.1  # wall seconds
_WRITTEN_EVERY = 1.0
_MOST_ANSWERS = 4


class TerminalNarrator:
    """`Narrator` on standard output."""

    def __init__(self) -> None:
        self._wall = WallClock()
        self._terminal = colours(sys.stdout) and not os.environ.get("CI")
        self._live: Live | None = None
        self._previous: RolloutStatus | None = None
        self._shown_at = float("-inf")
        self._acts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the terminal back, with the last table on it."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def act(self, title: str) -> None:
        self.close()
        self._acts += 1
        print_line("")
        print_line((f"── {self._acts}. {title} ", Tone.STRONG), ("─" * max(0, 70 - len(title)), Tone.QUIET))
        sys.stdout.flush()

    def say(self, *lines: str) -> None:
        self.close()
        for line in lines:
            print_line(line)
        sys.stdout.flush()

    def table(self, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
        self.close()
        print_table(columns, rows)
        sys.stdout.flush()

    def command(self, line: str) -> None:
        self.close()
        print_line(("$ ", Tone.QUIET), (line, Tone.STRONG))
        sys.stdout.flush()

    @contextmanager
    def working(self, what: str) -> Iterator[Saying]:
        self.close()
        if not self._terminal:
            print_line(f"… {what}")
            sys.stdout.flush()
            yield _nothing_more
            return
        from rich.console import Console

        with Console().status(what) as status:
            yield lambda text: status.update(f"{what}: {text}")

    def checked(self, report: Report) -> None:
        print_report(report)
        sys.stdout.flush()

    def rehearsed(self, report: RehearsalReport) -> None:
        print_rehearsal(report)
        sys.stdout.flush()

    def moved(self, status: RolloutStatus) -> None:
        waited = self._wall.monotonic() - self._shown_at
        soon = waited >= (_DRAWN_EVERY if self._terminal else _WRITTEN_EVERY)
        if soon or self._previous is None or _turning_point(self._previous, status):
            self._show(status)

    def halted(self, status: RolloutStatus) -> None:
        self._show(status)
        self.close()
        print_line("")
        print_line((f"  Rollout {status.id}: {status.phase.value}", Tone.STRONG))
        for question, answers in _answered(status):
            for number, answer in enumerate(answers[:_MOST_ANSWERS]):
                print_line((f"  {question if not number else '':<21}", Tone.QUIET), answer)
            more = len(answers) - _MOST_ANSWERS
            if more > 0:
                print_line(
                    (f"{'':<23}and {more} more: `seatrial rollout status {status.id}` shows all", Tone.QUIET)
                )
        sys.stdout.flush()

    def summed_up(self, summary: Summary) -> None:
        self.close()
        print_summary(summary)
        sys.stdout.flush()

    def _show(self, status: RolloutStatus) -> None:
        if self._terminal:
            from rich.console import Console, Group
            from rich.live import Live
            from rich.text import Text

            if self._live is None:
                self._live = Live(console=Console(), refresh_per_second=8)
                self._live.start()
            clock = Text(f"{status.now:%A %Y-%m-%d %H:%M} UTC by the fleet's clock", "dim")
            self._live.update(Group(clock, rollout_table(status)))
        else:
            for line in plain_lines(self._previous, status):
                print_line(f"{status.now:%a} {line}")  # its clock leaps over days
            sys.stdout.flush()
        self._previous = status
        self._shown_at = self._wall.monotonic()


def _turning_point(before: RolloutStatus, now: RolloutStatus) -> bool:
    """Something that nobody should miss, however fast the clock leaps."""
    phases = [
        (each.phase, *(c.phase for c in each.clusters), *(s.phase for s in each.stages))
        for each in (before, now)
    ]
    return phases[0] != phases[1]


def _answered(status: RolloutStatus) -> list[tuple[str, tuple[str, ...]]]:
    """The five questions, each with its answers; one that has none now is left out."""
    next_at = f" (at {status.next_at:%a %H:%M} UTC)" if status.next_at else ""
    asked = [
        ("what is happening?", (status.happening,)),
        ("why is it waiting?", (status.waiting, *(f"cause: {each.cause}" for each in status.incidents))),
        ("what comes next?", (status.next + next_at,)),
        ("what would stop it?", status.would_stop),
        ("how to undo it?", status.undo),
    ]
    return [(question, found) for question, answers in asked if (found := tuple(filter(None, answers)))]


def _nothing_more(text: str) -> None:
    pass
