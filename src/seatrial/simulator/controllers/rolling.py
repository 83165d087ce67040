"""How many replicas each side of a rolling update should have now: the arithmetic of Deployments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.cluster.intstr import scaled_down, scaled_up


@dataclass(frozen=True, slots=True)
class Side:
    """One ReplicaSet's numbers: what it should have and how many of its pods are available."""

    name: str
    replicas: int
    available: int


@dataclass(frozen=True, slots=True)
class Limits:
    replicas: int
    surge: int
    unavailable: int

    @property
    def at_most(self) -> int:
        return self.replicas + self.surge

    @property
    def at_least(self) -> int:
        return self.replicas - self.unavailable


def limits(replicas: int, max_surge: int | str, max_unavailable: int | str) -> Limits:
    """maxSurge rounds up, maxUnavailable down; if both come to 0, one pod may be unavailable."""
    surge = scaled_up(max_surge, replicas)
    unavailable = scaled_down(max_unavailable, replicas)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return Limits(replicas, surge, min(unavailable, replicas))


def new_side(new: int, total: int, limit: Limits) -> int:
    """What the new ReplicaSet should have; `total` is over all ReplicaSets, this one included."""
    if new >= limit.replicas:
        return limit.replicas
    return min(limit.replicas, new + max(0, limit.at_most - total))


def old_sides(new: Side, olds: Sequence[Side], limit: Limits) -> dict[str, int]:
    """What each old ReplicaSet (oldest first) should have, so that enough pods stay available.

    Pods that are not available go first: they protect nobody.
    """
    left = {old.name: old.replicas for old in olds}
    total = new.replicas + sum(left.values())
    room = total - limit.at_least - max(0, new.replicas - new.available)
    if room <= 0:
        return left
    for old in olds:
        unhealthy = max(0, old.replicas - old.available)
        gone = min(unhealthy, room)
        left[old.name] -= gone
        room -= gone
    spare = new.available + sum(min(old.available, left[old.name]) for old in olds) - limit.at_least
    for old in olds:
        gone = min(left[old.name], max(0, spare))
        left[old.name] -= gone
        spare -= gone
    return left


def share(sides: Sequence[Side], limit: Limits, sized_for: int) -> dict[str, int]:
    """Scale a half-done rollout up or down in proportion to what each side has now.

    `sized_for` is the most pods that the sides were last sized for (replicas + surge at that time).
    """
    total = sum(side.replicas for side in sides)
    allowed = limit.at_most if limit.replicas else 0
    to_add = allowed - total
    result = {side.name: side.replicas for side in sides}
    added = 0
    for side in sides:
        fraction = round(side.replicas * allowed / sized_for) - side.replicas if sized_for else 0
        if to_add > 0:
            fraction = max(0, min(fraction, to_add - added))
        else:
            fraction = min(0, max(fraction, to_add - added))
        result[side.name] = max(0, side.replicas + fraction)
        added += fraction
    if sides:
        first = sides[0].name
        result[first] = max(0, result[first] + to_add - added)
    return result
