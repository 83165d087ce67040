"""A fleet of simulated clusters in a process of its own, for the benchmark that checks them all.

python -m benchmarks.big_fleet KUBECONFIG CLUSTERS OBJECTS-OF-EACH
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from benchmarks.big_cluster import fill
from seatrial.clock import SimulatedClock
from seatrial.cluster.version import Minor
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.kubeconfig import write_kubeconfig
from seatrial.simulator.server import SimulatorServer


async def _serve(clock: SimulatedClock, kubeconfig: Path, clusters: int, objects: int) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stopped.set)
    server = SimulatorServer(clock)
    for number in range(clusters):
        cluster = SimulatedCluster(f"cluster-{number}", Minor(1, 36), clock)
        cluster.start()
        fill(cluster, objects, nodes=10, namespaces=10)
        server.add(cluster)
    await server.start()
    write_kubeconfig(kubeconfig, server.endpoints())
    print(f"ready: {clusters} clusters of {objects} objects", flush=True)
    await stopped.wait()
    await server.stop()


if __name__ == "__main__":
    walking = SimulatedClock(pace=1.0)
    walking.run(_serve(walking, Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
