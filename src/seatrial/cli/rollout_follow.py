"""Show a rollout while it moves: a live table on a terminal, plain lines everywhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from seatrial.cli.output import colours
from seatrial.cli.rollout_desk import Desk
from seatrial.cli.rollout_view import plain_lines, rollout_table
from seatrial.clock import Clock
from seatrial.rollout.status import RolloutPhase, RolloutStatus
from seatrial.rollout_runs.journal import RolloutJournal

if TYPE_CHECKING:
    from rich.live import Live

_LOOK_EVERY = 1.0  # seconds
_AT_MOST_EVERY = 0.2


async def follow(desk: Desk, journal: RolloutJournal) -> RolloutStatus:
    """Show it until it ends; only reads."""
    with Screen(desk.clock) as screen:
        while True:
            status = await desk.status(journal)
            screen.show(status)
            if status.phase in (RolloutPhase.SUCCEEDED, RolloutPhase.FAILED, RolloutPhase.CANCELLED):
                return status
            await desk.clock.sleep(_LOOK_EVERY)


class Screen:
    """Shows statuses; `changed` may be called as often as something changes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._live: Live | None = None
        self._previous: RolloutStatus | None = None
        self._shown_at = float("-inf")

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
        self._shown_at = self._clock.monotonic()

    def changed(self, look: Callable[[], RolloutStatus]) -> None:
        """Show what `look` returns, a few times a second at most: explaining a thousand clusters costs."""
        if self._clock.monotonic() - self._shown_at >= _AT_MOST_EVERY:
            self.show(look())

    def close(self) -> None:
        """Give the terminal back; showing more is over."""
        if self._live is not None:
            self._live.stop()
            self._live = None
