"""A demo's world in this process, told to nobody, with a real helm."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.tools import helm

from seatrial.clock import SimulatedClock
from seatrial.cluster.findings import Report
from seatrial.demo.files import DemoFiles
from seatrial.demo.helm_calls import counting
from seatrial.demo.narration import Saying
from seatrial.demo.story import BEGINNING, Story
from seatrial.demo.summary import Summary
from seatrial.rehearsal import RehearsalReport
from seatrial.rollout.status import RolloutStatus


def environment(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(home),
        "TMPDIR": str(home),
        "SEATRIAL_HELM": str(helm("4")),
        "CI": "1",
    }


def told(files: DemoFiles, act: Callable[[Story], Awaitable[None]]) -> list[str]:
    """Run a part of the story in a world of its own; the commands that it showed."""
    listener, clock = Listener(), SimulatedClock(BEGINNING)

    async def run() -> None:
        with counting() as calls:
            story = Story(files, clock, environment(files.folder.parent), listener, calls)
            try:
                await act(story)
            finally:
                if story.world is not None:
                    await story.world.stop()

    clock.run(run())
    return listener.commands


class Listener:
    """`Narrator` that keeps the commands and forgets the rest."""

    def __init__(self) -> None:
        self.commands: list[str] = []

    def act(self, title: str) -> None:
        pass

    def say(self, *lines: str) -> None:
        pass

    def table(self, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
        pass

    def command(self, line: str) -> None:
        self.commands.append(line)

    @contextmanager
    def working(self, what: str) -> Iterator[Saying]:
        yield lambda text: None

    def checked(self, report: Report) -> None:
        pass

    def rehearsed(self, report: RehearsalReport) -> None:
        pass

    def moved(self, status: RolloutStatus) -> None:
        pass

    def halted(self, status: RolloutStatus) -> None:
        pass

    def summed_up(self, summary: Summary) -> None:
        pass
