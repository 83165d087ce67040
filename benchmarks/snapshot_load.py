"""Loading a snapshot file of 10,000 objects (goal: a second), beside plain JSON of the same objects."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.live_check import OBJECTS, big_cluster, find_kubectl
from benchmarks.measure import SEATRIAL, cost, median, table

LOAD = "import sys, pathlib; from seatrial.capture.archive import load; load(pathlib.Path(sys.argv[1]))"
PARSE = "import sys, json; json.load(open(sys.argv[1]))"


def run() -> None:
    with tempfile.TemporaryDirectory() as folder, big_cluster(OBJECTS) as (kubeconfig, _):
        file, plain = Path(folder) / "big.seatrial", Path(folder) / "big.json"
        reach = ["--kubeconfig", str(kubeconfig)]
        taken = cost([SEATRIAL, "snapshot", *reach, "-o", str(file)])
        _kubectl_json(reach, plain)
        load = median([sys.executable, "-c", LOAD, str(file)], runs=3)
        parse = median([sys.executable, "-c", PARSE, str(plain)], runs=3)
        start = median([sys.executable, "-c", "import seatrial.capture"], runs=3)
        table(
            ("what", "wall s", "× json.load", "MiB on disk"),
            [
                (
                    "seatrial snapshot (read, redact, write)",
                    f"{taken.wall:.2f}",
                    "",
                    f"{file.stat().st_size / 2**20:.1f}",
                ),
                ("load the snapshot", f"{load.wall:.2f}", f"{load.wall / parse.wall:.2f}", ""),
                ("… of which imports", f"{start.wall:.2f}", f"{start.wall / parse.wall:.2f}", ""),
                (
                    "json.load of kubectl get -o json",
                    f"{parse.wall:.2f}",
                    "1.00",
                    f"{plain.stat().st_size / 2**20:.1f}",
                ),
            ],
        )


def _kubectl_json(reach: list[str], plain: Path) -> None:
    import subprocess

    from benchmarks.live_check import KINDS

    with plain.open("wb") as out:
        subprocess.run([find_kubectl(), *reach, "get", KINDS, "-A", "-o", "json"], stdout=out, check=True)
