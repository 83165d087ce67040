"""Workers as processes over a real PostgreSQL: killed, stopped and woken, and left without a database."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.postgres import PostgresServer
from tests.workers.fleet import START, UPGRADED_ONCE, Harbour, harbour, until

from seatrial.workers.worker import TAKEN_OVER_WITHIN

pytestmark = pytest.mark.journey


def begin(fleet: Harbour) -> tuple[subprocess.Popen[str], subprocess.Popen[str]]:
    """A worker in the middle of an upgrade, and the command that follows the rollout."""
    first = fleet.worker("a")
    start = fleet.seatrial(*START)
    until(lambda: "cluster spring-" in fleet.said(first) and fleet.operations()["test-1"] != [], start)
    return first, start


def test_a_killed_workers_clusters_go_on_elsewhere_within_30_seconds(
    tmp_path: Path, database_url: str
) -> None:
    with harbour(tmp_path, database_url, "test-1", "prod-1") as fleet:
        first, start = begin(fleet)
        second = fleet.worker("b")
        first.kill()
        first.wait()
        took = until(lambda: "cluster spring-" in fleet.said(second) and "begun." in fleet.said(second))
        assert took < TAKEN_OVER_WITHIN
        assert start.wait(timeout=120) == 0, fleet.said(start)
        assert fleet.status()["happening"] == "ended: 2 upgraded"
        assert fleet.operations() == dict.fromkeys(fleet.clusters, UPGRADED_ONCE)
        assert "sea-trial-canary" not in fleet.everything_said()
        second.send_signal(signal.SIGTERM)
        assert second.wait(timeout=20) == 0, fleet.said(second)


@pytest.mark.slow
def test_a_stopped_worker_that_wakes_up_writes_nothing_and_says_so(tmp_path: Path, database_url: str) -> None:
    with harbour(tmp_path, database_url, "test-1", "test-2", "prod-1") as fleet:
        first, start = begin(fleet)
        second = fleet.worker("b")
        first.send_signal(signal.SIGSTOP)
        until(lambda: "begun." in fleet.said(second), within=TAKEN_OVER_WITHIN)
        assert start.wait(timeout=120) == 0, fleet.said(start)
        first.send_signal(signal.SIGCONT)
        until(lambda: "lets go" in fleet.said(first) or "let go" in fleet.said(first), first)
        assert fleet.status()["happening"] == "ended: 3 upgraded"
        assert fleet.operations() == dict.fromkeys(fleet.clusters, UPGRADED_ONCE)
        first.send_signal(signal.SIGTERM)
        assert first.wait(timeout=20) == 0, fleet.said(first)


@pytest.mark.slow
def test_workers_wait_out_a_database_that_is_away_and_nothing_is_lost(
    tmp_path: Path, database_url: str, postgres_server: PostgresServer
) -> None:
    with harbour(tmp_path, database_url, "test-1", "test-2", "prod-1") as fleet:
        first, start = begin(fleet)
        second = fleet.worker("b")
        postgres_server.stop()
        try:
            until(lambda: "Waiting for it; nothing is lost." in fleet.said(first), first)
            until(lambda: "Waiting for it; nothing is lost." in fleet.said(second), second)
            time.sleep(65)
        finally:
            postgres_server.start()
        assert start.wait(timeout=120) == 0, fleet.said(start)
        assert "still away after" in fleet.said(first)
        assert fleet.said(first).count("The database answers again after") == 1
        assert "taking over" not in fleet.everything_said()
        assert fleet.status()["happening"] == "ended: 3 upgraded"
        assert fleet.operations() == dict.fromkeys(fleet.clusters, UPGRADED_ONCE)


@pytest.mark.slow
def test_all_workers_killed_at_once_are_replaced_by_one_that_starts_later(
    tmp_path: Path, database_url: str
) -> None:
    with harbour(tmp_path, database_url, "test-1", "test-2", "prod-1") as fleet:
        first, start = begin(fleet)
        second = fleet.worker("b")
        for process in (first, second, start):
            process.kill()
            process.wait()
        fleet.worker("c")
        assert fleet.seatrial(*START).wait(timeout=120) == 0, fleet.everything_said()
        assert fleet.operations() == dict.fromkeys(fleet.clusters, UPGRADED_ONCE)
