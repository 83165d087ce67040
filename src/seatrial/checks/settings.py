"""What a team decides about its checks, in the fleet file or by flags."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckSettings:
    owner_labels: tuple[str, ...] = ("team", "owner", "customer")
    """Labels, of an object or else its namespace, that name whom to ask."""


DEFAULT_SETTINGS = CheckSettings()
