"""A driving process is killed with -9 in the middle; the same command goes on where it was."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from tests.rollout.builders import rollout

from seatrial.rollout.document import RolloutStage
from seatrial.rollout_runs.driver import driving
from seatrial.rollout_runs.journal import create_rollout
from seatrial.store.sql import open_store

ROOT = Path(__file__).resolve().parents[2]
OF = rollout(
    RolloutStage(name="test", clusters=("t1", "t2", "t3"), max_concurrent=2),
    RolloutStage(name="prod", clusters=("p1",)),
)


def prepared(folder: Path) -> None:
    async def create() -> None:
        store = open_store(folder / "seatrial.db")
        await create_rollout(store, OF)
        await store.close()

    asyncio.run(create())


def drive(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.rollout_runs.driven_process", str(folder), OF.id],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(folder: Path, line: str) -> None:
    for _ in range(600):
        if (folder / "log").exists() and line in (folder / "log").read_text():
            return
        time.sleep(0.02)
    raise AssertionError(f"{line!r} was not seen")


def test_a_killed_rollout_goes_on_and_no_cluster_gets_a_second_run(tmp_path: Path) -> None:
    prepared(tmp_path)
    for line in ("begin spring-1.t1.1", "begin spring-1.t3.1"):
        first = drive(tmp_path)
        wait_for(tmp_path, line)
        first.kill()
        first.communicate()
    last = drive(tmp_path)
    said, errors = last.communicate(timeout=60)
    assert (said, errors) == ("ended: 4 upgraded\n", "")
    log = (tmp_path / "log").read_text().splitlines()
    ended = Counter(line for line in log if line.startswith("end "))
    assert set(ended) == {f"end spring-1.{name}.1" for name in ("t1", "t2", "t3", "p1")}


def test_a_second_process_on_one_rollout_is_told_who_drives_it(tmp_path: Path) -> None:
    prepared(tmp_path)
    with driving(tmp_path, OF.id, "the process under test"):
        _, errors = drive(tmp_path).communicate(timeout=60)
    assert "the process under test drives rollout spring-1 already." in errors
    assert not (tmp_path / "log").exists()


def test_the_stop_file_alone_stops_a_driving_process(tmp_path: Path) -> None:
    prepared(tmp_path)
    process = drive(tmp_path)
    wait_for(tmp_path, "begin spring-1.t1.1")
    (tmp_path / "STOP").touch()
    time.sleep(1.5)
    log = (tmp_path / "log").read_text()
    assert "end spring-1.t1.1" in log
    assert "spring-1.t3" not in log
    (tmp_path / "STOP").unlink()
    assert process.communicate(timeout=60)[0] == "ended: 4 upgraded\n"
