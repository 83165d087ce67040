"""What can befall the state file: a clear statement, nothing lost, nothing done twice."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from seatrial.clock import SimulatedClock, WallClock
from seatrial.errors import BadFormat
from seatrial.store import (
    Entry,
    Fenced,
    NewStream,
    OutOfDate,
    StateAway,
    StateUnusable,
    Stop,
    StreamKind,
)
from seatrial.store.memory import MemoryStore
from seatrial.store.patient import Outage, PatientStore
from seatrial.store.sql import SqlStore, open_store

T0 = datetime(2026, 3, 1, tzinfo=UTC)
RUN = NewStream(id="run-1", kind=StreamKind.CLUSTER_RUN, created_at=T0)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
async def filled(tmp_path: Path) -> SqlStore:
    store = open_store(tmp_path / "state.db")
    await store.create(RUN)
    fence = await store.claim("run-1", "a")
    await store.append("run-1", fence, [b"a", b"b", b"c"], expected_seq=0, format=1)
    return store


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE events SET event = X'7b' WHERE seq = 2", "entry 2 is damaged"),
        ("UPDATE events SET event = 'text' WHERE seq = 2", "entry 2 is damaged"),
        ("UPDATE events SET format = 7 WHERE seq = 2", "entry 2 is damaged"),
        ("DELETE FROM events WHERE seq = 2", "entry 2 is missing"),
        ("UPDATE events SET seq = 9 WHERE seq = 3", "entry 3 is missing"),
        ("DELETE FROM events", "entry 1 is missing"),
    ],
)
async def test_a_corrupt_journal_row_is_named_and_nothing_is_read_past_it(
    filled: SqlStore, tmp_path: Path, damage: str, said: str
) -> None:
    with sqlite3.connect(tmp_path / "state.db") as db:
        db.execute(damage)
    with pytest.raises(BadFormat, match=f"run-1: journal {said}") as caught:
        await filled.events("run-1")
    assert caught.value.next_step.startswith("Restore the state from a backup")
    await filled.close()


async def test_a_lost_last_entry_stops_the_writer_instead_of_letting_it_spin(
    filled: SqlStore, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "state.db") as db:
        db.execute("DELETE FROM events WHERE seq = 3")
    with pytest.raises(OutOfDate):
        await filled.append("run-1", 1, [b"x"], expected_seq=2, format=1)
    with pytest.raises(BadFormat, match="entry 3 is missing"):
        await filled.events("run-1", after=2)
    await filled.close()


async def test_the_order_of_a_journal_is_that_of_writing_whatever_the_clock_says(tmp_path: Path) -> None:
    store = open_store(tmp_path / "state.db")
    for number, hours in enumerate((0, -48, 24, -1)):  # set by hand, then by NTP, then daylight saving
        at = T0 + timedelta(hours=hours)
        await store.create(NewStream(id=f"run-{number}", kind=StreamKind.CLUSTER_RUN, created_at=at))
        await store.request("run-0", b'{"at":%d}' % hours, format=1)
    assert [run.id for run in await store.streams()] == ["run-0", "run-1", "run-2", "run-3"]
    assert [entry.event for entry in await store.events("run-0")] == [
        b'{"at":0}', b'{"at":-48}', b'{"at":24}', b'{"at":-1}',
    ]  # fmt: skip
    await store.stop(Stop("ann", T0, "first"))
    await store.lift_stop(by="ann", at=T0 - timedelta(days=1))
    await store.stop(Stop("bob", T0 - timedelta(days=2), "second"))
    assert await store.stopped() == Stop("bob", T0 - timedelta(days=2), "second")
    await store.close()


_CLAIMER = """
import asyncio, sys
from pathlib import Path
from seatrial.store import Fenced, OutOfDate
from seatrial.store.sql import open_store

async def main():
    store, me, written = open_store(Path(sys.argv[1])), sys.argv[2], 0
    while True:
        try:
            fence = await store.claim("run-1", me)
            for _ in range(3):
                seq = (await store.stream("run-1")).last_seq
                if seq >= 60:
                    print(written); return
                event = f"{me} {seq + 1} {fence}".encode()
                await store.append("run-1", fence, [event], expected_seq=seq, format=1)
                written += 1
        except (Fenced, OutOfDate):
            pass

asyncio.run(main())
"""


async def test_processes_that_share_one_file_exclude_each_other_by_their_claims(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    store = open_store(path)
    await store.create(RUN)
    processes = [
        subprocess.Popen([sys.executable, "-c", _CLAIMER, str(path), name], stdout=subprocess.PIPE, text=True)
        for name in ("a", "b", "c")
    ]
    written = [int(process.communicate(timeout=60)[0]) for process in processes]
    entries = [entry.event.decode().split() for entry in await store.events("run-1")]
    assert sum(written) == len(entries) >= 60
    assert [int(seq) for _, seq, _ in entries] == list(range(1, len(entries) + 1))
    fences = [int(fence) for _, _, fence in entries]
    assert fences == sorted(fences), "once a newer claim wrote, an older one never does"
    await store.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user to try it")
def test_a_read_only_file_is_told_and_still_read(tmp_path: Path) -> None:
    """Root may write anywhere, so the child becomes nobody first."""
    (tmp_path / "state").mkdir()
    path = tmp_path / "state" / "state.db"

    async def prepare() -> None:
        store = open_store(path)
        await store.create(RUN)
        await store.close()

    asyncio.run(prepare())
    path.chmod(0o444)
    for folder in (path.parent, *list(path.parents)[1:4]):
        folder.chmod(0o755)
    program = (
        "import os, sys; from pathlib import Path; import seatrial.store.sql as s\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "try: s.open_store(Path(sys.argv[1]))\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    found = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert found.stdout.startswith("StateUnusable")
    assert "--state" in found.stdout


async def test_a_full_disk_says_so_and_after_it_the_same_append_works(tmp_path: Path) -> None:
    store = open_store(tmp_path / "state.db")
    await store.create(RUN)
    fence = await store.claim("run-1", "a")
    database = store.database
    with database.engine.connect() as db:  # type: ignore[attr-defined]
        pages = db.exec_driver_sql("PRAGMA page_count").scalar()
        db.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    big = [b"x" * 100_000]
    with pytest.raises(StateUnusable, match="disk is full") as caught:
        await store.append("run-1", fence, big, expected_seq=0, format=1)
    assert "goes on where it was" in caught.value.next_step
    with database.engine.connect() as db:  # type: ignore[attr-defined]
        db.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert await store.append("run-1", fence, big, expected_seq=0, format=1) == 1
    assert [len(entry.event) for entry in await store.events("run-1")] == [100_000]
    await store.close()


async def test_a_locked_file_is_waited_for_and_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seatrial.store.sqlite_file.BUSY_TIMEOUT_MS", 10)
    said: list[str] = []
    clock = WallClock()
    store = open_store(tmp_path / "state.db")
    patient = PatientStore(store, clock, Outage(clock, said.append))
    blocker = sqlite3.connect(tmp_path / "state.db", isolation_level=None)
    blocker.execute("begin immediate")
    waiting = asyncio.create_task(patient.create(RUN))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    blocker.rollback()
    blocker.close()
    assert (await waiting).id == "run-1"
    assert [line.split(": ")[-1] for line in said[:1]] == [
        "another process keeps the state file locked. Waiting for it; nothing is lost."
    ]
    assert said[1].startswith("The database answers again")
    await store.close()


class Flaky(MemoryStore):
    """Carries out what it is asked, then loses the receipt: the worst moment for a connection to break."""

    def __init__(self) -> None:
        super().__init__()
        self.losing = 1

    def _lose(self) -> None:
        if self.losing:
            self.losing -= 1
            raise StateAway("the connection broke.", where="the test")

    async def create(self, stream: NewStream, **named):  # type: ignore[no-untyped-def]
        created = await super().create(stream, **named)
        self._lose()
        return created

    async def append(self, stream_id: str, fence: int, events: Sequence[bytes], **named):  # type: ignore[no-untyped-def]
        last = await super().append(stream_id, fence, events, **named)
        self._lose()
        return last

    async def request(self, stream_id: str, event: bytes, *, format: int) -> int:
        last = await super().request(stream_id, event, format=format)
        self._lose()
        return last


def test_nothing_is_written_twice_when_a_receipt_is_lost() -> None:
    clock, flaky = SimulatedClock(T0), Flaky()
    store = PatientStore(flaky, clock, Outage(clock, lambda said: None))

    async def main() -> None:
        assert (await store.create(RUN)).id == "run-1"
        fence = await store.claim("run-1", "a")
        for losses, event in enumerate((b"a", b"b", b"c")):
            flaky.losing = losses
            assert await store.append("run-1", fence, [event], expected_seq=losses, format=1) == losses + 1
        flaky.losing = 1
        assert await store.request("run-1", b"pause", format=1) == 4
        assert await store.events("run-1") == tuple(
            Entry(seq, 1, event) for seq, event in enumerate((b"a", b"b", b"c", b"pause"), start=1)
        )
        flaky.losing = 1
        await flaky.claim("run-1", "b")
        with pytest.raises(Fenced):  # waiting does not outlast somebody else's claim
            await store.append("run-1", fence, [b"x"], expected_seq=4, format=1)

    clock.run(main())


def test_an_outage_of_an_hour_is_said_once_a_minute() -> None:
    clock, said = SimulatedClock(T0), []
    outage = Outage(clock, said.append)

    class Away(MemoryStore):
        async def stopped(self) -> Stop | None:
            if clock.now() < T0 + timedelta(hours=1):
                raise StateAway("it cannot be reached.", where="db")
            return None

    async def main() -> None:
        assert await PatientStore(Away(), clock, outage).stopped() is None

    clock.run(main())
    assert 55 <= len(said) <= 62
    assert said[0] == "db: it cannot be reached. Waiting for it; nothing is lost."
    assert said[-1].startswith("The database answers again after 36")
