"""What one cluster gets from a release: charts, values files in order, versions, and who changes each.

A plain value that can be stored: a running rollout keeps it, so that editing the fleet file changes
nothing that was approved.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import TypeVar

import msgspec

from seatrial.errors import NotFound
from seatrial.fleet.model import ClusterSpec, ComponentSpec, Fleet, How, Owner, ReleaseSpec, StrategySpec
from seatrial.fleet.problems import did_you_mean


class Ownership(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    how: How = "direct"
    by: str = ""


class ResolvedComponent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    name: str
    namespace: str
    release: str
    """Helm release name."""
    chart: str
    """Folder or .tgz."""
    values: tuple[str, ...] = ()
    """Values files; later ones win: the stack's, the release's, the cluster's."""
    owner: Ownership = Ownership()
    changes: bool = False
    """Whether the release names another chart than the stack."""


class ResolvedTarget(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    cluster: str
    context: str
    provider: str
    region: str = ""
    provider_id: str = ""
    release: str
    kubernetes: str
    node_image: str = ""
    components: tuple[ResolvedComponent, ...] = ()
    control_plane: Ownership = Ownership()
    node_groups: Ownership = Ownership()
    by_node_group: dict[str, Ownership] = {}

    def node_group(self, name: str) -> Ownership:
        """Who changes the node group `name`."""
        return self.by_node_group.get(name, self.node_groups)

    def component(self, name: str) -> ResolvedComponent | None:
        return next((component for component in self.components if component.name == name), None)


def resolve(fleet: Fleet, cluster: str, release: str, base: PurePath = PurePath()) -> ResolvedTarget:
    """The target of `cluster` under `release`; paths are joined to `base`, the fleet file's folder.

    Raises `NotFound`, naming what there is.
    """
    spec = find_cluster(fleet, cluster)
    target = find_release(fleet, release)
    return ResolvedTarget(
        cluster=spec.name,
        context=spec.context or spec.name,
        provider=spec.provider.kind,
        region=spec.provider.region,
        provider_id=spec.provider.id or spec.name,
        release=target.name,
        kubernetes=target.kubernetes,
        node_image=target.node_image,
        components=tuple(_component(component, spec, target, base) for component in fleet.stack),
        control_plane=_ownership(spec.owners.control_plane),
        node_groups=_ownership(spec.owners.node_groups),
        by_node_group={name: _ownership(owner) for name, owner in spec.owners.by_node_group.items()},
    )


def find_cluster(fleet: Fleet, name: str) -> ClusterSpec:
    return _named("cluster", name, fleet.clusters)


def find_release(fleet: Fleet, name: str) -> ReleaseSpec:
    return _named("release", name, fleet.releases)


def find_strategy(fleet: Fleet, name: str) -> StrategySpec:
    return _named("strategy", name, fleet.strategies)


_Spec = TypeVar("_Spec", ClusterSpec, ReleaseSpec, StrategySpec)


def _named(kind: str, name: str, specs: Sequence[_Spec]) -> _Spec:
    for spec in specs:
        if spec.name == name:
            return spec
    known = [spec.name for spec in specs]
    if not known:
        raise NotFound(
            f"the fleet has no {kind} {name!r}: it has none.", next_step="Add it to the fleet file."
        )
    raise NotFound(
        f"the fleet has no {kind} {name!r}{did_you_mean(name, known)}",
        next_step="`seatrial fleet show FILE` lists what there is.",
    )


def _component(
    component: ComponentSpec, cluster: ClusterSpec, release: ReleaseSpec, base: PurePath
) -> ResolvedComponent:
    name = component.name
    values = (*component.values, *release.values.get(name, ()), *cluster.values.get(name, ()))
    owner = cluster.owners.by_component.get(name) or component.owner or cluster.owners.charts
    return ResolvedComponent(
        name=name,
        namespace=component.namespace,
        release=component.release or name,
        chart=str(base / release.charts.get(name, component.chart)),
        values=tuple(str(base / path) for path in values),
        owner=_ownership(owner),
        changes=release.charts.get(name, component.chart) != component.chart,
    )


def _ownership(owner: Owner) -> Ownership:
    return Ownership(how=owner.how, by=owner.by)
