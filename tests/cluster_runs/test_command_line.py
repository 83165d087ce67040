"""`seatrial plan` and `seatrial apply` as a person runs them, against a served simulated cluster."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from seatrial.catalog import releases

TO = str(releases().horizon)
ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.journey


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs seatrial in a process of its own, with a state folder of its own."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "KUBECONFIG": str(self.folder / "kubeconfig"),
            "SEATRIAL_STATE": str(self.folder / "state"),
            "SEATRIAL_TRACEBACK": "1",
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "seatrial", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, code: int = 0) -> str:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        assert process.returncode == code, out + err
        return out + err

    @property
    def starts(self) -> list[str]:
        """Provider operations that were really started."""
        file = self.folder / "starts"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture(params=["eks"])
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shell]:
    """EKS takes tokens that make a start idempotent; with GKE an operation has to be found again."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.cluster_runs.serve_one", str(tmp_path), request.param, "300"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    assert server.stdout.readline().strip() == "ready"
    try:
        yield Shell(tmp_path)
    finally:
        server.terminate()
        server.wait(timeout=20)


def test_a_plan_is_made_reviewed_and_carried_out(shell: Shell) -> None:
    said = shell("plan", "--to", TO, "-o", "plan.json")
    assert "hold autoscaler kube-system/ca at 0 replicas" in said
    assert (shell.folder / "plan.json").stat().st_mode & 0o777 == 0o600
    assert "nobody is there to approve the plan" in shell("apply", "plan.json", "--context", "c1", code=4)
    assert shell.starts == []
    version = json.loads((shell.folder / "plan.json").read_text())["plan"]["toVersion"]
    assert f"Done: c1 is at {version}." in shell("apply", "plan.json", "--yes")
    assert shell.starts == [f"control-plane {version}", f"node-group/default {version}"]
    assert "nothing is left to do" in shell("apply", "plan.json", "--yes")


@pytest.mark.parametrize("shell", ["eks", "gke"], indirect=True)
def test_killed_again_and_again_an_apply_starts_nothing_twice(shell: Shell) -> None:
    shell("plan", "--to", TO, "-o", "plan.json")
    deadline = time.monotonic() + 100
    for life in range(1, 30):
        process = shell.start("apply", "plan.json", "--yes")
        try:
            out, err = process.communicate(timeout=1.0 + 0.35 * life)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            assert time.monotonic() < deadline, "it does not get on"
            continue
        assert process.returncode == 0, out + err
        break
    assert [line.split()[0] for line in shell.starts] == ["control-plane", "node-group/default"]
    # the last one may have been killed when all was done and only its exit was missing
    assert "Going on with run" in out or "nothing is left to do" in out


def test_another_plan_has_to_wait_until_a_killed_run_was_given_up(shell: Shell) -> None:
    shell("plan", "--to", TO, "-o", "plan.json")
    process = shell.start("apply", "plan.json", "--yes")
    while not shell.starts:  # the autoscaler is held by now
        time.sleep(0.1)
    process.kill()
    process.communicate()
    shell("plan", "--to", TO, "-o", "newer.json")
    refused = shell("apply", "newer.json", "--yes", code=4)
    run = re.search(r"run (c1-\w+) of another plan is not finished", refused)
    assert run, refused
    assert "Ended: cancelled by" in shell("apply", run[1], "--cancel", code=2)
    again = shell("plan", "--to", TO, "-o", "newest.json")
    assert "hold autoscaler kube-system/ca" in again, "it was put back, so it is held anew"


def test_an_altered_plan_is_refused(shell: Shell) -> None:
    shell("plan", "--to", TO, "-o", "plan.json")
    file = shell.folder / "plan.json"
    file.write_text(file.read_text().replace('"madeBy": "', '"madeBy": "not '))
    assert "altered after it was made" in shell("apply", "plan.json", "--yes", code=4)
    file.write_bytes(file.read_bytes()[:500])
    assert "only half of one" in shell("apply", "plan.json", "--yes", code=4)


def test_an_unknown_context_is_named(shell: Shell) -> None:
    assert "there is no context 'nope'" in shell("plan", "--to", TO, "--context", "nope", code=4)
