"""`rollout start` as a process, against simulated clusters in another, killed in the middle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.journey

FLEET = """\
name: shop
clusters:
  - {name: test-eu, provider: {kind: simulated}, version: 1.33, tier: test}
  - {name: prod-eu, provider: {kind: simulated}, version: 1.33, tier: production}
  - {name: prod-gone, provider: {kind: simulated}, version: 1.33, tier: production}
releases:
  - {name: spring, kubernetes: "1.34"}
strategies:
  - name: careful
    stages:
      - {name: test, selector: {tier: test}, soak: 1s}
      - {name: production, selector: {tier: production}, maxConcurrent: 2, maxFailures: 1}
"""
START = ["rollout", "start", "--fleet", "fleet.yaml", "--release", "spring", "--strategy", "careful", "--yes"]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A fleet file and a kubeconfig for two of its three clusters, which are served meanwhile."""
    (tmp_path / "fleet.yaml").write_text(FLEET)
    clusters = ["--cluster", "test-eu=1.33", "--cluster", "prod-eu=1.33"]
    serve = ["simulator", "serve", *clusters, "--kubeconfig-out", "kubeconfig", "--speed", "300"]
    server = seatrial(tmp_path, serve)
    try:
        until(lambda: (tmp_path / "kubeconfig").exists() or server.poll() is not None)
        assert server.poll() is None, server.communicate()
        yield tmp_path
    finally:
        server.terminate()
        server.communicate(timeout=30)


def seatrial(folder: Path, words: Sequence[str]) -> subprocess.Popen[str]:
    environment = {**os.environ, "SEATRIAL_STATE": "state", "KUBECONFIG": "kubeconfig", "HOME": str(folder)}
    return subprocess.Popen(
        [sys.executable, "-m", "seatrial.cli.main", *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(true: Callable[[], bool]) -> None:
    for _ in range(600):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("it never came true")


def status_of(folder: Path) -> dict[str, Any]:
    said, errors = seatrial(folder, ["rollout", "list", "-o", "json"]).communicate(timeout=60)
    assert not errors
    (found,) = json.loads(said)
    return dict(found)


def test_a_rollout_over_live_clusters_survives_kill_9_and_one_cluster_that_is_gone(folder: Path) -> None:
    first = seatrial(folder, START)
    assert first.stdout is not None
    until(lambda: "upgrade the control plane" in first.stdout.readline())  # type: ignore[union-attr]
    first.kill()
    first.communicate()
    assert status_of(folder)["stillRunning"] == ["test-eu"]

    said, errors = seatrial(folder, START).communicate(timeout=240)
    assert errors == ""
    assert "Going on with rollout spring-" in said
    found = status_of(folder)
    assert found["happening"] == "ended: 2 upgraded, 1 blocked (prod-gone)"
    assert [(cluster["name"], cluster["attempt"]) for cluster in found["clusters"]] == [
        ("test-eu", 1),
        ("prod-eu", 1),
        ("prod-gone", 1),
    ]
    assert "prod-gone" in found["incidents"][0]["cause"]
