"""One line on a terminal that says which step a rehearsal is at; nothing where nobody watches."""

from __future__ import annotations

import os
import shutil
import sys

from seatrial.plan import Event, Plan, StepIntended


class RehearsalProgress:
    def __init__(self, plan: Plan) -> None:
        self._titles = {step.id: step.title for step in plan.steps}
        self._places = {step.id: number for number, step in enumerate(plan.steps, start=1)}
        self._shown = sys.stderr.isatty() and not os.environ.get("CI")

    def __enter__(self) -> RehearsalProgress:
        self._say("making the twin")
        return self

    def told(self, event: Event) -> None:
        if isinstance(event, StepIntended):
            place = f"{self._places[event.step]} of {len(self._titles)}"
            self._say(f"{event.at:%H:%M} simulated, step {place}: {self._titles[event.step]}")

    def __exit__(self, *_: object) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()

    def _say(self, text: str) -> None:
        if self._shown:
            room = shutil.get_terminal_size().columns - 1
            sys.stderr.write("\r\x1b[2K" + f"Rehearsing: {text}"[:room])
            sys.stderr.flush()
