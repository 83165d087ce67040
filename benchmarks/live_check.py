"""Reading and checking a live cluster of 10,000 objects, beside `kubectl get` and the peers on PATH.

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
from benchmarks.peers import peers_found
from seatrial.cluster.version import Minor

OBJECTS = 10_000
TARGET = Minor(1, 37)
KINDS = "pods,replicasets,configmaps,deployments,services,poddisruptionbudgets,nodes,namespaces"


def run() -> None:
    with big_cluster(OBJECTS) as (kubeconfig, server):
        reach = ["--kubeconfig", str(kubeconfig)]
        get = [find_kubectl(), *reach, "get", KINDS, "--all-namespaces"]
        commands = {
            "seatrial check (lists and checks)": [SEATRIAL, "check", *reach, "--to", str(TARGET)],
            "kubectl get (tables)": [*get, "--chunk-size=500"],
            "kubectl get -o json": [*get, "-o", "json"],
        }
        for peer in peers_found():
            if peer.on_cluster:
                commands[f"{peer.name} ({peer.takes})"] = peer.on_cluster(kubeconfig, TARGET)
        costs, server_time = {}, {}
        for name, command in commands.items():
            runs = 1 if name.startswith("popeye") else 3
            before = cpu_of(server)
            costs[name] = median(command, runs=runs)
            server_time[name] = (cpu_of(server) - before) / (runs + 1)
    base = costs["kubectl get (tables)"]
    table(
        ("command", "client CPU s", "× kubectl get", "wall s", "× kubectl get", "peak MiB", "server CPU s"),
        [_row(name, each, base, f"{server_time[name]:.2f}") for name, each in costs.items()],
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
    with served("benchmarks.big_cluster", total) as found:
        yield found


@contextmanager
def served(module: str, *arguments: int) -> Iterator[tuple[Path, int]]:
    """A module of ours that serves clusters until it is interrupted: its kubeconfig, its pid."""
    with tempfile.TemporaryDirectory() as folder:
        kubeconfig = Path(folder) / "kubeconfig"
        command = [sys.executable, "-m", module, str(kubeconfig), *map(str, arguments)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert child.stdout is not None
        try:
            if not child.stdout.readline().startswith("ready"):
                raise SystemExit(f"{module} did not start")
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


def cpu_of(pid: int) -> float:
    """User and system seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return ticks / 100
