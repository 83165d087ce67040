"""The version of the tables: made in an empty database, migrated forward in an older one, refused if newer.

Each migration is the SQL that was right when it was written; it must not follow `tables` when those
change later. All of them run in one transaction, so a database is at one version or at another.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, func, insert, inspect, select, text

from seatrial.errors import BadFormat, NewerFormat
from seatrial.store.checksum import entry_checksum
from seatrial.store.tables import METADATA, SCHEMA, SCHEMA_VERSION

_ONE_AT_A_TIME = 0x5EA781A1  # PostgreSQL's advisory lock that we take to prepare a database


def prepare_schema(db: Connection, where: str) -> None:
    """Bring the database to `SCHEMA_VERSION`; raise `NewerFormat`, or `BadFormat` if it is not ours."""
    if db.dialect.name == "postgresql":
        db.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
    found = _version(db, where)
    if found is None:
        METADATA.create_all(db)
        db.execute(insert(SCHEMA).values(version=SCHEMA_VERSION))
        return
    if found > SCHEMA_VERSION:
        raise NewerFormat("state", found, SCHEMA_VERSION, where=where)
    for version in range(found + 1, SCHEMA_VERSION + 1):
        _MIGRATIONS[version](db)
        db.execute(insert(SCHEMA).values(version=version))


def _version(db: Connection, where: str) -> int | None:
    """None for an empty database."""
    tables = inspect(db).get_table_names()
    if not tables:
        return None
    if SCHEMA.name not in tables:
        raise BadFormat(
            "this database is not Seatrial's.", where=where, next_step="Name another one with --state."
        )
    found: int | None = db.scalar(select(func.max(SCHEMA.c.version)))
    if found is None:
        raise BadFormat("the state is damaged.", where=where, next_step="Restore it from a backup.")
    return found


def _to_2(db: Connection) -> None:
    """Charts travel through the database to workers elsewhere; journal entries get checksums."""
    blob = "BYTEA" if db.dialect.name == "postgresql" else "BLOB"
    db.execute(
        text(f"CREATE TABLE inputs (digest VARCHAR(64) NOT NULL PRIMARY KEY, content {blob} NOT NULL)")
    )
    db.execute(text("ALTER TABLE events ADD COLUMN checksum BIGINT"))
    write = text("UPDATE events SET checksum = :checksum WHERE stream_id = :stream AND seq = :seq")
    rows = db.execute(text("SELECT stream_id, seq, format, event FROM events")).all()
    for stream, seq, format, event in rows:
        db.execute(
            write, {"checksum": entry_checksum(stream, seq, format, event), "stream": stream, "seq": seq}
        )


_MIGRATIONS: dict[int, Callable[[Connection], None]] = {2: _to_2}
