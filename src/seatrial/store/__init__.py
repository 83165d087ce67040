"""Durable state: plans, the append-only journals of runs and rollouts, approvals and the fleet-wide stop.

Import `open_store` from `seatrial.store.sql`, or `open_postgres` from `seatrial.store.postgres`, where a
database is opened: they load SQLAlchemy.
"""

from seatrial.store.protocol import (
    STATE_FAILURES,
    Approval,
    Entry,
    Fenced,
    NewStream,
    OutOfDate,
    StateAway,
    StateUnusable,
    Stop,
    Store,
    Stream,
    StreamKind,
)

__all__ = [
    "STATE_FAILURES",
    "Approval",
    "Entry",
    "Fenced",
    "NewStream",
    "OutOfDate",
    "StateAway",
    "StateUnusable",
    "Stop",
    "Store",
    "Stream",
    "StreamKind",
]
