"""Predictions are kept beside journals, in any database, and found again by the content of the plan."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.accuracy.builders import an_upgrade, predicted
from tests.cluster_runs.serve_one import TO
from tests.plan.builders import T0

from seatrial.cli.main import run
from seatrial.store import Store
from seatrial.store.location import PostgresAddress, read_location
from seatrial.store.memory import MemoryStore
from seatrial.store.sql import open_store
from seatrial.wiring.scoring import keep_prediction, predictions_in

ROOT = Path(__file__).resolve().parents[2]


async def _open(where: str, request: pytest.FixtureRequest, folder: Path) -> Store:
    match where:
        case "memory":
            return MemoryStore()
        case "sqlite":
            return open_store(folder / "seatrial.db")
        case _:
            from seatrial.store.postgres import open_postgres

            url = request.getfixturevalue("database_url")
            address = read_location(url, {"SEATRIAL_STATE": url})
            assert isinstance(address, PostgresAddress)
            return await open_postgres(address)


@pytest.mark.parametrize("where", ["memory", "sqlite", "postgres"])
async def test_a_prediction_is_kept_once_and_found_again(
    where: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    store = await _open(where, request, tmp_path)
    first = predicted(an_upgrade())
    later = predicted(an_upgrade(), at=T0 + timedelta(days=3))
    for each in (first, first, later):
        await keep_prediction(store, each)
    assert await predictions_in(store) == (first, later)
    assert await predictions_in(store, since=T0 + timedelta(days=1)) == (later,)
    await store.close()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Path]:
    """A folder with a kubeconfig for a served simulated cluster."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.cluster_runs.serve_one", str(tmp_path), "eks", "300"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    assert server.stdout.readline().strip() == "ready"
    try:
        yield tmp_path
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.mark.journey
def test_what_is_rehearsed_planned_and_applied_is_compared(
    cluster: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(cluster / "kubeconfig"))
    monkeypatch.setenv("SEATRIAL_STATE", str(cluster / "state"))
    plan = str(cluster / "plan.json")
    assert run(["rehearse", "--to", str(TO)]) in (0, 3)
    assert run(["accuracy"]) == 0
    assert "1 prediction waits for its upgrade." in capsys.readouterr().out
    assert run(["plan", "--to", str(TO), "-o", plan]) == 0
    assert run(["apply", plan, "--yes"]) == 0
    capsys.readouterr()
    assert run(["accuracy"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("1 upgrade rehearsed and carried out\n")
    assert "UpgradeNodeGroup" in out
