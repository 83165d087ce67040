from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from tests.rollout.builders import START

from seatrial.rollout_runs.stop import FleetStop
from seatrial.store import Stop
from seatrial.store.memory import MemoryStore

ORDER = Stop(by="ann", at=START, why="outage at the provider")


def test_the_file_alone_stops_without_any_database(tmp_path: Path) -> None:
    stop = FleetStop(tmp_path, None)
    stop.write_file(ORDER)
    assert asyncio.run(FleetStop(tmp_path, None).stopped()) == ORDER
    assert (tmp_path / "STOP").stat().st_mode & 0o777 == 0o600
    stop.remove_file()
    stop.remove_file()
    assert asyncio.run(stop.stopped()) is None


def test_the_row_alone_stops_too(tmp_path: Path) -> None:
    store = MemoryStore()
    asyncio.run(store.stop(ORDER))
    assert asyncio.run(FleetStop(tmp_path, store).stopped()) == ORDER


def test_an_empty_file_made_by_touch_stops(tmp_path: Path) -> None:
    (tmp_path / "STOP").touch()
    found = asyncio.run(FleetStop(tmp_path, None).stopped())
    assert found == Stop(by="unknown", at=datetime(1970, 1, 1, tzinfo=UTC), why=f"{tmp_path / 'STOP'} exists")


def test_a_file_that_cannot_be_read_stops(tmp_path: Path) -> None:
    (tmp_path / "STOP").mkdir()
    found = asyncio.run(FleetStop(tmp_path, None).stopped())
    assert found is not None
    assert found.why == f"{tmp_path / 'STOP'}: Is a directory"


def test_words_that_somebody_wrote_by_hand_are_the_reason(tmp_path: Path) -> None:
    (tmp_path / "STOP").write_text("ask Eva first\n")
    found = asyncio.run(FleetStop(tmp_path, None).stopped())
    assert found is not None
    assert found.why == "ask Eva first"
