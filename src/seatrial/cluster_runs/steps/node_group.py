"""Replaces a node group's nodes by the provider's own rolling operation, which honours budgets."""

from __future__ import annotations

from seatrial.cluster.version import Version
from seatrial.cluster_runs.performing import StepContext, StepResult, already_done, failed
from seatrial.cluster_runs.steps.provider_operation import carry_through
from seatrial.errors import NotFound
from seatrial.plan import Outcome, UpgradeNodeGroup
from seatrial.providers.protocol import Provider


async def upgrade_node_group(
    action: UpgradeNodeGroup, context: StepContext, provider: Provider
) -> StepResult:
    to = Version.parse(action.to_version)
    if await node_group_is_at(action, provider):
        return already_done(f"node group {action.node_group} is at {to}.")
    result = await carry_through(
        context,
        provider,
        f"node-group/{action.node_group}",
        lambda token: provider.start_node_group_upgrade(
            action.node_group, to, image=action.to_image, token=token
        ),
    )
    if result.outcome is Outcome.SUCCEEDED and not await node_group_is_at(action, provider):
        return failed(
            f"the provider says that it is done, but node group {action.node_group} is not at {to}."
        )
    return result


async def node_group_is_at(action: UpgradeNodeGroup, provider: Provider) -> bool:
    """True at the version (or a later patch of its minor) and at the image, when nothing is under way."""
    group = (await provider.state()).node_group(action.node_group)
    if group is None:
        raise NotFound(
            f"there is no node group {action.node_group!r} any more.", next_step="Make the plan again."
        )
    found, to = Version.parse(group.version), Version.parse(action.to_version)
    image_is_right = not action.to_image or group.image == action.to_image
    return group.status != "updating" and found.line == to.line and found >= to and image_is_right
