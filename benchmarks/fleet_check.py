"""Checking a fleet of 100 clusters of 1,000 objects each, one report each, in one run.

All clusters are served by one process beside it, whose time is part of the wall time.
"""

from __future__ import annotations

from benchmarks.live_check import TARGET, cpu_of, served
from benchmarks.measure import SEATRIAL, cost, table

CLUSTERS, OBJECTS = 100, 1_000


def run() -> None:
    with served("benchmarks.big_fleet", CLUSTERS, OBJECTS) as (kubeconfig, server):
        check = [SEATRIAL, "check", "--kubeconfig", str(kubeconfig), "--all-contexts", "--to", str(TARGET)]
        rows = []
        for number in (1, 2):
            before = cpu_of(server)
            spent = cost(check)
            rows.append(
                (
                    f"run {number}",
                    f"{spent.wall:.1f}",
                    f"{spent.cpu:.1f}",
                    f"{spent.peak_mib:.0f}",
                    f"{cpu_of(server) - before:.1f}",
                )
            )
    table(("", "wall s", "client CPU s", "peak MiB of a process", "server CPU s"), rows)
