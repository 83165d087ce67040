"""Durable state: plans, the append-only journals of runs and rollouts, and the fleet-wide stop.

Import `open_store` from `seatrial.store.sql`, or `open_postgres` from `seatrial.store.postgres`, where a
database is opened: they load SQLAlchemy.
"""

from seatrial.store.protocol import (
    STATE_FAILURES,
    Entry,
    Fenced,
    NewStream,
    OutOfDate,
    Overtaken,
    StateAway,
    StateUnusable,
    Stop,
    Store,
    Stream,
    StreamKind,
)

__all__ = [
    "STATE_FAILURES",
    "Entry",
    "Fenced",
    "NewStream",
    "OutOfDate",
    "Overtaken",
    "StateAway",
    "StateUnusable",
    "Stop",
    "Store",
    "Stream",
    "StreamKind",
]
