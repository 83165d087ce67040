"""Everything that a plan is made from: plain values, gathered by others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import msgspec

from seatrial.cluster.findings import Finding, Incomplete
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.provider_state import ProviderState
from seatrial.fleet.chart_info import ChartInfo
from seatrial.plan.steps import DurationRange, Handoff, Ownership


@dataclass(frozen=True, slots=True)
class ResourceOwner:
    """Who changes a resource, and in what way."""

    ownership: Ownership = Ownership.DIRECT
    name: str = ""
    """In words: "terraform", "argo-cd/infra"."""
    handoff: Handoff | None = None
    """Where the change is written; its value is filled in with the step."""

    def hand_off(self, value: str) -> Handoff | msgspec.UnsetType:
        """What the step carries: where `value` is to be written."""
        if self.ownership is not Ownership.HANDOFF or self.handoff is None:
            return msgspec.UNSET
        return msgspec.structs.replace(self.handoff, value=value)


DIRECT = ResourceOwner()


@dataclass(frozen=True, slots=True)
class ComponentInput:
    """A chart of the stack: what is installed, and what should be."""

    name: str
    release: str
    namespace: str
    installed: str
    """The version that works; empty when there is none."""
    chart: str
    info: ChartInfo
    values: tuple[str, ...] = ()
    values_digest: str = ""
    owner: ResourceOwner = DIRECT
    observed: str | None = None
    """As `facts.release_value` writes the release's state; the installed version when None."""
    differs_from: str = ""
    """The Git sync that was found to own it, where the fleet file declares another owner."""


@dataclass(frozen=True, slots=True)
class AutoscalerInput:
    """A workload that adds and removes nodes by itself."""

    api_version: str
    kind: str
    namespace: str
    name: str
    replicas: int
    reverted_by: str = ""
    """Who would put its replicas back at once; empty when nobody would."""
    makes_nodes: bool = False
    """It replaces nodes of its own during the upgrade (Karpenter), so it must not be held."""


@dataclass(frozen=True, slots=True)
class SelfMadeNodes:
    """Nodes that no node group of the provider holds: Karpenter's, or an auto mode's."""

    label: str
    value: str
    owner: str
    version: str
    """Of the oldest kubelet among them."""


@dataclass(frozen=True, slots=True)
class ProposedFix:
    """A safe, reversible change that removes a finding for the time of the upgrade."""

    id: str
    check: str
    title: str
    target: ObjectRef
    resource: str
    patch: str
    """JSON merge patch, canonical."""
    replicas: int
    """What the object has now: the fix is refused when that has changed."""
    undo_command: str
    settles: tuple[str, ...] = ()
    """Messages of the findings that it removes."""
    reverted_by: str = ""


class Duration(StrEnum):
    """Keys of what is known to take time."""

    CONTROL_PLANE = "control-plane"
    NODE = "node"
    """One node: boot, cordon, drain, removal."""
    CHART_READY = "chart-ready"


@dataclass(frozen=True, slots=True)
class PlanInputs:
    cluster: str
    cluster_uid: str
    provider: ProviderState
    target: str
    """A minor ("1.34": the newest patch offered) or a patch ("1.34.2")."""
    now: datetime
    by: str
    release: str = ""
    """Name of the fleet's release; the target when empty."""
    believed: str = ""
    """The minor that the fleet file says the cluster runs; empty where nobody said one."""
    provider_cluster: str = ""
    """The provider's own name of the cluster; ours when empty."""
    region: str = ""
    node_image: str = ""
    components: tuple[ComponentInput, ...] = ()
    findings: tuple[Finding, ...] = ()
    incomplete: tuple[Incomplete, ...] = ()
    fixes: tuple[ProposedFix, ...] = ()
    permitted_fixes: tuple[str, ...] = ()
    """Ids of checks whose fixes may be applied; none unless said."""
    autoscalers: tuple[AutoscalerInput, ...] = ()
    self_made_nodes: tuple[SelfMadeNodes, ...] = ()
    budgets: str = ""
    """As `facts.budgets_value` writes it."""
    control_plane_owner: ResourceOwner = DIRECT
    node_groups_owner: ResourceOwner = DIRECT
    by_node_group: Mapping[str, ResourceOwner] = field(default_factory=dict)
    durations: Mapping[Duration, DurationRange] = field(default_factory=dict)
    """Sourced ranges; what is missing is unknown."""
    slowest_start: float = 0.0
    """Seconds that the slowest pod took to become ready, as far as it was seen."""

    def node_group_owner(self, name: str) -> ResourceOwner:
        return self.by_node_group.get(name, self.node_groups_owner)
