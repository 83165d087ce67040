"""The fleet-wide stop by the API of one worker: each is told within 5 s, and it can be lifted anywhere."""

from __future__ import annotations

import asyncio
import json
import re
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.workers.fleet import START, Harbour, harbour, until

from seatrial.rollout_runs.stop import FleetStop, KeptForWorkers
from seatrial.store import StateAway, Stop
from seatrial.store.sql import open_store

ORDER = Stop(by="ann", at=datetime(2026, 11, 22, tzinfo=UTC), why="outage")


@pytest.mark.journey
def test_the_api_of_one_worker_stops_all_of_them_within_five_seconds(
    tmp_path: Path, database_url: str
) -> None:
    names = (*(f"test-{number}" for number in range(1, 8)), "prod-1")
    with harbour(tmp_path, database_url, *names) as fleet:
        first = fleet.seatrial("worker", "--folder", "machine-a", "--api", "127.0.0.1:0")
        until(lambda: "API at" in fleet.said(first), first)
        fleet.worker("b")
        start = fleet.seatrial(*START)
        until(lambda: len(begun(fleet)) >= 2, start)
        call = api_of(fleet.said(first), tmp_path / "machine-a")
        said = call("POST", {"by": "ann", "why": "outage"})
        stopped = time.monotonic()
        assert said["stopped"]["why"] == "outage"
        assert set().union(*said["stillRunning"].values()) <= set(names)
        assert not (tmp_path / "machine-a" / "STOP").exists(), "it would hold worker a after a lift elsewhere"
        time.sleep(5 - (time.monotonic() - stopped))
        then = begun(fleet)
        time.sleep(6)
        assert begun(fleet) == then
        assert len(then) < len(names)
        assert fleet.status()["waiting"].startswith("the fleet-wide stop")
        assert call("GET")["stopped"]["by"] == "ann"
        fleet.run("stop", "--lift")
        until(lambda: len(begun(fleet)) > len(then), start)


def test_an_order_that_the_database_does_not_take_holds_the_one_worker(tmp_path: Path) -> None:
    class Away:
        async def stop(self, stop: Stop) -> None:
            raise StateAway("it does not answer.")

    files = FleetStop(tmp_path, None)

    async def story() -> None:
        said = await KeptForWorkers(files, Away()).order(ORDER)  # type: ignore[arg-type]
        assert "holds this worker alone" in said
        assert await files.stopped() == ORDER
        store = open_store(None)
        kept = KeptForWorkers(FleetStop(tmp_path, store), store)
        await kept.lift(by="ann", at=ORDER.at)
        assert await files.stopped() is None
        assert await kept.order(ORDER) == ""
        assert await files.stopped() is None
        assert await store.stopped() == ORDER
        await store.close()

    asyncio.run(story())


def begun(fleet: Harbour) -> set[str]:
    """Clusters on which something was started."""
    return {name for name, found in fleet.operations().items() if found}


def api_of(said: str, folder: Path) -> Any:
    found = re.search(r"API at (http://\S+);", said)
    assert found, said
    token = (folder / "api-token").read_text().strip()

    def call(method: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{found[1]}/v1/stop",
            method=method,
            data=json.dumps(body).encode() if body else None,
            headers={"Authorization": f"Bearer {token}"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    return call
