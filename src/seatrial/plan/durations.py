"""Adds up how long steps take, and says "unknown" rather than too little."""

from __future__ import annotations

from collections.abc import Iterable

from seatrial.plan.steps import DurationRange, Step, UpgradeControlPlane, UpgradeNodeGroup


def total_duration(steps: Iterable[Step]) -> DurationRange | None:
    """The sum of what is known; None when that of a control plane or node group is not."""
    steps = tuple(steps)
    long = [step for step in steps if isinstance(step.action, UpgradeControlPlane | UpgradeNodeGroup)]
    known = [step.duration for step in steps if step.duration is not None]
    if not known or any(step.duration is None for step in long):
        return None
    return DurationRange(
        low=sum(each.low for each in known),
        high=sum(each.high for each in known),
        source="; ".join(dict.fromkeys(each.source for each in known)),
    )
