"""Reading and checking a live cluster of 10,000 objects, beside `kubectl get` of the same kinds.

The server runs in a process of its own: its time is shown apart, and is part of both wall times.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import ROOT, SEATRIAL, Cost, median, table

OBJECTS = 10_000
KINDS = "pods,replicasets,configmaps,deployments,services,poddisruptionbudgets,nodes,namespaces"


def run() -> None:
    with big_cluster(OBJECTS) as (kubeconfig, server):
        reach = ["--kubeconfig", str(kubeconfig)]
        kubectl = find_kubectl()
        before = _cpu(server)
        check = median([SEATRIAL, "check", *reach, "--to", "1.37"], runs=3)
        served_check = (_cpu(server) - before) / 4
        before = _cpu(server)
        get = median([kubectl, *reach, "get", KINDS, "--all-namespaces", "--chunk-size=500"], runs=3)
        served_get = (_cpu(server) - before) / 4
        get_json = median([kubectl, *reach, "get", KINDS, "--all-namespaces", "-o", "json"], runs=3)
    table(
        ("command", "client CPU s", "× kubectl get", "wall s", "× kubectl get", "peak MiB", "server CPU s"),
        [
            _row("seatrial check (lists and checks)", check, get, f"{served_check:.2f}"),
            _row("kubectl get (tables)", get, get, f"{served_get:.2f}"),
            _row("kubectl get -o json", get_json, get, ""),
        ],
    )


def _row(name: str, spent: Cost, base: Cost, served: str) -> tuple[str, ...]:
    return (
        name,
        f"{spent.cpu:.2f}",
        f"{spent.cpu / base.cpu:.2f}",
        f"{spent.wall:.2f}",
        f"{spent.wall / base.wall:.2f}",
        f"{spent.peak_mib:.0f}",
        served,
    )


@contextmanager
def big_cluster(total: int) -> Iterator[tuple[Path, int]]:
    """The kubeconfig and the pid of a server with that many objects."""
    with tempfile.TemporaryDirectory() as folder:
        kubeconfig = Path(folder) / "kubeconfig"
        command = [sys.executable, "-m", "benchmarks.big_cluster", str(kubeconfig), str(total)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert child.stdout is not None
        try:
            if not child.stdout.readline().startswith("ready"):
                raise SystemExit("the big cluster did not start")
            yield kubeconfig, child.pid
        finally:
            child.send_signal(signal.SIGINT)
            child.wait(timeout=60)


def find_kubectl() -> str:
    """The newest kubectl that set-up fetched, else the one on PATH."""
    own = ROOT / ".tools" / "v37" / "kubectl"
    found = str(own) if own.exists() else shutil.which("kubectl")
    if not found:
        raise SystemExit("kubectl is missing: run make setup")
    return found


def _cpu(pid: int) -> float:
    """User and system seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return ticks / 100
