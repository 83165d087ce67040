"""Whether a request is sent again, and after how long: a decision, without I/O.

A request that changes something is repeated only when the server surely did not process it: it was
never sent, or it was answered 429 (the API server's fairness filter refuses before it acts).
Requests that only read are repeated after lost connections and server errors too.
"""

from __future__ import annotations

import random
from enum import Enum

_MOST = {"busy": 10, "unsent": 3, "lost": 4, "failed": 4, "slow": 2}
_LONGEST_WAIT = 30.0  # a server that asks for more is reported, with the time it asked for
_FIRST, _CAP = 0.2, 5.0


class Lost(Enum):
    """How a request ended without an answer."""

    UNSENT = "no connection"
    CUT = "the connection was cut"
    SLOW = "no answer in time"


def retry_delay(
    outcome: int | Lost, *, attempt: int, reads_only: bool, retry_after: float | None, rng: random.Random
) -> float | None:
    """Seconds to wait before attempt number `attempt` + 1 (the first is 1); None: report the outcome."""
    match outcome:
        case 429:
            kind = "busy"
        case Lost.UNSENT:
            kind = "unsent"
        case _ if not reads_only:
            return None
        case Lost.CUT:
            kind = "lost"
        case Lost.SLOW:
            kind = "slow"
        case 500 | 502 | 503 | 504:
            kind = "failed"
        case _:
            return None
    if attempt >= _MOST[kind]:
        return None
    if retry_after is not None:
        return retry_after + rng.uniform(0, 0.1) if retry_after <= _LONGEST_WAIT else None
    return min(_CAP, _FIRST * 2.0 ** (attempt - 1)) * rng.uniform(0.5, 1.0)
