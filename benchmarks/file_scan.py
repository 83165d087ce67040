"""Checking a folder of 5,000 YAML files, beside the tools that look for removed APIs in files.

Once with small files only, once with a CRD or a dashboard among fifty. The others look at apiVersion and
kind; `seatrial check` runs every check that can be answered from files, and `--only` the one that is
theirs.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.measure import SEATRIAL, Cost, medians, table
from benchmarks.peers import peers_found
from benchmarks.yaml_folder import write_folder
from seatrial.cluster.version import Minor

FILES = 5_000
TARGET = Minor(1, 37)


def run() -> None:
    for large in (False, True):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "manifests"
            megabytes = write_folder(folder, FILES, large=large) / 1e6
            ours = [SEATRIAL, "check", str(folder), "--to", str(TARGET), "-o", "json"]
            commands = {
                "seatrial check": ours,
                "seatrial check --only removed-api-in-file": [*ours, "--only", "removed-api-in-file"],
            }
            for peer in peers_found():
                if peer.on_files:
                    commands[peer.name] = peer.on_files(folder, TARGET)
            costs = medians(commands, runs=5)
        print(f"\n{FILES:,} files, {megabytes:.1f} MB{', with CRDs and dashboards' if large else ''}:\n")
        base = costs["pluto"] if "pluto" in costs else costs["seatrial check"]
        table(
            ("command", "MB/s", "wall s", "× pluto", "CPU s", "× pluto", "peak MiB"),
            [_row(name, each, base, megabytes) for name, each in costs.items()],
        )


def _row(name: str, spent: Cost, base: Cost, megabytes: float) -> tuple[str, ...]:
    return (
        name,
        f"{megabytes / spent.wall:.1f}",
        f"{spent.wall:.2f}",
        f"{spent.wall / base.wall:.2f}",
        f"{spent.cpu:.2f}",
        f"{spent.cpu / base.cpu:.2f}",
        f"{spent.peak_mib:.0f}",
    )
