"""JSON merge patches (RFC 7386) as fixes use them: would one change anything, and what takes it back."""

from __future__ import annotations

from typing import Any

from seatrial.cluster.objects import Obj


def matches(found: Any, patch: Any) -> bool:
    """Whether the patch would change nothing."""
    if not isinstance(patch, dict):
        return bool(found == patch)
    if not isinstance(found, dict):
        return False
    return all(
        key not in found if value is None else key in found and matches(found[key], value)
        for key, value in patch.items()
    )


def inverse(found: Obj, patch: Obj) -> Obj:
    """The merge patch that brings `found` back after `patch` was applied to it."""
    back: Obj = {}
    for key, value in patch.items():
        if key not in found:
            if value is not None:
                back[key] = None
        elif isinstance(value, dict) and isinstance(found[key], dict):
            back[key] = inverse(found[key], value)
        else:
            back[key] = found[key]
    return back


def is_as_expected(found: Obj, expects: Obj) -> bool:
    """Whether the fields are as they were read: no value, an absent field and an absent part are one."""
    return all(_as_expected(found.get(key), value) for key, value in expects.items())


def _as_expected(found: Any, expects: Any) -> bool:
    if isinstance(expects, dict):
        inner = found if isinstance(found, dict) else {}
        whole = isinstance(found, dict) or found is None
        return whole and all(_as_expected(inner.get(key), value) for key, value in expects.items())
    return bool(found == expects)
