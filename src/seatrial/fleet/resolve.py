"""What one cluster gets from a release: charts, values files in order, versions, and who changes each.

A plain value that can be stored: a running rollout keeps it, so that editing the fleet file changes
nothing that was approved.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import PurePath
from typing import Literal, TypeVar

import msgspec

from seatrial.errors import NotFound
from seatrial.fleet.model import ClusterSpec, ComponentSpec, Fleet, How, Owner, ReleaseSpec, StrategySpec
from seatrial.fleet.problems import did_you_mean
from seatrial.fleet.stages import selects


class Change(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where a handoff is written; paths are joined to the fleet file's folder."""

    write: Literal["branch", "file", "patch", "text"]
    repository: str = ""
    file: str = ""
    """May hold `{name}`, for the node group or component."""
    variable: str = ""
    base: str = ""
    push: str = ""

    def named(self, name: str) -> Change:
        """Of one node group or component."""
        return msgspec.structs.replace(
            self, file=self.file.replace("{name}", name), variable=self.variable.replace("{name}", name)
        )


class Ownership(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    how: How = "direct"
    by: str = ""
    change: Change | msgspec.UnsetType = msgspec.UNSET
    """Of handoffs; left out elsewhere, so that rollouts of format 1 keep their digest."""
    declared: bool | msgspec.UnsetType = msgspec.UNSET
    """True where the file says `direct` in so many words: it then wins over an owner that is found."""


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


class ResolvedWaiver(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A waiver that concerns this cluster."""

    check: str
    who: str
    why: str
    until: date
    namespaces: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()


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
    waivers: tuple[ResolvedWaiver, ...] | msgspec.UnsetType = msgspec.UNSET
    """Left out where there are none, so that rollouts from before waivers keep their digest."""

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

    def own(owner: Owner) -> Ownership:
        return _ownership(owner, spec, base)

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
        control_plane=own(spec.owners.control_plane),
        node_groups=own(spec.owners.node_groups),
        by_node_group={name: own(owner) for name, owner in spec.owners.by_node_group.items()},
        waivers=waivers_of(fleet, spec) or msgspec.UNSET,
    )


def waivers_of(fleet: Fleet, cluster: ClusterSpec | None) -> tuple[ResolvedWaiver, ...]:
    """Those that concern the cluster; one that names clusters never concerns what is none of the fleet."""
    return tuple(
        ResolvedWaiver(**spec.model_dump(exclude={"clusters"}))
        for spec in fleet.checks.waivers
        if not spec.clusters or (cluster is not None and selects(spec.clusters, cluster))
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
    specific = cluster.owners.by_component.get(name) or component.owner
    charts_said = "charts" in cluster.owners.model_fields_set
    owner = specific or cluster.owners.charts
    return ResolvedComponent(
        name=name,
        namespace=component.namespace,
        release=component.release or name,
        chart=str(base / release.charts.get(name, component.chart)),
        values=tuple(str(base / path) for path in values),
        owner=_ownership(owner, cluster, base, declared=specific is not None or charts_said),
        changes=release.charts.get(name, component.chart) != component.chart,
    )


def _ownership(owner: Owner, cluster: ClusterSpec, base: PurePath, *, declared: bool = False) -> Ownership:
    if owner.how != "handoff" or (owner.writes == "text" and not owner.file):
        said = True if declared and owner.how == "direct" else msgspec.UNSET
        return Ownership(how=owner.how, by=owner.by, declared=said)

    def named(text: str) -> str:
        return text.replace("{cluster}", cluster.name)

    change = Change(
        write=owner.writes,
        repository=str(base / owner.repository) if owner.repository else "",
        file=named(owner.file) if owner.repository or not owner.file else str(base / named(owner.file)),
        variable=named(owner.variable),
        base=owner.base,
        push=owner.push,
    )
    return Ownership(how=owner.how, by=owner.by, change=change)
