"""Where a driving process may be killed by itself: around each write of its journals.

A point's label says cluster, step and which of the five it is, such as
"eks/control-plane/after the intent". What the outside world sees, an accepted start or a write of Helm,
is killed from there: see `world`.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.reliability.processes import kill

from seatrial.store import NewStream, Store, Stream, StreamKind

BEFORE_INTENT = "before the intent"
AFTER_INTENT = "after the intent"
ACCEPTED = "after acceptance"
STORED = "what is known stored"
BEFORE_RESULT = "before the result"
EACH = "each"


class Points:
    """Passes points, and dies at the one that it was told, or at each that no life before has passed."""

    def __init__(self, folder: Path, at: str, *, machine: bool) -> None:
        self._at, self._machine = at, machine
        log = folder / "points"
        self._passed = set(log.read_text().splitlines()) if at == EACH and log.exists() else set()
        self._counts: Counter[str] = Counter()
        self._log = log.open("a")
        self._first_action = folder / "first-actions"
        self._began = time.monotonic()
        self._acted = False

    def pass_by(self, label: str) -> None:
        self._counts[label] += 1
        if self._counts[label] > 1:
            label = f"{label} #{self._counts[label]}"
        self._log.write(label + "\n")
        self._log.flush()
        if label == self._at or (self._at == EACH and label not in self._passed):
            kill(os.getpid(), with_children=self._machine)
            time.sleep(60)  # the signal comes

    def acted(self) -> None:
        """The first write of this life."""
        if not self._acted:
            self._acted = True
            with self._first_action.open("a") as out:
                out.write(f"{time.monotonic() - self._began:.4f}\n")


def mortal(store: Store, points: Points) -> Store:
    """The store, with a point before and after what is journaled."""
    return _Mortal(store, points)  # what it does not define is passed on


class _Mortal:
    def __init__(self, store: Store, points: Points) -> None:
        self._store, self._points = store, points
        self._subjects: dict[str, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def create(self, stream: NewStream, *, newest: str | None = None) -> Stream:
        who = "rollout" if stream.kind is StreamKind.ROLLOUT else stream.subject
        self._points.pass_by(f"{who}/{stream.kind}/before it is created")
        created = await self._store.create(stream, newest=newest)
        self._points.acted()
        self._points.pass_by(f"{who}/{stream.kind}/after it is created")
        return created

    async def append(self, stream_id: str, fence: int, events: Sequence[bytes], **rest: Any) -> int:
        who = await self._who(stream_id)
        said = [json.loads(event) for event in events]
        for event in said:
            self._each(self._points.pass_by, who, event, before=True)
        seq = await self._store.append(stream_id, fence, events, **rest)
        self._points.acted()
        for event in said:
            self._each(self._points.pass_by, who, event, before=False)
        return seq

    async def _who(self, stream_id: str) -> str:
        if stream_id not in self._subjects:
            stream = await self._store.stream(stream_id)
            self._subjects[stream_id] = "rollout" if stream.kind is StreamKind.ROLLOUT else stream.subject
        return self._subjects[stream_id]

    @staticmethod
    def _each(pass_by: Callable[[str], None], who: str, event: dict[str, Any], *, before: bool) -> None:
        kind, step = event["event"], event.get("step", "")
        if who == "rollout" or not step:
            about = event.get("cluster") or event.get("stage") or ""
            pass_by(f"{who}/{kind} {about}/{'before' if before else 'after'} it is journaled")
        elif kind == "StepIntended":
            pass_by(f"{who}/{step}/{BEFORE_INTENT if before else AFTER_INTENT}")
        elif kind == "OperationStarted" and not before:
            pass_by(f"{who}/{step}/{STORED}: operation")
        elif kind == "StepNoted" and not before and event["key"] != "progress":
            pass_by(f"{who}/{step}/{STORED}: {event['key']}")
        elif kind == "StepFinished":
            pass_by(f"{who}/{step}/{BEFORE_RESULT}" if before else f"{who}/{step}/after the result")
