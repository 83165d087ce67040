"""Counts how often Helm was really called, by listening to the log of the one place that starts it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import seatrial.charts.helm_process as caller


class HelmCalls(logging.Handler):
    """`by_verb` counts; usable from several threads, as log handlers are."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.by_verb: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        words = record.getMessage().split()
        if words[:1] == ["helm"]:
            self.by_verb[words[1]] += 1


@contextmanager
def counting() -> Iterator[HelmCalls]:
    log = logging.getLogger(caller.__name__)
    calls, before = HelmCalls(), (log.level, log.propagate)
    log.addHandler(calls)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield calls
    finally:
        log.removeHandler(calls)
        log.setLevel(before[0])
        log.propagate = before[1]
