"""Memory of one simulator process: with 1 and with 50 clusters of three nodes, and per cluster."""

from __future__ import annotations

import signal
import subprocess
import tempfile
from pathlib import Path

from benchmarks.live_check import find_kubectl
from benchmarks.measure import SEATRIAL, cost, table

COUNTS = (1, 50)


def run() -> None:
    sizes = {count: _resident(count) for count in COUNTS}
    few, many = COUNTS
    each = (sizes[many] - sizes[few]) / (many - few)
    table(
        ("clusters", "resident MiB"),
        [
            *((str(count), f"{size:.0f}") for count, size in sizes.items()),
            ("each further one", f"{each:.2f}"),
        ],
    )


def _resident(clusters: int) -> float:
    """MiB of the serving process once it is ready and kubectl could talk to it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [SEATRIAL, "simulator", "serve", "--clusters", str(clusters), "--minor", "1.36"]
        command += ["--kubeconfig-out", f"{folder}/kubeconfig"]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        try:
            ready = child.stdout.readline()
            if not ready.startswith("Serving"):
                raise SystemExit(f"the simulator did not start: {ready}")
            for number in range(1, clusters + 1):  # every cluster has answered a client
                reach = ["--kubeconfig", f"{folder}/kubeconfig", "--context", f"sim-{number}"]
                cost([find_kubectl(), *reach, "get", "nodes,pods", "--all-namespaces"])
            status = Path(f"/proc/{child.pid}/status").read_text()
        finally:
            child.send_signal(signal.SIGINT)
            child.wait(timeout=60)
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024
