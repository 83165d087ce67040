"""Show a rollout while it moves: a live table on a terminal, plain lines everywhere else."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from seatrial.cli.output import colours
from seatrial.cli.rollout_desk import Desk
from seatrial.cli.rollout_view import plain_lines, rollout_table
from seatrial.rollout.status import RolloutPhase, RolloutStatus
from seatrial.rollout_runs.journal import RolloutJournal

if TYPE_CHECKING:
    from rich.live import Live

_LOOK_EVERY = 1.0  # seconds


async def follow(desk: Desk, journal: RolloutJournal) -> None:
    """Show it until it ends; only reads."""
    with Screen() as screen:
        while True:
            status = await desk.status(journal)
            screen.show(status)
            if status.phase in (RolloutPhase.SUCCEEDED, RolloutPhase.FAILED, RolloutPhase.CANCELLED):
                return
            await desk.clock.sleep(_LOOK_EVERY)


class Screen:
    """`show` may be called as often as something changes."""

    def __init__(self) -> None:
        self._live: Live | None = None
        self._previous: RolloutStatus | None = None

    def __enter__(self) -> Self:
        if colours(sys.stdout) and not os.environ.get("CI"):
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(), refresh_per_second=4, auto_refresh=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def show(self, status: RolloutStatus) -> None:
        if self._live is not None:
            self._live.update(rollout_table(status))
        else:
            for line in plain_lines(self._previous, status):
                print(line, flush=True)  # noqa: T201  this is what a log gets
        self._previous = status

    def close(self) -> None:
        """Give the terminal back; showing more is over."""
        if self._live is not None:
            self._live.stop()
            self._live = None
