"""Serves cases of the corpus as simulated clusters, so that the peers can look at the very same objects.

python -m benchmarks.corpus_server FOLDER NUMBER...

The controllers do not run: nothing changes what a case shows. A kubeconfig for each case is written to the
folder; cases whose cluster cannot be simulated have none.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.checks.corpus import Case, all_cases

from seatrial.clock import SimulatedClock
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.snapshot import Snapshot
from seatrial.errors import SeatrialError
from seatrial.rehearsal.seed_releases import release_secret
from seatrial.rehearsal.twin import make_twin
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.kubeconfig import write_kubeconfig
from seatrial.simulator.server import SimulatorServer


def clusters(clock: SimulatedClock, numbers: list[int]) -> Iterator[SimulatedCluster]:
    cases = list(all_cases())
    for number in numbers:
        try:
            yield _cluster(cases[number], f"case-{number}", clock)
        except (SeatrialError, KeyError, ValueError) as problem:
            print(f"case {number} is not simulated: {type(problem).__name__}", file=sys.stderr)


def _cluster(case: Case, name: str, clock: SimulatedClock) -> SimulatedCluster:
    assert case.snapshot is not None
    cluster = make_twin(case.snapshot, clock, name=name).cluster
    for namespace in sorted(_namespaces(case.snapshot)):  # cases leave out what goes without saying
        cluster.verbs.ensure_namespace(namespace)
    secrets = cluster.surface.find("", "v1", "secrets")
    assert secrets is not None
    for record in case.snapshot.releases:
        manifest = record.manifest or "---\n".join(_written(each) for each in record.objects)
        if manifest:
            cluster.verbs.restore(secrets.key, release_secret(record, manifest))
    return cluster


def _namespaces(snapshot: Snapshot) -> set[str]:
    named = {each.namespace for listed in snapshot.resources for each in snapshot.metadata(listed)}
    return {"default", "kube-system", *named, *(each.namespace for each in snapshot.releases)} - {""}


def _written(ref: ObjectRef) -> str:
    return f"apiVersion: {ref.api_version}\nkind: {ref.kind}\nmetadata: {{name: {ref.name}}}\n"


async def _serve(clock: SimulatedClock, folder: Path, numbers: list[int]) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stopped.set)
    server = SimulatorServer(clock)
    for cluster in clusters(clock, numbers):
        server.add(cluster)
    await server.start()
    for endpoint in server.endpoints():
        write_kubeconfig(folder / endpoint.name / "kubeconfig", [endpoint])
    print("ready", flush=True)
    await stopped.wait()
    await server.stop()


if __name__ == "__main__":
    walking = SimulatedClock(pace=1.0)
    walking.run(_serve(walking, Path(sys.argv[1]), [int(each) for each in sys.argv[2:]]))
