"""The state file itself: who may read it, and what is said when it cannot be used."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from seatrial.errors import BadFormat, Conflict, NewerFormat, PermanentError, SeatrialError, TemporaryError
from seatrial.store import NewStream, StreamKind
from seatrial.store.failures import database_errors_named
from seatrial.store.sql import open_store
from seatrial.store.sqlite_file import default_location

T0 = datetime(2026, 3, 1, tzinfo=UTC)
RUN = NewStream(id="run-1", kind=StreamKind.CLUSTER_RUN, created_at=T0)


async def test_the_file_and_its_companions_are_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "state.db"
    store = open_store(path)
    await store.create(RUN)
    assert {file.name: oct(file.stat().st_mode & 0o777) for file in path.parent.iterdir()} == {
        "state.db": "0o600",
        "state.db-wal": "0o600",
        "state.db-shm": "0o600",
    }
    await store.close()


async def test_state_outlives_the_process(tmp_path: Path) -> None:
    first = open_store(tmp_path / "state.db")
    await first.create(RUN)
    fence = await first.claim("run-1", "a")
    await first.append("run-1", fence, [b"a"], expected_seq=0, format=1)
    second = open_store(tmp_path / "state.db")  # while the first still has it open
    assert [entry.event for entry in await second.events("run-1")] == [b"a"]
    await first.close()
    await second.close()


async def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    await open_store(path).close()
    with sqlite3.connect(path) as db:
        db.execute("insert into seatrial_schema values (99)")
    with pytest.raises(NewerFormat, match="format 99"):
        open_store(path)


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as db:
        db.execute("create table theirs (x)")
    with pytest.raises(BadFormat, match="not Seatrial's"):
        open_store(path)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_text("no database at all, but long enough to look at" * 40)
    with pytest.raises(BadFormat, match="damaged"):
        open_store(path)


@pytest.mark.parametrize("content", [b"no database" * 400, b""], ids=["no database", "another's"])
def test_a_file_that_cannot_be_used_is_closed_at_once(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(content)
    if not content:
        with sqlite3.connect(path) as db:
            db.execute("create table theirs (x)")
        db.close()
    with pytest.raises(BadFormat) as refused:
        open_store(path)
    assert refused.value.next_step.startswith(("Restore", "Name another"))
    assert [file for file in _open_files() if file.startswith(str(path))] == []


def _open_files() -> list[str]:
    found = []
    for link in Path("/proc/self/fd").glob("*"):
        with suppress(OSError):  # that of the listing itself
            found.append(str(link.readlink()))
    return found


async def test_only_a_name_that_is_taken_is_told_as_such(tmp_path: Path) -> None:
    store = open_store(tmp_path / "state.db")
    await store.create(RUN)
    with pytest.raises(Conflict, match="exists already"):
        await store.create(RUN)
    await store.save_plan("a" * 64, b"{}")
    await store.save_plan("a" * 64, b"{}")
    with pytest.raises(IntegrityError, match="NOT NULL"):
        await store.create(replace(RUN, id="run-2", subject=None))  # type: ignore[arg-type]
    await store.close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PermanentError, match="cannot be used"):
        open_store(tmp_path / "file" / "state.db")


async def test_a_locked_file_is_a_temporary_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seatrial.store.sqlite_file.BUSY_TIMEOUT_MS", 10)
    path = tmp_path / "state.db"
    store = open_store(path)
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("begin immediate")
    with pytest.raises(TemporaryError, match="locked"):
        await store.create(RUN)
    blocker.rollback()
    blocker.close()
    assert (await store.create(RUN)).id == "run-1"
    await store.close()


async def test_a_full_disk_is_told_and_nothing_is_half_written(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    store = open_store(path)
    await store.create(RUN)
    fence = await store.claim("run-1", "a")
    with store.database.engine.connect() as db:  # SQLite's own way to have a disk of few pages
        db.exec_driver_sql(f"PRAGMA max_page_count = {db.exec_driver_sql('PRAGMA page_count').scalar()}")
    with pytest.raises(PermanentError, match="disk is full"):
        await store.append("run-1", fence, [b"x" * 100_000], expected_seq=0, format=1)
    assert await store.events("run-1") == ()
    assert (await store.stream("run-1")).last_seq == 0
    await store.close()


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("attempt to write a readonly database", PermanentError),
        ("database or disk is full", PermanentError),
        ("disk I/O error", PermanentError),
        ("database is locked", TemporaryError),
        ("database disk image is malformed", BadFormat),
        ("something else", TemporaryError),
    ],
)
def test_what_sqlite_says_becomes_one_of_our_errors(said: str, kind: type[SeatrialError]) -> None:
    with pytest.raises(kind) as caught, database_errors_named("state.db"):
        raise sqlite3.OperationalError(said)
    assert caught.value.next_step


def test_the_default_place_follows_xdg() -> None:
    assert default_location({"XDG_STATE_HOME": "/s"}) == Path("/s/seatrial/seatrial.db")
    assert default_location({"HOME": "/h"}) == Path("/h/.local/state/seatrial/seatrial.db")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.touch(mode=0o400)
    with pytest.raises(PermanentError):
        open_store(path)
