"""Trials: serve clusters, drive a rollout over them, kill as ordered, judge what is left."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec
from tests.reliability.driver import Job
from tests.reliability.judging import Verdict, end_state, judge
from tests.reliability.points import EACH
from tests.reliability.processes import is_alive, kill
from tests.reliability.world import FROM, World, fleet_file
from tests.tools import helm

import seatrial.demo
from seatrial.catalog import releases
from seatrial.charts import HelmBinary, HelmClient
from seatrial.clock import SimulatedClock, WallClock
from seatrial.cluster.constraints import SemVer
from seatrial.cluster.version import Version
from seatrial.demo.seeding import SeededRelease, render_stack
from seatrial.fleet.load import read_fleet
from seatrial.simulator.server import SimulatorServer
from seatrial.store import Store
from seatrial.store.location import PostgresAddress
from seatrial.store.postgres import open_postgres
from seatrial.store.sql import open_store

PACE = 25.0  # simulated seconds per second
T = TypeVar("T")
AT_RANDOM = "at random"
_PATIENCE = 150.0  # wall seconds for one life
_ROOT = Path(__file__).resolve().parents[2]
CHARTS = Path(seatrial.demo.__file__).parent / "charts"


@dataclass(frozen=True)
class Kill:
    """One death: at a point that the process passes itself, at what the world sees, or after a while."""

    at: str = ""
    """A point's label of the process."""
    seen: str = ""
    """What the outside world sees."""
    how: str = ""
    after: float = 0.0
    """Wall seconds; 0 for the other two."""
    machine: bool = False

    def __str__(self) -> str:
        what = self.at or (f"{self.how} at {self.seen}" if self.seen else f"{AT_RANDOM}, {self.after:.2f} s")
        return what + (", all processes" if self.machine else "")


@dataclass(frozen=True)
class Trial:
    """Lives that end by these kills, and a last one that nobody disturbs."""

    kills: tuple[Kill, ...] = ()
    charts: bool = False
    postgres: bool = False
    helm: HelmBinary | None = None
    wanted: frozenset[str] = frozenset()
    """What the outside world kills at besides, where a process dies at each of its points."""


@dataclass
class Result:
    trial: Trial
    verdict: Verdict
    killed: list[str] = field(default_factory=list)
    """Where the kills that came before the rollout had ended really were."""
    lives: int = 0
    first_actions: list[float] = field(default_factory=list)
    points: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    end: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    said: str = ""


class Databases(Protocol):
    """Where trials on PostgreSQL get theirs."""

    def create(self) -> str:
        """The URL of an empty one."""

    def drop(self, url: str) -> None: ...


class Lane:
    """The process that forks driving processes; one life at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def begin(self, job: Job) -> int:
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(job) + b"\n")
        return int(await self._word("pid"))

    async def end(self) -> int:
        return int(await self._word("ended"))

    async def _word(self, first: str) -> str:
        assert self._process.stdout is not None
        line = (await self._process.stdout.readline()).decode().split()
        assert line[:1] == [first], f"the driving process said {line}"
        return line[1]


@dataclass
class Harness:
    clock: SimulatedClock
    server: SimulatorServer
    folder: Path
    helms: tuple[HelmBinary, ...]
    origin: float
    start: float
    databases: Databases | None = None
    seeded: dict[bool, list[SeededRelease]] = field(default_factory=lambda: {False: []})
    undisturbed: dict[tuple[bool, int], Result] = field(default_factory=dict)
    heard: Callable[[Result], None] = lambda result: None
    until: float | None = None
    """No trial begins after this wall time."""
    _numbers: int = 0

    async def run_all(self, trials: Sequence[Trial], lanes: int) -> list[Result]:
        """Several at a time; results in the order of the trials."""
        waiting = list(enumerate(trials))[::-1]
        results: dict[int, Result] = {}

        async def work() -> None:
            async with self.lane() as lane:
                while waiting and (self.until is None or time.monotonic() < self.until):
                    number, trial = waiting.pop()
                    results[number] = await self.run(trial, lane)
                    self.heard(results[number])

        async with asyncio.TaskGroup() as group:
            for _ in range(min(lanes, len(trials))):
                group.create_task(work())
        return [results[number] for number in sorted(results)]

    @asynccontextmanager
    async def lane(self) -> AsyncIterator[Lane]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.reliability.driver",
            cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        try:
            yield Lane(process)
        finally:
            kill(process.pid, with_children=True)
            await process.wait()

    async def run(self, trial: Trial, lane: Lane) -> Result:
        self._numbers += 1
        number = self._numbers
        helm = trial.helm or self.helms[0]
        expected = self.undisturbed.get((trial.charts, helm.major))
        world = World(
            self.clock, self.folder / f"trial-{number}", number,
            CHARTS if trial.charts else None, self.seeded[trial.charts],
        )  # fmt: skip
        database = await self._database() if trial.postgres else ""
        world.begin(self.server)
        began = time.monotonic()
        result = Result(trial, Verdict())
        try:
            await self._live(world, database, trial, helm, lane, result)
            store = await _open(world, database)
            try:
                verdict = await judge(world, store, expected.end if expected else None)
            finally:
                await store.close()
            verdict.unfinished = result.verdict.unfinished
            result.verdict = verdict
            result.end = end_state(world)
            if not trial.kills and not verdict.problems and expected is None:
                self.undisturbed[trial.charts, helm.major] = result
        finally:
            result.seconds = time.monotonic() - began
            result.seen = world.assassin.seen
            result.points = _lines(world.folder / "points")
            result.first_actions = [float(each) for each in _lines(world.folder / "first-actions")]
            result.said = "\n".join(_lines(world.folder / "said"))
            world.end(self.server)
            if not result.verdict.problems:
                world.discard()
                if database and self.databases is not None:
                    await asyncio.to_thread(self.databases.drop, database)
        return result

    async def _live(
        self, world: World, database: str, trial: Trial, helm: HelmBinary, lane: Lane, result: Result
    ) -> None:
        job = self.job(world, helm, database)
        kills = list(trial.kills)
        each = bool(kills) and kills[0].at == EACH
        if each:
            world.assassin.wanted = set(trial.wanted)
        while True:
            ordered = kills[0] if each else kills.pop(0) if kills else Kill()
            code = await self.life(world, job, ordered, lane)
            result.lives += 1
            result.killed += world.assassin.struck
            if code == -9:
                if not world.assassin.struck:
                    last = str(ordered) if ordered.after else _lines(world.folder / "points")[-1]
                    result.killed.append(last)
                world.assassin.struck = []
                continue
            world.assassin.struck = []
            if code:
                result.verdict.unfinished.append(f"the process ended with {code}")
            break
        deadline = time.monotonic() + 30
        while any(map(is_alive, world.assassin.orphans)) and time.monotonic() < deadline:
            await asyncio.sleep(0.05)

    def job(self, world: World, helm: HelmBinary, database: str = "") -> Job:
        """To drive the trial's rollout, undisturbed."""
        return Job(
            folder=str(world.folder), database=database, origin=self.origin, start=self.start,
            pace=PACE, helm=str(helm.path), helm_version=str(helm.version),
        )  # fmt: skip

    async def life(self, world: World, job: Job, ordered: Kill, lane: Lane) -> int:
        """One process from its begin to its end; its exit code, negative for a signal."""
        assassin = world.assassin
        if ordered.seen:
            assassin.wanted = {ordered.seen}
        assassin.how, assassin.machine = ordered.how, ordered.machine
        job = msgspec.structs.replace(job, die_at=ordered.at, machine=ordered.machine)
        assassin.victim = await lane.begin(job)
        ended = asyncio.ensure_future(lane.end())
        if ordered.after:
            done, _ = await asyncio.wait([ended], timeout=ordered.after)
            if not done:
                assassin.end(machine=ordered.machine)
        done, _ = await asyncio.wait([ended], timeout=_PATIENCE)
        if not done:
            assassin.end(machine=True)
            await ended
            raise AssertionError(
                f"a life did not end within {_PATIENCE:.0f} s ({ordered}); see {world.folder}"
            )
        assassin.victim = 0
        return ended.result()

    async def _database(self) -> str:
        assert self.databases is not None, "no PostgreSQL was given"
        return await asyncio.to_thread(self.databases.create)

    async def render(self) -> None:
        """Prepare what is installed in clusters with charts."""
        folder = self.folder / "rendering"
        folder.mkdir()
        (folder / "charts").symlink_to(CHARTS)
        (folder / "fleet.yaml").write_text(fleet_file(CHARTS))
        client = HelmClient(self.helms[0], folder / "none", "", self.clock, folder, dict(os.environ))
        version = releases().of(FROM).latest_patch or Version(*FROM)
        fleet = read_fleet(folder / "fleet.yaml")
        self.seeded[True] = await render_stack(fleet, folder, client, version)


async def _open(world: World, database: str) -> Store:
    if database:
        return await open_postgres(PostgresAddress(database, "postgres of the tests"))
    return open_store(world.folder / "state" / "seatrial.db")


def _lines(file: Path) -> list[str]:
    return file.read_text(errors="replace").splitlines() if file.exists() else []


def with_harness(
    folder: Path, main: Callable[[Harness], Coroutine[Any, Any, T]], databases: Databases | None = None
) -> T:
    """Run `main` with a harness, in the loop of its clock."""
    start, origin = WallClock().now(), time.monotonic()
    clock = SimulatedClock(start, pace=PACE)
    helms = (_helm("3"), _helm("4"))

    async def whole() -> T:
        server = SimulatorServer(clock)
        await server.start()
        try:
            return await main(Harness(clock, server, folder, helms, origin, start.timestamp(), databases))
        finally:
            await server.stop()

    return clock.run(whole())


def _helm(major: str) -> HelmBinary:
    return HelmBinary(helm(major), SemVer(int(major)))
