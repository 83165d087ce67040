"""Kubernetes versions as numbers, because "1.9" > "1.10" only as strings."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from seatrial.errors import BadInput

_MINOR = re.compile(r"^v?(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})(?:\.(0|[1-9]\d{0,4}))?(?:[-+].*)?\+?$")


class Minor(NamedTuple):
    """A minor release line, such as 1.37."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"

    def plus(self, steps: int) -> Minor:
        return Minor(self.major, self.minor + steps)

    @classmethod
    def parse(cls, text: str) -> Minor:
        """Read "1.37", "v1.37.2" or a provider's "v1.37.2-eks-1a2b3c"; raise `BadInput` otherwise."""
        return Version.parse(text).line


class Version(NamedTuple):
    """A patch release; `patch` is 0 where the text named only a minor."""

    major: int
    minor: int
    patch: int = 0

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def line(self) -> Minor:
        return Minor(self.major, self.minor)

    @classmethod
    def parse(cls, text: str) -> Version:
        return _parsed(text)


@lru_cache(maxsize=1024)  # tables and clusters name the same few minors a thousand times
def _parsed(text: str) -> Version:
    found = _MINOR.match(text.strip())
    if not found:
        raise BadInput(f"{text!r} is not a Kubernetes version.", next_step="Write it as 1.37 or 1.37.2.")
    major, minor, patch = found.groups()
    return Version(int(major), int(minor), int(patch or 0))
