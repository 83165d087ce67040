"""Runs a command and says what it cost: wall and CPU seconds, peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
SEATRIAL = str(Path(sys.executable).with_name("seatrial"))


@dataclass(frozen=True, slots=True)
class Cost:
    wall: float
    cpu: float
    """User and system seconds of the process and its children."""
    peak_mib: float
    code: int


def cost(command: Sequence[str], env: Mapping[str, str] | None = None) -> Cost:
    """One run, its output thrown away; a missing answer or a crash is the caller's to judge by `code`."""
    surroundings = {**os.environ, "NO_COLOR": "1", **(env or {})}
    surroundings.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed product is compiled already
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=surroundings)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.stderr is not None
    complaint = child.stderr.read().decode(errors="replace")
    if child.returncode < 0 or (child.returncode >= 4 and command[0] == SEATRIAL):
        raise SystemExit(f"{command[0]} failed with {child.returncode}: {complaint[:500]}")
    wall = time.perf_counter() - began
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, child.returncode)


def median(command: Sequence[str], *, runs: int, env: Mapping[str, str] | None = None) -> Cost:
    """The median of each figure over `runs`, after one run that fills the disk's caches."""
    return medians({"": command}, runs=runs, env=env)[""]


def medians(
    commands: Mapping[str, Sequence[str]], *, runs: int, env: Mapping[str, str] | None = None
) -> dict[str, Cost]:
    """The same for several commands in turn, so that what else the machine does meets all of them."""
    for command in commands.values():
        cost(command, env)
    turns = [{name: cost(command, env) for name, command in commands.items()} for _ in range(runs)]
    return {name: _median([turn[name] for turn in turns]) for name in commands}


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(
        statistics.median(c.wall for c in costs),
        statistics.median(c.cpu for c in costs),
        statistics.median(c.peak_mib for c in costs),
        costs[0].code,
    )


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table."""
    print(f"| {' | '.join(columns)} |")
    print(f"|{'---|' * len(columns)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)
