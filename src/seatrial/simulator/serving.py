"""Runs a simulator as a program: clusters by name, a kubeconfig, one line when ready, a clean end."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from seatrial.catalog import releases
from seatrial.clock import SimulatedClock, WallClock
from seatrial.cluster.version import Minor
from seatrial.errors import BadInput
from seatrial.schemas.published import published_minors
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.kubeconfig import write_kubeconfig
from seatrial.simulator.server import Extension, SimulatorServer

_NAME = re.compile(r"^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$")


@dataclass(frozen=True, slots=True)
class Guest:
    """A cluster to serve, not started; `populate` is called once it has."""

    cluster: SimulatedCluster
    populate: Callable[[], None] = lambda: None
    extensions: Mapping[str, Extension] = field(default_factory=dict)


Build = Callable[[str, Minor, SimulatedClock], Guest]


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
    build: Build,
    kubeconfig: Path,
    port: int,
    speed: float,
    announce: Callable[[str], None],
) -> None:
    """Serve until SIGINT or SIGTERM."""
    if not 0 < speed <= 1_000_000:
        raise BadInput(f"a speed of {speed:g} makes no sense.", next_step="Use a number above 0, such as 10.")
    clock = SimulatedClock(WallClock().now(), pace=speed)  # clients reckon ages by the wall
    clock.run(_serve(clock, wanted, build, kubeconfig, port, announce))


async def _serve(
    clock: SimulatedClock,
    wanted: Sequence[tuple[str, Minor]],
    build: Build,
    kubeconfig: Path,
    port: int,
    announce: Callable[[str], None],
) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    server = SimulatorServer(clock, port=port)
    guests = [build(name, minor, clock) for name, minor in wanted]
    await server.start()
    try:
        for guest in guests:
            guest.cluster.start()
            guest.populate()
            server.add(guest.cluster, extensions=guest.extensions)
        write_kubeconfig(kubeconfig, server.endpoints())
        count = "1 cluster" if len(guests) == 1 else f"{len(guests)} clusters"
        announce(
            f"Serving {count} on https://127.0.0.1:{server.port}: "
            f"kubectl --kubeconfig {kubeconfig} --context {guests[0].cluster.name} get nodes"
        )
        await stopped.wait()
    finally:
        for guest in guests:
            guest.cluster.stop()
        await server.stop()
