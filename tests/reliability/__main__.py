"""`python -m tests.reliability`: kill a thousand times, print the table.

The trials are shared out among processes, each with its own simulated fleet and its own PostgreSQL.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
from tests.postgres import run_postgres
from tests.reliability.databases import TrialDatabases
from tests.reliability.harness import Harness, Result, with_harness
from tests.reliability.plans import all_trials, undisturbed
from tests.reliability.table import Tally, draw

_ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    options = _options()
    if options.part is not None:
        return _work(options)
    began = time.monotonic()
    tally = run_parts(
        options.kills,
        options.seed,
        processes=options.processes,
        lanes=options.lanes,
        minutes=options.minutes,
    )
    seconds = time.monotonic() - began
    lines = [draw(tally), f"{tally.kills} kills in {seconds:.0f} s, seed {options.seed}.", *tally.problems]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if tally.problems else 0


def run_parts(kills: int, seed: int, *, processes: int, lanes: int, minutes: float = 0) -> Tally:
    """Have processes run the trials, and add up what they say."""
    with tempfile.TemporaryDirectory(prefix="seatrial-kills-") as folder:
        files = [Path(folder) / f"tally-{part}" for part in range(processes)]
        workers = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.reliability", "--kills", str(kills), "--seed", str(seed),
                 "--lanes", str(lanes), "--processes", str(processes),
                 "--part", str(part), "--minutes", str(minutes), "--out", str(file)],
                cwd=_ROOT,
            )
            for part, file in enumerate(files)
        ]  # fmt: skip
        codes = [worker.wait() for worker in workers]
        assert not any(codes), f"a part of the harness ended with {codes}"
        tally = Tally()
        for file in files:
            tally.add(msgspec.json.decode(file.read_bytes(), type=Tally))
        return tally


def _work(options: argparse.Namespace) -> int:
    tally, began = Tally(), time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="seatrial-trials-"))
    postgres = run_postgres()
    databases = TrialDatabases(next(postgres))

    def heard(result: Result) -> None:
        tally.take(result)
        sys.stderr.write(f"{tally.kills} {result.seconds:.1f} s {result.killed[-1:]}\n")
        if result.verdict.problems:
            sys.stderr.write(f"{result.killed[:5]}: {result.verdict.problems[:5]}\n")

    async def work(harness: Harness) -> None:
        (bare,) = await undisturbed(harness, options.lanes, charts=False)
        charts = await undisturbed(harness, options.lanes, charts=True)
        harness.heard = heard
        trials = all_trials(bare, charts, harness.helms, options.kills, options.seed)
        harness.until = began + 60.0 * options.minutes if options.minutes else None
        await harness.run_all(trials[options.part :: options.processes], options.lanes)

    try:
        with_harness(folder, work, databases)
    finally:
        next(postgres, None)
    options.out.write_bytes(msgspec.json.encode(tally))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--lanes", type=int, default=2, help="trials at a time in each process")
    parser.add_argument("--minutes", type=float, default=0, help="begin no trial after them; 0: all")
    parser.add_argument("--part", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
