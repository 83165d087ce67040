"""Ratcheting: an update of a custom resource may keep what was invalid before, if it leaves it as it is.

Real API servers do so by default since 1.30 (KEP-4008). Twins of portable snapshots need it in every minor:
they hold tokens where the cluster had strings, which no pattern or enumeration of a schema allows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from seatrial.cluster.objects import Obj

Cause = tuple[str, str, str]
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_GONE = object()


def newly_wrong(causes: Iterable[Cause], obj: Obj, old: Obj) -> list[Cause]:
    """The causes that lie in something which the update changes."""
    return [cause for cause in causes if not _unchanged(cause[1], obj, old)]


def _unchanged(path: str, new: Any, old: Any) -> bool:
    """Whether the value at a path, or what holds it, is equal in both.

    Items of lists are not matched with one another: a list is equal as a whole or has changed.
    """
    for name, index in _STEP.findall(path):
        if index or not isinstance(new, dict) or not isinstance(old, dict):
            return False
        new, old = new.get(name, _GONE), old.get(name, _GONE)
        if new is _GONE or old is _GONE:
            return False  # what is missing now, or is new, is the update's doing
        if new == old:
            return True
    return False
