"""What every managed service refuses to start: a busy resource, skipped minors, steps back, wrong order."""

from __future__ import annotations

from collections.abc import Iterable

from seatrial.catalog import releases
from seatrial.cluster.provider_state import NodeGroup
from seatrial.cluster.version import Version
from seatrial.providers.protocol import Busy, Capabilities, Operation, OperationState, Refused

CONTROL_PLANE = "control-plane"


def refuse_busy(target: str, operations: Iterable[Operation], cluster: str) -> None:
    """One operation at a time on a target; none on node groups while the control plane changes."""
    for operation in operations:
        if operation.state == OperationState.RUNNING and (
            operation.target == target or CONTROL_PLANE in (operation.target, target)
        ):
            raise Busy(
                f"{operation.target} has an operation in progress.",
                where=f"{cluster}: {target}",
                next_step=f"Wait for {operation.id}.",
                operation_id=operation.id,
            )


def refuse_control_plane(
    to: Version, current: Version, groups: Iterable[NodeGroup], capabilities: Capabilities, cluster: str
) -> None:
    if to.line > current.line.plus(1):
        raise _refused(
            cluster, CONTROL_PLANE, f"{to} skips minors; from {current} only {current.line.plus(1)}."
        )
    if to < current:
        raise _refused(cluster, CONTROL_PLANE, f"{to} is older than {current}.")
    if releases().get(to.line) is None:
        raise _refused(cluster, CONTROL_PLANE, f"{to} is not offered.")
    for group in groups:
        behind = to.minor - Version.parse(group.version).minor
        if behind > capabilities.max_node_group_skew:
            why = f"node group {group.name} is at {group.version}, too far behind {to.line}."
            raise _refused(cluster, CONTROL_PLANE, why)


def refuse_node_group(to: Version, group: NodeGroup, control_plane: Version, cluster: str) -> None:
    target = f"node-group/{group.name}"
    if to > control_plane:
        raise _refused(cluster, target, f"{to} is newer than the control plane ({control_plane}).")
    if to.line < Version.parse(group.version).line:
        raise _refused(cluster, target, f"{to} is older than {group.version}.")


def _refused(cluster: str, target: str, why: str) -> Refused:
    return Refused(
        why,
        where=f"{cluster}: {target}",
        next_step="Plan the upgrade one minor at a time, control plane first.",
    )
