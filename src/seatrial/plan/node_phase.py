"""Steps of control plane, node groups and autoscalers.

The control plane goes first, unless a group's kubelets would be too old for it: those catch up to the
present version before. Autoscalers are held for the whole phase, and only where we replace nodes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from seatrial.cluster.provider_state import NodeGroup
from seatrial.cluster.version import Minor, Version
from seatrial.plan.chart_steps import OWNERS_TIME
from seatrial.plan.facts import budgets_fact, control_plane_fact
from seatrial.plan.inputs import AutoscalerInput, Duration, PlanInputs, SelfMadeNodes
from seatrial.plan.steps import (
    AwaitNodes,
    DurationRange,
    HoldAutoscaler,
    Ownership,
    ReleaseAutoscaler,
    Step,
    UpgradeControlPlane,
    UpgradeNodeGroup,
    VerifyNodeGroup,
)
from seatrial.plan.undoing import undo_control_plane, undo_hold, undo_node_group

_CONTROL_PLANE_TIME = 5400.0
_NODES_READY_TIME = 1200.0
_HOLD_TIME = 300.0
_DRAIN_LIMITS: Mapping[str, float] = {"eks": 900.0, "gke": 3600.0, "aks": 1800.0}
"""Seconds after which a provider ends a blocked drain (their documentation); others: an hour is assumed."""


def groups_to_change(inputs: PlanInputs, to: Version) -> tuple[NodeGroup, ...]:
    return tuple(
        group
        for group in inputs.provider.node_groups
        if Version.parse(group.version) < to or (inputs.node_image and group.image != inputs.node_image)
    )


def too_old_for(groups: tuple[NodeGroup, ...], oldest: Minor) -> tuple[NodeGroup, ...]:
    """Groups whose kubelets the new control plane would not support."""
    return tuple(group for group in groups if Version.parse(group.version).line < oldest)


def control_plane_step(inputs: PlanInputs, to: Version, after: tuple[str, ...]) -> Step:
    current, owner = Version.parse(inputs.provider.version), inputs.control_plane_owner
    undo = undo_control_plane(
        inputs.provider.kind, inputs.provider_cluster or inputs.cluster, inputs.region, current
    )
    direct = owner.ownership is Ownership.DIRECT
    return Step(
        id="control-plane",
        title=f"upgrade the control plane {current} → {to}",
        action=UpgradeControlPlane(from_version=str(current), to_version=str(to)),
        after=after,
        ownership=owner.ownership,
        owner=owner.name,
        preconditions=("no provider operation is under way", "every node group is within the version skew"),
        facts=(control_plane_fact(inputs.provider.version),),
        duration=inputs.durations.get(Duration.CONTROL_PLANE) if direct else None,
        undo=undo.undo,
        undo_commands=undo.commands,
        timeout=_CONTROL_PLANE_TIME if direct else OWNERS_TIME,
        handoff=owner.hand_off(str(to)),
    )


def node_group_steps(
    group: NodeGroup, to: Version, after: tuple[str, ...], inputs: PlanInputs, *, catch_up: bool = False
) -> Iterator[Step]:
    owner = inputs.node_group_owner(group.name)
    direct = owner.ownership is Ownership.DIRECT
    current = Version.parse(group.version)
    undo = undo_node_group(
        inputs.provider.kind,
        inputs.provider_cluster or inputs.cluster,
        inputs.region,
        group.name,
        current,
        group.image,
    )
    prefix = f"node-group/{group.name}" + ("/catch-up" if catch_up else "")
    image = "" if catch_up else inputs.node_image
    change = f"to image {image}" if current == to and image else f"{current} → {to}"
    yield Step(
        id=f"{prefix}/upgrade",
        title=f"replace the nodes of {group.name} {change}",
        action=UpgradeNodeGroup(
            node_group=group.name, from_version=group.version, to_version=str(to), to_image=image
        ),
        after=after,
        ownership=owner.ownership,
        owner=owner.name,
        preconditions=(
            "the control plane is at the target",
            "every budget over its pods allows an eviction in time",
        ),
        facts=(budgets_fact(inputs.budgets),) if direct else (),
        duration=_of_nodes(group, inputs.durations.get(Duration.NODE)) if direct else None,
        undo=undo.undo,
        undo_commands=undo.commands,
        timeout=_time_for(group, inputs.provider.kind) if direct else OWNERS_TIME,
        handoff=owner.hand_off(str(to)),
    )
    yield Step(
        id=f"{prefix}/verify",
        title=f"verify every node of {group.name}",
        action=VerifyNodeGroup(node_group=group.name, to_version=str(to), upgrade_step=f"{prefix}/upgrade"),
        after=(f"{prefix}/upgrade",),
        timeout=_NODES_READY_TIME,
    )


def self_made_step(nodes: SelfMadeNodes, to: Version, after: tuple[str, ...]) -> Step:
    """Whoever made the nodes replaces them once the control plane is newer: that is only looked at."""
    return Step(
        id=f"nodes/{nodes.value}/await",
        title=f"wait until {nodes.owner} has replaced the nodes of {nodes.value} by {to.line}",
        action=AwaitNodes(label=nodes.label, value=nodes.value, to_version=str(to)),
        after=after,
        ownership=Ownership.OBSERVE,
        owner=nodes.owner,
        preconditions=("the control plane is at the target",),
        timeout=OWNERS_TIME,
    )


def hold_step(autoscaler: AutoscalerInput, after: tuple[str, ...]) -> Step:
    undo = undo_hold(autoscaler.kind, autoscaler.namespace, autoscaler.name, autoscaler.replicas)
    return Step(
        id=f"autoscaler/{autoscaler.namespace}/{autoscaler.name}/hold",
        title=f"hold autoscaler {autoscaler.namespace}/{autoscaler.name} at 0 replicas",
        action=HoldAutoscaler(
            api_version=autoscaler.api_version,
            kind=autoscaler.kind,
            namespace=autoscaler.namespace,
            name=autoscaler.name,
            replicas=autoscaler.replicas,
        ),
        after=after,
        undo=undo.undo,
        undo_commands=undo.commands,
        timeout=_HOLD_TIME,
    )


def release_step(autoscaler: AutoscalerInput, after: tuple[str, ...]) -> Step:
    held = f"autoscaler/{autoscaler.namespace}/{autoscaler.name}/hold"
    return Step(
        id=held.removesuffix("hold") + "release",
        title=f"put autoscaler {autoscaler.namespace}/{autoscaler.name} back",
        action=ReleaseAutoscaler(hold_step=held),
        after=(held, *after),
        timeout=_HOLD_TIME,
        always=True,
    )


def _rounds(group: NodeGroup) -> int:
    """How often nodes are replaced one batch after the other."""
    return math.ceil(group.size / max(1, group.max_surge + group.max_unavailable))


def _of_nodes(group: NodeGroup, node: DurationRange | None) -> DurationRange | None:
    if node is None:
        return None
    rounds = _rounds(group)
    return DurationRange(
        low=node.low * rounds, high=node.high * rounds, source=f"{rounds} rounds, each: {node.source}"
    )


def _time_for(group: NodeGroup, provider: str) -> float:
    """Each round may use up the drain limit, and ten minutes to boot and to leave."""
    return 1800.0 + _rounds(group) * (_DRAIN_LIMITS.get(provider, 3600.0) + 600.0)
