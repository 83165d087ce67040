"""A simulated fleet in one process, and workers in others, for tests that kill, stop and wake them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seatrial.clock import WallClock
from seatrial.providers.protocol import Operation
from seatrial.wiring.providers import provider_for
from seatrial.wiring.reaching import find_reach

STRATEGY = """\
      - {name: test, selector: {tier: test}, maxConcurrent: 2}
      - {name: production, selector: {tier: production}, maxConcurrent: 2}
"""
START = ["rollout", "start", "--fleet", "fleet.yaml", "--release", "spring", "--strategy", "careful", "--yes"]


def fleet_file(clusters: Sequence[str]) -> str:
    tiers = {name: "test" if name.startswith("test") else "production" for name in clusters}
    listed = "\n".join(
        f"  - {{name: {name}, provider: {{kind: simulated}}, version: 1.33, tier: {tier}}}"
        for name, tier in tiers.items()
    )
    return f"""\
name: shop
clusters:
{listed}
releases:
  - {{name: spring, kubernetes: "1.34"}}
strategies:
  - name: careful
    stages:
{STRATEGY}"""


@dataclass
class Harbour:
    """One folder with the fleet's files; every command gets the database by its environment."""

    folder: Path
    database: str
    clusters: tuple[str, ...]
    _logs: dict[int, Path] = field(default_factory=dict)

    def seatrial(self, *words: str) -> subprocess.Popen[str]:
        number = len(self._logs) + 1
        log = self.folder / f"output-{number}"
        with log.open("w") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "seatrial", *words],
                cwd=self.folder, env=self._environment, stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
        self._logs[process.pid] = log
        return process

    def worker(self, name: str = "a") -> subprocess.Popen[str]:
        """A worker that has its own folder, as on a machine of its own, once it takes part."""
        process = self.seatrial("worker", "--folder", f"machine-{name}")
        until(lambda: "takes part" in self.said(process), process)
        return process

    def said(self, process: subprocess.Popen[str]) -> str:
        return self._logs[process.pid].read_text()

    def everything_said(self) -> str:
        return "".join(log.read_text() for log in self._logs.values())

    def run(self, *words: str, code: int = 0) -> str:
        process = self.seatrial(*words)
        process.wait(timeout=120)
        assert process.returncode == code, self.said(process)
        return self.said(process)

    def status(self) -> dict[str, Any]:
        (found,) = json.loads(self.run("rollout", "list", "-o", "json"))
        return dict(found)

    def operations(self) -> dict[str, list[str]]:
        """What each cluster's provider really started, oldest first."""
        found = asyncio.run(self._operations())
        return {name: [operation.target for operation in reversed(all_)] for name, all_ in found.items()}

    async def _operations(self) -> dict[str, tuple[Operation, ...]]:
        found = {}
        for name in self.clusters:
            reach = find_reach(self.folder / "kubeconfig", name, environment={})
            async with reach.connected(WallClock()) as session:
                found[name] = await (await provider_for(session)).operations()
        return found

    @property
    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "SEATRIAL_STATE": self.database,
            "KUBECONFIG": "kubeconfig",
            "HOME": str(self.folder),
            "SEATRIAL_TRACEBACK": "1",
        }


UPGRADED_ONCE = ["control-plane", "node-group/default"]


@contextmanager
def harbour(folder: Path, database: str, *clusters: str, speed: int = 300) -> Iterator[Harbour]:
    """The fleet is served meanwhile; what was started here and still runs is ended after."""
    found = Harbour(folder, database, clusters)
    (folder / "fleet.yaml").write_text(fleet_file(clusters))
    named = [word for name in clusters for word in ("--cluster", f"{name}=1.33")]
    processes: list[subprocess.Popen[str]] = []
    begin = found.seatrial

    def seatrial(*words: str) -> subprocess.Popen[str]:
        processes.append(begin(*words))
        return processes[-1]

    found.seatrial = seatrial  # type: ignore[method-assign]
    server = found.seatrial(
        "simulator", "serve", *named, "--kubeconfig-out", "kubeconfig", "--speed", str(speed)
    )
    try:
        until(lambda: (folder / "kubeconfig").exists(), server)
        yield found
    finally:
        for process in processes:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()


def until(
    true: Callable[[], bool], process: subprocess.Popen[str] | None = None, *, within: float = 60.0
) -> float:
    """Wait for it; the seconds that it took."""
    began = time.monotonic()
    while not true():
        assert process is None or process.poll() is None, "the process ended"
        assert time.monotonic() - began < within, "it never came true"
        time.sleep(0.1)
    return time.monotonic() - began
