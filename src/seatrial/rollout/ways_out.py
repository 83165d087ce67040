"""What a person can type when a rollout is on hold."""

from __future__ import annotations

from typing import assert_never

from seatrial.rollout.decide import OnHold, PauseCause


def ways_out(rollout: str, hold: OnHold) -> str:
    """The commands that let it go on, in the order in which one would try them."""
    which = hold.clusters[0] if len(hold.clusters) == 1 else "CLUSTER"
    resume = f"`seatrial rollout resume {rollout}`"
    retry = f"`seatrial rollout retry {rollout} {which}`"
    skip = f"`seatrial rollout skip {rollout} {which} --why …`"
    match hold.cause:
        case PauseCause.PERSON:
            return f"{resume} lets it go on"
        case PauseCause.BUDGET | PauseCause.CANARY | PauseCause.NO_EVIDENCE:
            return f"{retry} tries again, {skip} goes on without it"
        case PauseCause.INCONCLUSIVE:
            return f"{resume} looks again, {skip} goes on without it"
        case cause:
            assert_never(cause)
