"""Keeps metadata.managedFields true after a create, update or patch that is not an apply."""

from __future__ import annotations

from seatrial.cluster.objects import Obj
from seatrial.errors import BadInput
from seatrial.schemas.managed_fields import track_update
from seatrial.simulator.call import Call
from seatrial.simulator.machinery import Machinery
from seatrial.simulator.surface import Served


def written(
    api: Machinery, storage: Served, old: Obj | None, obj: Obj, call: Call, *, subresource: str = ""
) -> None:
    """Set `obj`'s managedFields, in place.

    Controllers in the process do not become managers: the fields that they write are status, or
    counts that whoever wrote them before still owns.
    """
    meta = obj["metadata"]
    schema = api.definitions.schema(storage)
    if not call.field_validation or schema is None or not call.manager:
        kept = (old or {}).get("metadata", {}).get("managedFields")
        if kept:
            meta["managedFields"] = kept
        return
    try:
        tracked = track_update(
            old,
            obj,
            manager=call.manager,
            api_version=call.version or storage.gvr.api_version,
            schema=schema,
            now=api.instant(),
            subresource=subresource,
        )
    except BadInput:  # list items without their keys: validation says so better
        return
    managed = tracked["metadata"].get("managedFields")
    if managed:
        meta["managedFields"] = managed
    else:
        meta.pop("managedFields", None)
