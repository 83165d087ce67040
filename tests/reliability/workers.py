"""Kills real `seatrial worker` processes at random under a seed: `python -m tests.reliability.workers`.

Two workers share a PostgreSQL. One of them, drawn anew each time, gets SIGKILL after a drawn while, and a
new one takes its place, as a service manager would have it; nothing is tidied up for it. The clusters and
their providers live in this process. Rollouts run side by side, since most of the time is spent waiting
until a dead worker is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from tests.postgres import run_postgres
from tests.reliability.databases import TrialDatabases
from tests.reliability.harness import Harness, with_harness
from tests.reliability.judging import Verdict, end_state, judge
from tests.reliability.table import Count
from tests.reliability.world import World

from seatrial.clock import WallClock
from seatrial.store import Store, StreamKind
from seatrial.store.location import PostgresAddress
from seatrial.store.postgres import open_postgres

_START = (
    "rollout",
    "start",
    "--fleet",
    "fleet.yaml",
    "--release",
    "spring",
    "--strategy",
    "careful",
    "--yes",
)
_PATIENCE = 300.0  # wall seconds for one rollout
_ROOT = Path(__file__).resolve().parents[2]
_LINE = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)Z (.*)$", re.MULTILINE)


@dataclass
class Crew:
    """The processes of one trial, each with a log of its own."""

    folder: Path
    database: str
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def seatrial(self, *words: str) -> subprocess.Popen[bytes]:
        with self.log(len(self.processes)).open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "seatrial", *words],
                cwd=self.folder, env=self._environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def worker(self) -> subprocess.Popen[bytes]:
        """On a machine of its own."""
        return self.seatrial("worker", "--folder", f"machine-{len(self.processes)}")

    def has_jobs(self, worker: subprocess.Popen[bytes]) -> bool:
        said = self.text(worker)
        return said.count(": begun.") > len(re.findall(r": (?:done|\w.* lets go)\.?$", said, re.MULTILINE))

    def said(self) -> list[tuple[datetime, str]]:
        """Every line of every worker with its time, which is written to the second."""
        texts = [self.log(number).read_text() for number in range(len(self.processes))]
        return sorted(
            (datetime.fromisoformat(at).replace(tzinfo=UTC), words)
            for text in texts
            for at, words in _LINE.findall(text)
        )

    def text(self, process: subprocess.Popen[bytes]) -> str:
        return self.log(self.processes.index(process)).read_text()

    def log(self, number: int) -> Path:
        return self.folder / f"output-{number}"

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()

    @property
    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "SEATRIAL_STATE": self.database,
            "KUBECONFIG": "kubeconfig",
            "HOME": str(self.folder),
        }


@dataclass
class Result:
    verdict: Verdict
    kills: int = 0
    busy: int = 0
    """Of workers that had jobs under way."""
    noticed: list[float] = field(default_factory=list)
    """Seconds from a worker's death until each of its jobs was taken over."""
    end: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)


async def trial(
    harness: Harness, number: int, rng: random.Random, kills: int, expected: dict[str, Any] | None
) -> Result:
    assert harness.databases is not None
    world = World(harness.clock, harness.folder / f"workers-{number}", 1000 + number)
    database = await asyncio.to_thread(harness.databases.create)
    world.begin(harness.server)
    fleet = world.folder / "fleet.yaml"
    fleet.write_text(fleet.read_text().replace("soak: 30s", "soak: 3s"))  # of the wall's time here
    crew, result = Crew(world.folder, database), Result(Verdict())
    deaths: list[tuple[float, subprocess.Popen[bytes]]] = []
    store = await open_postgres(PostgresAddress(database, "postgres of the tests"))
    try:
        workers = [crew.worker(), crew.worker()]
        crew.seatrial(*_START)
        await _until_begun(store)
        for _ in range(kills):
            await asyncio.sleep(rng.uniform(0.3, 14.0))
            if await _finished(store):
                break
            place = rng.randrange(len(workers))
            dead = workers[place]
            result.busy += crew.has_jobs(dead)
            dead.kill()
            dead.wait()
            died = datetime.now(UTC)
            workers[place] = crew.worker()
            result.kills += 1
            deaths.append((died.timestamp(), dead))
        deadline = time.monotonic() + _PATIENCE
        while not await _finished(store) and time.monotonic() < deadline:
            await asyncio.sleep(0.5)
        verdict = await judge(world, store, expected)
        if not await _finished(store):
            verdict.unfinished.append(f"it did not end within {_PATIENCE:.0f} s; see {world.folder}")
        result.noticed = list(_delays(crew, deaths))
        result.verdict, result.end = verdict, end_state(world)
        result.said = [words for _, words in crew.said()]
    finally:
        await store.close()
        crew.end()
        world.end(harness.server)
    if not result.verdict.problems:
        world.discard()
        await asyncio.to_thread(harness.databases.drop, database)
    return result


async def run_all(harness: Harness, kills: int, seed: int, lanes: int, each: int = 4) -> list[Result]:
    """Rollouts until there were as many kills; the first, undisturbed one shows what others must leave."""
    calm = await trial(harness, 0, random.Random(seed), 0, None)
    assert not calm.verdict.problems, calm.verdict.problems
    results: list[Result] = []
    numbers = iter(range(1, 10_000))

    async def work() -> None:
        while sum(result.kills for result in results) < kills:
            number = next(numbers)
            result = await trial(harness, number, random.Random(f"{seed}/{number}"), each, calm.end)
            results.append(result)
            waits = [f"{wait:.0f} s" for wait in result.noticed]
            sys.stderr.write(f"{result.kills} kills, {result.busy} busy, {waits} {result.verdict.problems}\n")

    async with asyncio.TaskGroup() as group:
        for _ in range(lanes):
            group.create_task(work())
    return results


def _delays(crew: Crew, deaths: Sequence[tuple[float, subprocess.Popen[bytes]]]) -> Iterator[float]:
    """For each job that was taken over: since the death of the worker that had begun it.

    Not where another worker died in between, as then nobody was there who had listened long enough.
    """
    for at, words in crew.said():
        job, told, _ = words.partition(": its worker has not been heard of")
        before = [(moment, worker) for moment, worker in deaths if moment < at.timestamp()]
        if told and before and f"{job}: begun." in crew.text(before[-1][1]):
            yield at.timestamp() - before[-1][0]


async def _until_begun(store: Store) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not await store.streams(kind=StreamKind.CLUSTER_ORDER):
        assert time.monotonic() < deadline, "no worker took the rollout"
        await asyncio.sleep(0.2)


async def _finished(store: Store) -> bool:
    rollouts = await store.streams(kind=StreamKind.ROLLOUT)
    return bool(rollouts) and all(each.state == "finished" for each in rollouts)


def draw(results: Sequence[Result]) -> str:
    count = Count()
    for each in results:
        found = each.verdict
        count = count + Count(
            kills=each.kills,
            trials=1,
            doubled_starts=len(found.doubled_starts),
            lost_steps=len(found.lost_steps),
            holds_left=len(found.holds_left),
            other_end_states=bool(found.other_end_state),
            unfinished=bool(found.unfinished),
        )
    busy, waits = sum(each.busy for each in results), [wait for each in results for wait in each.noticed]
    cells = (
        count.kills, busy, count.trials, count.doubled_starts, count.lost_steps,
        count.holds_left, count.other_end_states, count.unfinished,
    )  # fmt: skip
    lines = [
        "| kills | of busy workers | rollouts | starts doubled | steps lost | holds left "
        "| other end states | unfinished |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|",
        "| " + " | ".join(map(str, cells)) + " |",
    ]
    if waits:
        lines.append(
            f"From death to takeover: median {median(waits):.0f} s, longest {max(waits):.0f} s,"
            f" {len(waits)} measured."
        )
    return "\n".join(lines)


def run(kills: int, seed: int, lanes: int) -> list[Result]:
    folder = Path(tempfile.mkdtemp(prefix="seatrial-workers-"))
    postgres = run_postgres()
    databases = TrialDatabases(next(postgres))
    try:
        return with_harness(folder, lambda harness: run_all(harness, kills, seed, lanes), databases)
    finally:
        next(postgres, None)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.workers", description=__doc__)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lanes", type=int, default=4, help="rollouts at a time")
    options = parser.parse_args()
    began = WallClock().monotonic()
    results = run(options.kills, options.seed, options.lanes)
    problems = [problem for each in results for problem in each.verdict.problems]
    seconds = WallClock().monotonic() - began
    sys.stdout.write("\n".join([draw(results), f"{seconds:.0f} s, seed {options.seed}", *problems]) + "\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
