"""What a database says when it cannot go on, in words that help."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError

from seatrial.errors import BadFormat, SeatrialError, TemporaryError
from seatrial.store.protocol import StateAway, StateUnusable


@contextmanager
def database_errors_named(where: str) -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise  # the caller knows what it means
    except DBAPIError as error:
        raise _named(str(error.orig), where) from error
    except sqlite3.Error as error:
        raise _named(str(error), where) from error
    except OSError as error:
        raise StateUnusable(
            f"the state file cannot be used: {error.strerror or error}.",
            where=where,
            next_step="Check the folder's permissions, or name another folder with --state.",
        ) from error


def is_there_already(error: IntegrityError) -> bool:
    """Whether a row of that key exists; other broken constraints are mistakes of ours."""
    if isinstance(error.orig, sqlite3.Error):
        return error.orig.sqlite_errorcode in _TAKEN
    return getattr(error.orig, "sqlstate", None) == "23505"


_TAKEN = (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)


def _named(said: str, where: str) -> SeatrialError:
    text = said.lower()
    if "disk is full" in text or "disk i/o" in text:
        return StateUnusable(
            "the disk is full or fails, so nothing more can be recorded.",
            where=where,
            next_step="Free some space and run the same command again; it goes on where it was.",
        )
    if "readonly" in text or "read-only" in text:
        return StateUnusable(
            "the state file is read-only.",
            where=where,
            next_step="Make it writable for this user, or name another folder with --state.",
        )
    if "locked" in text or "busy" in text:
        return StateAway(
            "another process keeps the state file locked.",
            where=where,
            next_step="Wait for it, or find it with `fuser`; then run the same command again.",
        )
    if "malformed" in text or "not a database" in text or "corrupt" in text:
        return BadFormat(
            "the state file is damaged.",
            where=where,
            next_step="Restore it from a backup; nothing was changed in the cluster.",
        )
    if "unable to open" in text:
        return StateUnusable(
            "the state file cannot be opened.",
            where=where,
            next_step="Check the folder's permissions, or name another folder with --state.",
        )
    if "no such column" in text or "no such table" in text:
        return BadFormat(
            "this database is not Seatrial's, or is damaged.",
            where=where,
            next_step="Name another folder with --state.",
        )
    return TemporaryError(
        f"the database does not answer as it should ({said}).",
        where=where,
        next_step="Run the same command again; it goes on where it was.",
    )
