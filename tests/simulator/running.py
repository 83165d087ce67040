"""A simulator that runs in a thread of its own, for tests that talk to it with real clients."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from seatrial.clock import SimulatedClock
from seatrial.cluster.version import Minor
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.default import default_cluster
from seatrial.simulator.kubeconfig import write_kubeconfig
from seatrial.simulator.server import SimulatorServer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Running:
    server: SimulatorServer
    clusters: dict[str, SimulatedCluster]
    kubeconfig: Path
    _loop: asyncio.AbstractEventLoop

    def call(self, function: Callable[[], T]) -> T:
        """Run `function` in the simulator's loop and return what it returns."""
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(function())
            except BaseException as error:  # the test's thread shall see it
                done.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return done.result(timeout=20)


@contextmanager
def running(folder: Path, minors: dict[str, str], *, nodes: int = 3, pace: float = 20.0) -> Iterator[Running]:
    """Serve a cluster per name; simulated time runs `pace` times as fast as the wall's."""
    started: Future[Running] = Future()
    stop: list[Callable[[], None]] = []
    clock = SimulatedClock(pace=pace)

    async def main() -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        stop.append(lambda: loop.call_soon_threadsafe(stopped.set))
        server = SimulatorServer(clock)
        clusters = {
            name: default_cluster(name, Minor.parse(minor), clock, nodes=nodes)
            for name, minor in minors.items()
        }
        await server.start()
        try:
            for cluster in clusters.values():
                cluster.start()
                server.add(cluster)
            kubeconfig = folder / "kubeconfig"
            write_kubeconfig(kubeconfig, server.endpoints())
            started.set_result(Running(server, clusters, kubeconfig, loop))
            await stopped.wait()
        finally:
            for cluster in clusters.values():
                cluster.stop()
            await server.stop()

    def run() -> None:
        try:
            clock.run(main())
        except BaseException as error:
            if not started.done():
                started.set_exception(error)
            raise

    thread = threading.Thread(target=run, name="simulator", daemon=True)
    thread.start()
    try:
        yield started.result(timeout=60)
    finally:
        for end in stop:
            end()
        thread.join(timeout=20)


def names(items: Iterable[dict[str, Any]]) -> list[str]:
    return [item["metadata"]["name"] for item in items]
