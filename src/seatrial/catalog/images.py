"""Which images moved, froze or went with their registry, and which components nobody maintains any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from seatrial.catalog.tables import read_table


class Moved(StrEnum):
    FROZEN = "frozen"
    """What is there can still be pulled; nothing new comes."""
    MOVED = "moved"
    """Tags are somewhere else now."""
    GONE = "gone"
    """Nothing can be pulled any more."""


@dataclass(frozen=True, slots=True)
class ImageMove:
    prefix: str
    """Registry and path, with a slash at its end."""
    state: Moved
    since: date
    replacement: str
    what: str
    source: str


@dataclass(frozen=True, slots=True)
class RetiredComponent:
    name: str
    images: tuple[str, ...]
    """Ends of image repositories, whatever the registry."""
    retired: date
    replacement: str
    source: str


@cache
def image_moves() -> tuple[ImageMove, ...]:
    return tuple(
        ImageMove(
            prefix=row["prefix"],
            state=Moved(row["state"]),
            since=date.fromisoformat(row["since"]),
            replacement=row["replacement"],
            what=row["what"],
            source=row["source"],
        )
        for row in read_table("image-moves").rows
    )


@cache
def retired_components() -> tuple[RetiredComponent, ...]:
    return tuple(
        RetiredComponent(
            name=row["component"],
            images=tuple(row["images"].split(";")),
            retired=date.fromisoformat(row["retired"]),
            replacement=row["replacement"],
            source=row["source"],
        )
        for row in read_table("retired-components").rows
    )
