"""One rollout over 1,000 clusters: what the engine costs, what it adds to the critical path, and a restart.

The clusters are arithmetic (see `modelled_fleet`), so that everything measured is the engine and its
database. The rollout runs under simulated time; the restart, with 300 clusters in flight, in real time.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
from tests.postgres import PostgresServer, run_postgres

from benchmarks.many_engine import Whole
from benchmarks.measure import ROOT, Cost, cost, table

CLUSTERS, IN_FLIGHT = 1_000, 300
_ALL_STARTED = 300.0  # seconds that we wait until all are in flight


def run() -> None:
    with ExitStack() as cleanup:
        places: dict[str, Callable[[], str]] = {"SQLite": lambda: ""}
        server = cleanup.enter_context(_postgres())
        places["PostgreSQL"] = server.new_database
        wholes = {name: _whole(new_state()) for name, new_state in places.items()}
        table(
            (
                "state in",
                "duration ÷ critical path",
                "engine CPU s",
                "cores while driving",
                "peak MiB",
                "wall s",
                "simulated h",
                "journal entries",
                "operations, repeated",
            ),
            [_whole_row(name, *found) for name, found in wholes.items()],
        )
        print()
        table(
            ("state in", "in flight at kill -9", "first action p50 s", "p99 s", "last s", "started twice"),
            [_restart_row(name, new_state()) for name, new_state in places.items()],
        )


def _whole_row(name: str, whole: Whole, spent: Cost) -> tuple[str, ...]:
    return (
        name,
        f"{whole.simulated / whole.critical_path:.4f}",
        f"{spent.cpu:.0f}",
        f"{spent.cpu / spent.wall:.2f}",
        f"{spent.peak_mib:.0f}",
        f"{spent.wall:.0f}",
        f"{whole.simulated / 3600:.1f}",
        f"{whole.entries:,}",
        f"{whole.operations:,}, {whole.repeated}",
    )


def _whole(url: str) -> tuple[Whole, Cost]:
    with _folder() as folder:
        spent = cost(_engine("whole", folder, url))
        if spent.code:
            raise SystemExit("the rollout was not driven to its end: run benchmarks.many_engine to see why")
        return msgspec.json.decode((folder / "result").read_bytes(), type=Whole), spent


def _restart_row(name: str, url: str) -> tuple[str, ...]:
    with _folder() as folder:
        first = subprocess.Popen(_engine("until-killed", folder, url), cwd=ROOT)
        in_flight = _wait_until_in_flight(folder, first)
        first.send_signal(signal.SIGKILL)
        first.wait()
        began = time.monotonic()  # the same clock in every process of this machine
        subprocess.run(_engine("again", folder, url), cwd=ROOT, check=True, timeout=300)
        looks = [
            each - began for each in msgspec.json.decode((folder / "looks").read_bytes(), type=list[float])
        ]
        lines = [line.split()[:2] for line in (folder / "operations").read_text().splitlines()]
        repeated = len(lines) - len({tuple(each) for each in lines})
    return (
        name,
        str(in_flight),
        f"{looks[len(looks) // 2]:.1f}",
        f"{looks[-1 - len(looks) // 100]:.1f}",
        f"{looks[-1]:.1f}",
        str(repeated),
    )


def _wait_until_in_flight(folder: Path, process: subprocess.Popen[bytes]) -> int:
    """How many control planes are at work, once it is as many as there are slots."""
    deadline = time.monotonic() + _ALL_STARTED
    while time.monotonic() < deadline and process.poll() is None:
        if (folder / "operations").exists():
            found = (folder / "operations").read_text().count(" control-plane ")
            if found >= IN_FLIGHT:
                return found
        time.sleep(0.2)
    raise SystemExit("the first process did not get as far as having all clusters in flight")


def _engine(mode: str, folder: Path, url: str) -> list[str]:
    return [
        sys.executable, "-m", "benchmarks.many_engine", mode, str(folder), url, str(CLUSTERS), str(IN_FLIGHT)
    ]  # fmt: skip


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@contextmanager
def _postgres() -> Iterator[PostgresServer]:
    """A server that writes to the disk before it says so, unlike the tests'."""
    yield from run_postgres({"fsync": "on", "shared_buffers": "128MB"})
