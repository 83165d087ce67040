"""Which groups, versions and resources one cluster serves: those of its minor, and its CRDs."""

from __future__ import annotations

from seatrial.cluster.version import Minor


class Surface:
    def __init__(self, minor: Minor, *, all_apis: bool = False) -> None:
        self.minor = minor
        self.all_apis = all_apis
