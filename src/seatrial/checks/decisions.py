"""What a team decided otherwise than the happy path, with its reason."""

from __future__ import annotations

from fnmatch import fnmatchcase

import msgspec

from seatrial.catalog.happy_path import Thing, Verdict
from seatrial.cluster.objects import ObjectRef


class Decision(msgspec.Struct, frozen=True):
    """What the team decided about a thing, or about some objects of it."""

    thing: Thing
    verdict: Verdict
    why: str
    objects: tuple[str, ...] = ()
    """Patterns of `namespace/kind/name`; empty for all."""

    def covers(self, ref: ObjectRef) -> bool:
        return not self.objects or any(fnmatchcase(str(ref), pattern) for pattern in self.objects)
