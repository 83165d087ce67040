"""SQLite as the file of our state: private to its user, durable to the disk, patient with other processes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from seatrial.private_folder import make_private

BUSY_TIMEOUT_MS = 5_000
"""How long a writer waits for another process's transaction; ours last milliseconds."""


def sqlite_engine(path: Path | None) -> Engine:
    """An engine on the file, of mode 0600 (also where it is there already); None keeps it in memory."""
    if path is None:
        engine = create_engine("sqlite://", poolclass=StaticPool)
    else:
        make_private(path.parent)
        _make_private_file(path)
        engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def default_location(environ: Mapping[str, str]) -> Path:
    """`$XDG_STATE_HOME/seatrial/seatrial.db`, by the XDG base directory specification."""
    base = environ.get("XDG_STATE_HOME") or str(Path(environ.get("HOME", "~")).expanduser() / ".local/state")
    return Path(base) / "seatrial" / "seatrial.db"


def _make_private_file(path: Path) -> None:
    """SQLite gives its write-ahead log and shared memory the mode that this file has."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        found = os.fstat(descriptor)
        if found.st_uid == os.getuid() and found.st_mode & 0o077:
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _prepare(connection: Any, record: object) -> None:
    connection.isolation_level = None  # we begin transactions ourselves, see `_begin`
    try:
        for pragma in (
            f"busy_timeout = {BUSY_TIMEOUT_MS}",
            "journal_mode = WAL",
            "synchronous = FULL",  # an intent that is lost after the call it announces would be worthless
            "foreign_keys = ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()
    except BaseException:
        connection.close()  # no pool knows it yet
        raise


def _begin(connection: Connection) -> None:
    # A writer takes its lock at once: a reader that turned writer half way could fail without waiting.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
