"""`rollout start` in several processes at the same moment: no cluster comes into two rollouts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.journey
PROCESSES = 4
FLEET = """\
name: shop
clusters:
  - {name: one, provider: {kind: simulated}, version: "1.33", tier: test}
  - {name: two, provider: {kind: simulated}, version: "1.33", tier: production}
releases: [{name: spring, kubernetes: "1.34"}]
strategies:
  - {name: s0, scope: {tier: test}, stages: [{name: all, selector: {tier: test}}]}
  - {name: s1, stages: [{name: all, selector: {}}]}
  - {name: s2, stages: [{name: all, selector: {tier: test}}, {name: more, selector: {tier: production}}]}
  - {name: s3, scope: {tier: test}, stages: [{name: all, selector: {tier: test}}]}
"""
START = """\
import asyncio, sys
from pathlib import Path
from seatrial.cli.rollout_desk import open_desk
from seatrial.cli.rollout_start import prepare
from seatrial.errors import Conflict

async def main():
    async with open_desk(sys.argv[1]) as desk:
        print("ready", flush=True)
        sys.stdin.readline()
        try:
            made = await prepare(desk, Path("fleet.yaml"), "spring", sys.argv[2], yes=True, by="ann")
        except Conflict as error:
            print("refused:", error)
        else:
            print("drives:", made.rollout.id)

asyncio.run(main())
"""


@pytest.fixture(params=["sqlite", "postgres"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("database_url"))
    return str(tmp_path / "state")


def test_of_overlapping_rollouts_started_at_once_one_is_begun(tmp_path: Path, state: str) -> None:
    said = start_at_once(tmp_path, state, [f"s{number}" for number in range(PROCESSES)])
    assert sum("drives:" in each for each in said) == 1, said
    assert sum("is unfinished and has one" in each for each in said) == PROCESSES - 1, said


def test_the_same_rollout_started_at_once_is_one(tmp_path: Path, state: str) -> None:
    said = start_at_once(tmp_path, state, ["s0"] * PROCESSES)
    assert len({each.rpartition("drives: ")[2] for each in said}) == 1, said
    assert sum("Going on with rollout" in each for each in said) == PROCESSES - 1, said


def start_at_once(folder: Path, state: str, strategies: list[str]) -> list[str]:
    (folder / "fleet.yaml").write_text(FLEET)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", START, state, strategy],
            cwd=folder,
            env={**os.environ, "SEATRIAL_STATE": state, "HOME": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for strategy in strategies
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [process.communicate(timeout=60)[0] for process in processes]
