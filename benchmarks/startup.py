"""How long `seatrial --help` takes, beside a Python that does nothing (goal: under 0.3 s)."""

from __future__ import annotations

import sys

from benchmarks.measure import SEATRIAL, median, table


def run() -> None:
    nothing = median([sys.executable, "-c", "pass"], runs=7)
    rows = [("python -c pass", f"{nothing.wall:.3f}", "1.0")]
    for arguments in (["--help"], ["check", "--help"], ["rollout", "--help"], ["--version"]):
        spent = median([SEATRIAL, *arguments], runs=7)
        rows.append(
            (f"seatrial {' '.join(arguments)}", f"{spent.wall:.3f}", f"{spent.wall / nothing.wall:.1f}")
        )
    table(("command", "wall s", "× python"), rows)
