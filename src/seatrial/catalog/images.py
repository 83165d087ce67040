"""Which images moved, froze or went with their registry, and which components nobody maintains any more."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import cache

import msgspec

from seatrial.catalog.tables import read_table


class Moved(StrEnum):
    FROZEN = "frozen"
    """What is there can still be pulled; nothing new comes."""
    MOVED = "moved"
    """Tags are somewhere else now."""
    GONE = "gone"
    """Nothing can be pulled any more."""


class ImageMove(msgspec.Struct, frozen=True):
    prefix: str
    """Registry and path, with a slash at its end."""
    state: Moved
    since: date
    replacement: str
    what: str
    source: str


class RetiredComponent(msgspec.Struct, frozen=True):
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
