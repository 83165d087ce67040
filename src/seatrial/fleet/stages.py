"""Which stage a cluster belongs to: the first one whose selector it fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seatrial.fleet.model import ClusterSpec, Selector, StageSpec, StrategySpec


@dataclass(frozen=True, slots=True)
class Assignment:
    stages: Mapping[str, tuple[str, ...]]
    """Stage → its clusters, in the order of the file."""
    left: tuple[str, ...]
    """Clusters that no stage selects."""

    def of(self, stage: str) -> tuple[str, ...]:
        return self.stages.get(stage, ())


def assign(clusters: Sequence[ClusterSpec], stages: Sequence[StageSpec]) -> Assignment:
    """Give each cluster to the first stage that selects it."""
    members: dict[str, list[str]] = {stage.name: [] for stage in stages}
    left = []
    for cluster in clusters:
        for stage in stages:
            if selects(stage.selector, cluster):
                members[stage.name].append(cluster.name)
                break
        else:
            left.append(cluster.name)
    return Assignment({name: tuple(names) for name, names in members.items()}, tuple(left))


def in_scope(clusters: Sequence[ClusterSpec], strategy: StrategySpec) -> tuple[ClusterSpec, ...]:
    """The clusters that the strategy is about."""
    return tuple(cluster for cluster in clusters if selects(strategy.scope, cluster))


def selects(selector: Selector, cluster: ClusterSpec) -> bool:
    """Whether the cluster carries every label of the selector; an empty selector fits all."""
    labels = cluster.selectable
    return all(
        labels.get(label) == wanted if isinstance(wanted, str) else labels.get(label) in wanted
        for label, wanted in selector.items()
    )
