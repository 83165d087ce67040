"""Canaries: values that nothing but the place where they were planted holds, and every way to spell them.

Each has a core of twelve random characters. Whoever finds the core, plain or encoded in any of the ways
that Kubernetes, Helm, shells, URLs and JSON encode strings, has found a leak.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

_LETTERS = "bcdfghjkmnpqrstvwxyzBCDFGHJKMNPQRSTVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class Canary:
    place: str
    core: str

    @property
    def value(self) -> str:
        """With characters that each encoding treats in its own way."""
        return f'cnry"{self.place}/+&%\\é-{self.core}'

    @property
    def plain(self) -> str:
        """For places that take no odd characters."""
        return f"cnry-{self.place}-{self.core}"

    def spellings(self) -> Iterator[tuple[str, bytes]]:
        """The core in each encoding, and what to look for."""
        core = self.core.encode()
        yield "plain", core
        yield "backwards", core[::-1]
        yield "base32", base64.b32encode(core)[:16]
        yield "hex", core.hex().encode()
        yield "hex, upper case", core.hex().upper().encode()
        yield "every byte in a URL", "".join(f"%{each:02X}" for each in core).encode()
        yield "UTF-16", self.core.encode("utf-16-le")
        for shift in range(3):
            encoded = base64.b64encode(b"\0" * shift + core)
            # the first and the last group of four also hold bits of the neighbours
            inside = encoded[4 if shift else 0 : len(encoded) - 4]
            yield f"base64, {shift} bytes in", inside
            yield f"base64 of base64, {shift} bytes in", base64.b64encode(inside)[: len(inside) // 3 * 4]

    @property
    def in_url(self) -> str:
        return quote(self.value, safe="")


@dataclass(slots=True)
class Canaries:
    """All canaries of a test, by place."""

    rng: random.Random
    planted: dict[str, Canary] = field(default_factory=dict)

    def at(self, place: str) -> Canary:
        if place not in self.planted:
            core = "".join(self.rng.choices(_LETTERS, k=12))
            self.planted[place] = Canary(place, core)
        return self.planted[place]
