"""What the reading of files depends on beside their paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from seatrial.cluster.version import Minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What rendering depends on."""

    target: Minor
    values: tuple[bytes, ...] = field(default=(), repr=False)
    """Values files for the charts; later ones win."""
    environment: Mapping[str, str] = field(repr=False)
    """Of this process, for finding kubectl and Helm."""
    folder: Path
    """The working directory."""
