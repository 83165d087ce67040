"""Durable state: plans, the append-only journals of runs and rollouts, approvals and the fleet-wide stop.

Import `open_store` from `seatrial.store.sql` where a database is opened: it loads SQLAlchemy.
"""

from seatrial.store.protocol import (
    Approval,
    Entry,
    Fenced,
    NewStream,
    OutOfDate,
    Stop,
    Store,
    Stream,
    StreamKind,
)

__all__ = [
    "Approval",
    "Entry",
    "Fenced",
    "NewStream",
    "OutOfDate",
    "Stop",
    "Store",
    "Stream",
    "StreamKind",
]
