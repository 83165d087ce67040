"""What a provider does as it likes: which node goes first, whom it evicts first, in which zone a node comes.

No document promises any of it, so a rehearsal cannot know it. The simulated provider is regular unless
somebody gives it whims of its own, as the benchmark of predictions does for its "real" clusters.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from seatrial.cluster.objects import Obj


class Whims(Protocol):
    def order(self, objects: Sequence[Obj]) -> list[Obj]:
        """Nodes to replace, or pods to evict, first one first."""

    def zone(self, zones: Sequence[str]) -> str:
        """Where a node comes: one of the zones in which the group has the fewest, best first."""


@dataclass(frozen=True, slots=True)
class Regular:
    """As listed: nodes by name, the first of the zones."""

    def order(self, objects: Sequence[Obj]) -> list[Obj]:
        return list(objects)

    def zone(self, zones: Sequence[str]) -> str:
        return zones[0]


@dataclass(frozen=True, slots=True)
class Whimsical:
    """Another choice each time."""

    rng: random.Random

    def order(self, objects: Sequence[Obj]) -> list[Obj]:
        shuffled = list(objects)
        self.rng.shuffle(shuffled)
        return shuffled

    def zone(self, zones: Sequence[str]) -> str:
        return self.rng.choice(zones)


def zones_for_a_node(nodes: Iterable[Obj], zones: Sequence[str], left: Collection[str]) -> list[str]:
    """Where these nodes are the fewest, for managed groups keep theirs balanced.

    Of equally empty zones first those that nodes have `left`: who replaces a node keeps its place.
    """
    counts = Counter(map(zone_of, nodes))
    fewest = min(counts[zone] for zone in zones)
    emptiest = [zone for zone in zones if counts[zone] == fewest]
    return sorted(emptiest, key=lambda zone: zone not in left)


def name_of(node: Obj) -> str:
    return str(node["metadata"]["name"])


def zone_of(node: Obj) -> str:
    return str((node["metadata"].get("labels") or {}).get("topology.kubernetes.io/zone") or "")
