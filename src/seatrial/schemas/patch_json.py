"""JSON patch (RFC 6902): `application/json-patch+json`."""

from __future__ import annotations

from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.errors import BadInput
from seatrial.schemas.copying import clone

MAX_OPERATIONS = 10_000
"""The API server's own limit."""


class PatchDoesNotApply(BadInput):
    """A well-formed JSON patch that this object does not fit: a failed test, a path that is not there."""


def json_patch(obj: Obj, ops: Any) -> Obj:
    """A copy of `obj` after all operations; `BadInput` where the patch itself is malformed."""
    import jsonpatch  # not needed by most commands
    import jsonpointer

    if not isinstance(ops, list) or not all(isinstance(op, dict) for op in ops):
        raise BadInput("a JSON patch has to be a list of operations.")
    if len(ops) > MAX_OPERATIONS:
        raise BadInput(f"the patch has {len(ops)} operations; the limit is {MAX_OPERATIONS}.")
    patched: Any = clone(obj)
    for op in clone(ops):
        where = str(op.get("path", ""))
        try:
            patched = jsonpatch.apply_patch(patched, [op], in_place=True)
        except jsonpatch.InvalidJsonPatch as error:
            raise BadInput(f"the JSON patch is malformed: {error}.", where=where) from None
        except jsonpatch.JsonPatchTestFailed:
            raise PatchDoesNotApply("testing value failed.", where=where) from None
        except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
            raise PatchDoesNotApply(
                f"the {op.get('op')} operation does not apply: {error}.", where=where
            ) from None
        except (TypeError, KeyError, IndexError):
            raise PatchDoesNotApply(f"the {op.get('op')} operation does not apply.", where=where) from None
    if not isinstance(patched, dict):
        raise PatchDoesNotApply("the patch leaves no object.")
    return patched
