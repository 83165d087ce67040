"""JSON merge patch (RFC 7386): `application/merge-patch+json`."""

from __future__ import annotations

from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.errors import BadInput
from seatrial.schemas.copying import clone


def merge_patch(obj: Obj, patch: Any) -> Obj:
    """A copy of `obj` with `patch` merged in: null removes, maps merge, anything else replaces."""
    if not isinstance(patch, dict):
        raise BadInput(
            "a merge patch has to be a JSON object.", next_step="Send an object with the fields to change."
        )
    merged: Obj = _merged(clone(obj), clone(patch))
    return merged


def _merged(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    if not isinstance(target, dict):
        target = {}
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        else:
            target[key] = _merged(target.get(key), value)
    return target
