"""What the story says and when; how it looks is the command line's business."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from seatrial.cluster.findings import Report
from seatrial.demo.summary import Summary
from seatrial.rehearsal import RehearsalReport
from seatrial.rollout.status import RolloutStatus


class Saying(Protocol):
    def __call__(self, text: str) -> None: ...


class Narrator(Protocol):
    """Tells the story to whoever watches; every method returns at once."""

    def act(self, title: str) -> None:
        """A new part of the story begins."""

    def say(self, *lines: str) -> None: ...

    def table(self, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None: ...

    def command(self, line: str) -> None:
        """The command by which a person does what happens next."""

    def working(self, what: str) -> AbstractContextManager[Saying]:
        """Something takes a while; what is yielded says how far it is, from any thread."""

    def checked(self, report: Report) -> None: ...

    def rehearsed(self, report: RehearsalReport) -> None: ...

    def moved(self, status: RolloutStatus) -> None:
        """The rollout has moved on; may be called as often as it does."""

    def halted(self, status: RolloutStatus) -> None:
        """The rollout waits for a person: all that is to be said about it."""

    def summed_up(self, summary: Summary) -> None: ...
