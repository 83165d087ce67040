"""What a provider does as it likes: which node goes first, whom it evicts first, in which zone a node comes.

No document promises any of it, so a rehearsal cannot know it. The simulated provider is regular unless
somebody gives it whims of its own, as the benchmark of predictions does for its "real" clusters.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from seatrial.cluster.objects import Obj


class Whims(Protocol):
    def order(self, objects: Sequence[Obj]) -> list[Obj]:
        """Nodes to replace, or pods to evict, first one first."""

    def zone(self, zones: Sequence[str]) -> str:
        """Where a node comes: one of the zones in which the group has the fewest."""


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


def emptiest_zones(nodes: Iterable[Obj], zones: Sequence[str]) -> list[str]:
    """Those of the zones with the fewest of these nodes: managed groups keep theirs balanced."""
    counts = Counter((node["metadata"].get("labels") or {}).get(_ZONE) for node in nodes)
    fewest = min(counts[zone] for zone in zones)
    return [zone for zone in zones if counts[zone] == fewest]


_ZONE = "topology.kubernetes.io/zone"
