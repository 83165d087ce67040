"""Runs a simulator as a program: clusters by name, a kubeconfig, one line when ready, a clean end."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

from seatrial.catalog import releases
from seatrial.clock import SimulatedClock
from seatrial.cluster.version import Minor
from seatrial.errors import BadInput
from seatrial.schemas.published import published_minors
from seatrial.simulator.default import default_cluster
from seatrial.simulator.kubeconfig import write_kubeconfig
from seatrial.simulator.server import SimulatorServer

_NAME = re.compile(r"^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$")


def read_clusters(named: Sequence[str], *, count: int, minor: str) -> list[tuple[str, Minor]]:
    """`name=1.33` arguments, or `count` clusters of one minor; raises `BadInput`."""
    default = _minor(minor)
    if not named:
        return [(f"sim-{number}", default) for number in range(1, count + 1)]
    found: dict[str, Minor] = {}
    for text in named:
        name, equals, version = text.partition("=")
        if not _NAME.match(name):
            raise BadInput(
                f"{name!r} cannot be a cluster's name.",
                next_step="Use lower-case letters, digits and dashes, as in --cluster prod=1.33.",
            )
        if name in found:
            raise BadInput(f"two clusters are called {name!r}.", next_step="Give each its own name.")
        found[name] = _minor(version) if equals else default
    return list(found.items())


def _minor(text: str) -> Minor:
    minor = Minor.parse(text)
    known = published_minors()
    if not known[0] <= minor <= min(known[-1], releases().horizon):
        raise BadInput(
            f"Kubernetes {minor} cannot be simulated.", next_step=f"Choose {known[0]} to {known[-1]}."
        )
    return minor


def serve_clusters(
    wanted: Sequence[tuple[str, Minor]],
    *,
    nodes: int,
    kubeconfig: Path,
    port: int,
    speed: float,
    announce: Callable[[str], None],
) -> None:
    """Serve until SIGINT or SIGTERM."""
    if not 0 < speed <= 1_000_000:
        raise BadInput(f"a speed of {speed:g} makes no sense.", next_step="Use a number above 0, such as 10.")
    clock = SimulatedClock(pace=speed)
    clock.run(_serve(clock, wanted, nodes, kubeconfig, port, announce))


async def _serve(
    clock: SimulatedClock,
    wanted: Sequence[tuple[str, Minor]],
    nodes: int,
    kubeconfig: Path,
    port: int,
    announce: Callable[[str], None],
) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    server = SimulatorServer(clock, port=port)
    clusters = [default_cluster(name, minor, clock, nodes=nodes) for name, minor in wanted]
    await server.start()
    try:
        for cluster in clusters:
            cluster.start()
            server.add(cluster)
        write_kubeconfig(kubeconfig, server.endpoints())
        count = "1 cluster" if len(clusters) == 1 else f"{len(clusters)} clusters"
        announce(
            f"Serving {count} on https://127.0.0.1:{server.port}: "
            f"kubectl --kubeconfig {kubeconfig} --context {clusters[0].name} get nodes"
        )
        await stopped.wait()
    finally:
        for cluster in clusters:
            cluster.stop()
        await server.stop()
