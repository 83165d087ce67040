"""Workers as processes over a real PostgreSQL: killed, stopped and woken, and left without a database."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from tests.workers.fleet import START, UPGRADED_ONCE, harbour, until

pytestmark = pytest.mark.journey


def test_two_workers_carry_a_rollout_out_and_a_killed_one_is_replaced_within_30_seconds(
    tmp_path: Path, database_url: str
) -> None:
    with harbour(tmp_path, database_url, "test-1", "test-2", "prod-1") as fleet:
        first = fleet.worker("a")
        start = fleet.seatrial(*START)
        until(lambda: "cluster spring-" in fleet.said(first) and fleet.operations()["test-1"] != [], start)
        second = fleet.worker("b")
        first.kill()
        first.wait()
        took = until(lambda: "taking over" in fleet.said(second) and "begun." in fleet.said(second))
        assert took < 30
        assert start.wait(timeout=120) == 0, fleet.said(start)
        assert fleet.status()["happening"] == "ended: 3 upgraded"
        assert fleet.operations() == dict.fromkeys(fleet.clusters, UPGRADED_ONCE)
        assert "sea-trial-canary" not in fleet.everything_said()
        second.send_signal(signal.SIGTERM)
        assert second.wait(timeout=20) == 0, fleet.said(second)
