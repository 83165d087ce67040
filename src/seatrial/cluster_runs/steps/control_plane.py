"""Upgrades the control plane by the provider's own operation."""

from __future__ import annotations

from seatrial.cluster.version import Version
from seatrial.cluster_runs.performing import StepContext, StepResult, already_done, failed
from seatrial.cluster_runs.steps.provider_operation import carry_through
from seatrial.plan import Outcome, UpgradeControlPlane
from seatrial.providers.protocol import Provider


async def upgrade_control_plane(
    action: UpgradeControlPlane, context: StepContext, provider: Provider
) -> StepResult:
    to = Version.parse(action.to_version)
    if await control_plane_is_at(to, provider):
        return already_done(f"the control plane is at {to}.")
    result = await carry_through(
        context,
        provider,
        "control-plane",
        lambda token: provider.start_control_plane_upgrade(to, token=token),
    )
    if result.outcome is Outcome.SUCCEEDED and not await control_plane_is_at(to, provider):
        return failed(f"the provider says that it is done, but the control plane is not at {to}.")
    return result


async def control_plane_is_at(to: Version, provider: Provider) -> bool:
    """True at `to` or a later patch of its minor: providers patch by themselves."""
    found = Version.parse((await provider.state()).version)
    return found.line == to.line and found >= to
