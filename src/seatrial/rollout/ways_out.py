"""What a person can type: when a rollout is on hold, or to take back what it did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from seatrial.rollout.decisions import OnHold, PauseCause


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


def undo_commands(undo: Iterable[str]) -> Iterator[str]:
    """The commands, each with the comment lines that stood before it at its end: still to be pasted."""
    comments: list[str] = []
    for line in undo:
        if line.startswith("#"):
            comments.append(line.rstrip(":"))
        else:
            yield "  ".join([line, *comments])
            comments = []
    yield from comments  # a warning where there is no command
