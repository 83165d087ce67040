"""Server-side apply: merge what a manager wants, keep what others own, and say who stands in the way.

The algorithm is that of KEP-555: merge the applied object into the live one, remove what the
manager applied before and no longer does (unless somebody else owns it), then see whose fields
changed. https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from seatrial.cluster.objects import Obj
from seatrial.errors import BadInput, Conflict
from seatrial.schemas.copying import clone
from seatrial.schemas.fieldset import Fields, difference, intersection, members, spell, union
from seatrial.schemas.kind import KindSchema
from seatrial.schemas.managed_fields import (
    Entries,
    Entry,
    cap,
    entries_of,
    nobodys_removed,
    owner_of_everything,
    stamp,
    with_entries,
    without_entries,
    without_fields,
)
from seatrial.schemas.ownable import ABSENT, compare, fields_of, merge, take_away, with_named_parents

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """A field that somebody else owns with another value."""

    manager: str
    """As the API server writes it: `"helm" using apps/v1 at 2025-01-01T00:00:00Z`."""
    path: str

    @property
    def message(self) -> str:
        """The text of the status cause; its `reason` is FieldManagerConflict, its `field` the path."""
        return f"conflict with {self.manager}"


class ApplyConflict(Conflict):
    """Other managers own fields that this apply would change, and it was not forced."""

    def __init__(self, conflicts: tuple[FieldConflict, ...], *, where: str = "") -> None:
        super().__init__(
            _summary(conflicts),
            where=where,
            next_step="Leave these fields out, set them to the live values, or force the apply.",
        )
        self.conflicts = conflicts


def server_side_apply(
    live: Obj | None,
    applied: Obj,
    *,
    manager: str,
    force: bool,
    schema: KindSchema,
    now: datetime,
    subresource: str = "",
) -> Obj:
    """The object after `manager` applied `applied`; equal to `live` when nothing had to change.

    `live` is None when the apply creates the object. The caller has pruned unknown fields and the
    parts that this endpoint does not write (status on the main resource, the rest on a subresource).
    Raises `ApplyConflict`, or `BadInput` for lists whose items lack or repeat their keys.
    """
    if (applied.get("metadata") or {}).get("managedFields"):
        raise BadInput("metadata.managedFields must be nil.", where="metadata.managedFields")
    wanted: Obj = without_entries(clone(applied))
    api_version = str(applied.get("apiVersion") or schema.gvk.api_version)
    before: Obj = without_entries(clone(live)) if live else {}
    entries = entries_of(live)
    if live and not entries:
        first = owner_of_everything(before, api_version=api_version, schema=schema, now=now)
        entries = {first.key: first}

    root = schema.root
    named = fields_of(wanted, root)
    mine = Entry(manager, "Apply", api_version, subresource, stamp(now), nobodys_removed(named))
    last = entries.get(mine.key)
    entries[mine.key] = mine
    merged: Obj = merge(before, wanted, root)
    if last is not None:
        owned = (named, *(entry.owned for entry in entries.values()))
        merged = _without_abandoned(merged, last.owned, owned, schema)

    found = compare(before, merged, root)
    changed = union(found.added, found.modified)
    conflicts = {} if live is None else _conflicts(entries, mine, changed)
    if conflicts and not force and not _last_applied_by_kubectl(manager, before, conflicts, schema):
        raise ApplyConflict(
            tuple(
                FieldConflict(str(entries[key]), spell(path))
                for key, fields in sorted(conflicts.items())
                for path in members(fields)
            )
        )
    if live and found.same:
        merged = before  # as the API server: another order of list items alone is no change
    entries = without_fields(entries, union(changed, found.removed), but=mine.key)
    if last is not None and found.same and last.owned == mine.owned and last.api_version == api_version:
        entries[mine.key] = last
    _renew_last_applied(manager, merged, wanted)
    return with_entries(merged, cap(entries))


def _without_abandoned(merged: Obj, last: Fields, owners: Iterable[Fields], schema: KindSchema) -> Obj:
    """Take away what the manager applied last time and nobody (it included) owns now."""
    root = schema.root
    last = with_named_parents(last, root)
    pruned = _taken(merged, last, schema)
    owned: Fields = {}
    for fields in owners:
        owned = union(owned, with_named_parents(fields, root))
    everything = with_named_parents(fields_of(merged, root), root)
    left = with_named_parents(fields_of(pruned, root), root)
    pruned = _taken(merged, difference(everything, union(left, owned)), schema)
    # What hung below a removed item, but was not applied by this manager, comes back.
    left = with_named_parents(fields_of(pruned, root), root)
    return _taken(merged, intersection(difference(everything, left), last), schema)


def _taken(obj: Obj, gone: Fields, schema: KindSchema) -> Obj:
    left: Any = take_away(obj, gone, schema.root)
    return {} if left is ABSENT else left


def _conflicts(entries: Entries, mine: Entry, changed: Fields) -> dict[Any, Fields]:
    found = {}
    for key, entry in entries.items():
        if key != mine.key:
            theirs = intersection(entry.owned, changed)
            if theirs:
                found[key] = theirs
    return found


def _last_applied_by_kubectl(
    manager: str, live: Obj, conflicts: dict[Any, Fields], schema: KindSchema
) -> bool:
    """kubectl may take over, unforced, what its own client-side apply set before."""
    if manager != "kubectl":
        return False
    annotation = _annotations(live).get(LAST_APPLIED)
    try:
        configured = msgspec.json.decode(annotation) if annotation else None
        if not isinstance(configured, dict):
            return False
        set_before = fields_of(configured, schema.root)
    except (msgspec.DecodeError, BadInput):
        return False
    return all(not difference(fields, set_before) for fields in conflicts.values())


def _renew_last_applied(manager: str, merged: Obj, wanted: Obj) -> None:
    """Keep the annotation of client-side apply true while kubectl goes over to server-side apply."""
    annotations = _annotations(merged)
    if manager == "kubectl" and LAST_APPLIED in annotations:
        metadata = {**(wanted.get("metadata") or {})}
        metadata["annotations"] = {
            name: text for name, text in _annotations(wanted).items() if name != LAST_APPLIED
        }
        text = msgspec.json.encode({**wanted, "metadata": metadata}, order="sorted").decode() + "\n"
        merged["metadata"]["annotations"] = {**annotations, LAST_APPLIED: text}


def _annotations(obj: Obj) -> dict[str, Any]:
    return (obj.get("metadata") or {}).get("annotations") or {}


def _summary(conflicts: tuple[FieldConflict, ...]) -> str:
    """The message of the API server's 409, which kubectl and Helm print."""
    if len(conflicts) == 1:
        only = conflicts[0]
        return f"Apply failed with 1 conflict: conflict with {only.manager}: {only.path}"
    lines = []
    for manager in sorted({one.manager for one in conflicts}):
        lines.append(f"conflicts with {manager}:")
        lines.extend(f"- {one.path}" for one in conflicts if one.manager == manager)
    return f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines)
