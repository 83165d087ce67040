"""The tables, in SQL that SQLite and PostgreSQL share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
)

SCHEMA_VERSION = 2
"""Raise it with a migration in `schema`, and a test on a filled database of the version before."""
METADATA = MetaData()


class Moment(TypeDecorator[datetime]):
    """A time in UTC as ISO 8601 text: it sorts, and both databases keep it to the microsecond."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


SCHEMA = Table("seatrial_schema", METADATA, Column("version", Integer, primary_key=True))

PLANS = Table(
    "plans",
    METADATA,
    Column("digest", String(64), primary_key=True),
    Column("document", LargeBinary, nullable=False),
)

INPUTS = Table(  # since 2: charts, for workers on other machines
    "inputs",
    METADATA,
    Column("digest", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

STREAMS = Table(
    "streams",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),  # order of creation
    Column("id", String(200), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("subject", String(200), nullable=False),
    Column("parent", String(200), nullable=False),
    Column("plan_digest", String(64), nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("worker", String(200), nullable=False),
    Column("state", String(40), nullable=False),
    Column("last_seq", Integer, nullable=False),
    Index("streams_by_parent", "parent"),
    Index("streams_by_subject", "subject"),
    Index("streams_by_plan", "plan_digest"),
)

EVENTS = Table(
    "events",
    METADATA,
    Column("stream_id", String(200), ForeignKey("streams.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("format", Integer, nullable=False),
    Column("event", LargeBinary, nullable=False),
    Column("checksum", BigInteger, nullable=True),  # since 2
)

# nothing writes it any more: approvals are events of a journal. It stays for states that have it.
APPROVALS = Table(
    "approvals",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("subject", String(200), nullable=False, index=True),
    Column("digest", String(64), nullable=False),
    Column("by", String(200), nullable=False),
    Column("at", Moment, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("expires_at", Moment, nullable=True),
)

STOPS = Table(
    "stops",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("by", String(200), nullable=False),
    Column("at", Moment, nullable=False),
    Column("why", String(2000), nullable=False),
    Column("lifted_by", String(200), nullable=True),
    Column("lifted_at", Moment, nullable=True),
)
