"""The outside world of one trial: two simulated clusters with their providers, which outlive every process.

It also kills: what an accepted start looks like, or a write of Helm, only the outside world knows.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.reliability.points import ACCEPTED
from tests.reliability.processes import helm_children, kill

from seatrial.catalog import releases
from seatrial.clock import SimulatedClock
from seatrial.cluster.objects import GroupVersionKind
from seatrial.cluster.provider_state import NodeGroup
from seatrial.cluster.version import Minor, Version
from seatrial.demo.seeding import SeededRelease, seed_release
from seatrial.providers.simulated import SimulatedProvider, Timings, flavour
from seatrial.providers.simulated.http_api import answer
from seatrial.providers.wire import PREFIX
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.default import default_cluster
from seatrial.simulator.hooks import Reaction, RequestInfo
from seatrial.simulator.kubeconfig import write_kubeconfig
from seatrial.simulator.server import SimulatorServer
from seatrial.simulator.store import ResourceKey

TO = releases().horizon  # the newest, so that no provider has ended its support on the day of the test
FROM = Minor(TO.major, TO.minor - 1)
FLAVOURS = {"eks": "eks", "gke": "gke"}
"""Clusters by name: EKS takes tokens that make a start idempotent, GKE does not."""
COMPONENTS = {"cert-keeper": ("1.6.0", "2.0.0"), "db-migrator": ("3.1.0", "3.2.0")}
"""One chart with CRDs, one with hooks: installed and planned versions."""
NAMESPACE = "platform"
_TIMINGS = Timings(control_plane=20.0, node_boot=6.0, node_removal=2.0, drain_retry=2.0)
_CHANGES = frozenset({"create", "update", "patch", "delete"})
CRDS = ResourceKey("apiextensions.k8s.io", "customresourcedefinitions")
DEPLOYMENTS = ResourceKey("apps", "deployments")

HELM_ALONE = "Helm alone"
SEATRIAL_ALONE = "Seatrial while Helm works"
BOTH = "all processes while Helm works"


@dataclass
class Assassin:
    """Kills the driving process, its Helm, or both, when the outside world sees what it waits for."""

    wanted: set[str] = field(default_factory=set)
    how: str = ""
    machine: bool = False
    victim: int = 0
    seen: list[str] = field(default_factory=list)
    orphans: set[int] = field(default_factory=set)
    struck: list[str] = field(default_factory=list)
    """What it has killed at."""
    _counts: Counter[str] = field(default_factory=Counter)

    def saw(self, label: str, helm: Sequence[int] = ()) -> None:
        self._counts[label] += 1
        label = f"{label} #{self._counts[label]}"
        self.seen.append(label)
        if label in self.wanted and self.victim:
            self.struck.append(f"{self.how} at {label}" if self.how else label)
            self.wanted.discard(label)
            if self.how == HELM_ALONE:
                for child in helm:
                    kill(child, with_children=False)
            else:
                self.end(machine=self.machine or self.how == BOTH)

    def end(self, *, machine: bool) -> None:
        self.orphans |= set(helm_children(self.victim))
        kill(self.victim, with_children=machine)
        self.victim = 0

    def watch(self, cluster: str) -> _Watched:
        return _Watched(self, cluster)


@dataclass(frozen=True)
class _Watched:
    """`Faults` that lets everything through: the request is carried out, its answer reaches nobody."""

    assassin: Assassin
    cluster: str

    def react(self, request: RequestInfo) -> Reaction | None:
        if request.verb in _CHANGES and request.resource and self.assassin.victim:
            helm = helm_children(self.assassin.victim, self.cluster)
            what = request.resource.resource + (f"/{request.subresource}" if request.subresource else "")
            if helm:
                self.assassin.saw(f"{self.cluster}/helm {request.verb} {what}", helm)
            else:
                self.assassin.saw(f"{self.cluster}/{request.verb} {what} {request.name}/{ACCEPTED}")
        return None


@dataclass
class Site:
    """One cluster of a trial."""

    cluster: SimulatedCluster
    provider: SimulatedProvider


@dataclass
class World:
    """`begin` and `end` it in the clock's own loop."""

    clock: SimulatedClock
    folder: Path
    number: int
    charts: Path | None = None
    seeded: Sequence[SeededRelease] = ()
    version: Version = releases().of(FROM).latest_patch or Version(*FROM)
    assassin: Assassin = field(default_factory=Assassin)
    sites: dict[str, Site] = field(default_factory=dict)

    def begin(self, server: SimulatorServer) -> None:
        """Clusters, kubeconfig, fleet file; contexts are called as the trial's own clusters."""
        (self.folder / "state").mkdir(mode=0o700, parents=True)
        endpoints = []
        for name, kind in FLAVOURS.items():
            site = self._site(name, kind)
            self.sites[name] = site
            server.add(site.cluster, extensions={PREFIX: self._provider_api(name, site.provider)})
            endpoints += [each for each in server.endpoints() if each.name == site.cluster.name]
        endpoints = [replace(each, name=name) for each, name in zip(endpoints, FLAVOURS, strict=True)]
        write_kubeconfig(self.folder / "kubeconfig", endpoints)
        (self.folder / "fleet.yaml").write_text(fleet_file(self.charts))
        if self.charts:
            (self.folder / "charts").symlink_to(self.charts)

    def end(self, server: SimulatorServer) -> None:
        for site in self.sites.values():
            server.remove(site.cluster.name)
            site.cluster.stop()

    def discard(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _site(self, name: str, kind: str) -> Site:
        cluster = default_cluster(f"{name}-{self.number}", self.version.line, self.clock)
        group = NodeGroup(name="default", version=str(self.version), size=2, min_size=1, max_size=4)
        provider = SimulatedProvider(cluster, replace(flavour(kind), timings=_TIMINGS), self.version, [group])
        cluster.start()
        provider.create_nodes()
        for body in _workloads():
            served = cluster.surface.by_kind(GroupVersionKind.of_object(body))
            assert served is not None
            cluster.verbs.ensure_namespace(body["metadata"]["namespace"])
            cluster.verbs.create(served.key, body)
        for release in self.seeded:
            for crd in release.crds:  # Helm puts no mark on what it takes from crds/
                cluster.verbs.create(CRDS, json.loads(json.dumps(crd)))
            seed_release(cluster, replace(release, crds=()))
        cluster.faults = self.assassin.watch(name)
        return Site(cluster, provider)

    def _provider_api(self, name: str, provider: SimulatedProvider) -> Callable[[str, str, bytes], Any]:
        async def api(method: str, path: str, body: bytes) -> bytes:
            reply = await answer(provider, method, path, body)
            if method == "POST":
                self.assassin.saw(f"{name}/{path.strip('/')}/{ACCEPTED}")
            return reply

        return api


def fleet_file(charts: Path | None) -> str:
    stack = changed = ""
    if charts:
        stack = "stack:\n" + "".join(
            f"  - {{name: {name}, namespace: {NAMESPACE}, chart: charts/{name}/{installed}}}\n"
            for name, (installed, _) in COMPONENTS.items()
        )
        listed = ", ".join(f"{name}: charts/{name}/{to}" for name, (_, to) in COMPONENTS.items())
        changed = f", charts: {{{listed}}}"
    clusters = "".join(
        f"  - {{name: {name}, provider: {{kind: {kind}, region: r1}}, version: '{FROM}', tier: test}}\n"
        for name, kind in FLAVOURS.items()
    )
    return f"""\
format: 1
name: trial
clusters:
{clusters}{stack}releases:
  - {{name: spring, kubernetes: '{TO}'{changed}}}
strategies:
  - name: careful
    fixes: [budget-blocks-now, budget-never-allows]
    stages:
      - {{name: all, selector: {{tier: test}}, maxConcurrent: 2, soak: 30s}}
"""


def _workloads() -> list[dict[str, Any]]:
    """An autoscaler that has to be held, and a budget that needs its approved fix."""
    return [
        _deployment("ca", "kube-system", "example.com/cluster-autoscaler:1", 1),
        _deployment("till", "default", "example.com/till:1", 2),
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "till", "namespace": "default"},
            "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "till"}}},
        },
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "database", "namespace": NAMESPACE},
            "stringData": {"url": "sea://trial"},
        },
    ]


def _deployment(name: str, namespace: str, image: str, replicas: int) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "main", "image": image}]},
            },
        },
    }
