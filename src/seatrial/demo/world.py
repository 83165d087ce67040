"""The demo's clusters: made from the fleet file, each with its provider, served to any Kubernetes client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from seatrial.charts import HelmBinary, HelmClient
from seatrial.clock import SimulatedClock
from seatrial.cluster.provider_state import NodeGroup
from seatrial.cluster.version import Minor
from seatrial.demo.files import DemoFiles
from seatrial.demo.seeding import render_stack, seed_objects, seed_release
from seatrial.fleet.load import read_fleet
from seatrial.fleet.model import ClusterSpec, Fleet
from seatrial.providers.simulated import FaultPlan, ProviderFault, SimulatedProvider, flavour, read_faults
from seatrial.providers.simulated.http_api import answer
from seatrial.providers.wire import PREFIX
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.default import default_cluster
from seatrial.simulator.kubeconfig import write_kubeconfig
from seatrial.simulator.server import SimulatorServer
from seatrial.wiring.simulated import newest_patch

NODES = 3  # of each cluster
_SETTLE = 3600.0  # simulated seconds for all that was seeded to come to rest
_ZONES = {"eks": ("a", "b", "c"), "gke": ("-b", "-c", "-d")}


@dataclass(frozen=True, slots=True)
class DemoCluster:
    spec: ClusterSpec
    cluster: SimulatedCluster
    provider: SimulatedProvider


class DemoWorld:
    """Everything that in life is outside of Seatrial; `start` and `stop` it in the clock's own loop."""

    def __init__(self, files: DemoFiles, clock: SimulatedClock, helm: HelmBinary) -> None:
        self.files = files
        self.clock = clock
        self.helm = helm
        self.fleet: Fleet = read_fleet(files.fleet)
        faults = read_faults(files.faults)
        self.clusters = {
            spec.name: _make_cluster(spec, clock, faults.get(spec.name, [])) for spec in self.fleet.clusters
        }
        self._server = SimulatorServer(clock)

    async def start(self, environment: Mapping[str, str]) -> None:
        """Seed every cluster, let it come to rest, and serve it: its contexts are in `files.kubeconfig`."""
        version = next(iter(self.clusters.values())).cluster.minor
        client = HelmClient(self.helm, self.files.kubeconfig, "", self.clock, self.files.scratch, environment)
        seeded = await render_stack(self.fleet, self.files.folder, client, newest_patch(version))
        with self.clock.hold("seeding the clusters"):
            for each in self.clusters.values():
                each.cluster.start()
                each.provider.create_nodes()
                for release in seeded:
                    seed_release(each.cluster, release)
                names = (each.spec.labels.get("customer", ""), each.spec.name)
                seed_objects(each.cluster, [self.files.objects / f"{name}.yaml" for name in names])
        await self.clock.sleep(_SETTLE)
        await self._server.start()
        for each in self.clusters.values():
            self._server.add(each.cluster, extensions={PREFIX: partial(answer, each.provider)})
        write_kubeconfig(self.files.kubeconfig, self._server.endpoints())

    async def stop(self) -> None:
        for each in self.clusters.values():
            each.cluster.stop()
        await self._server.stop()


def _make_cluster(spec: ClusterSpec, clock: SimulatedClock, faults: list[ProviderFault]) -> DemoCluster:
    minor = Minor.parse(spec.version)
    cluster = default_cluster(spec.name, minor, clock)
    version = newest_patch(minor)
    group = NodeGroup(
        name="default",
        version=str(version),
        size=NODES,
        min_size=NODES,
        max_size=2 * NODES,
        zones=tuple(spec.provider.region + end for end in _ZONES.get(spec.provider.kind, ("a", "b", "c"))),
    )
    provider = SimulatedProvider(
        cluster, flavour(spec.provider.kind), version, [group], faults=FaultPlan(faults)
    )
    return DemoCluster(spec, cluster, provider)
