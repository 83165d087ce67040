"""Who set which field: `metadata.managedFields`, kept on every create, update and patch.

Entries are told apart by manager, operation and subresource, and updates also by the version that
they used. All versions' paths are compared as they are: a field that a conversion renames is
tracked under the name of the version that wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from seatrial.cluster.objects import Obj
from seatrial.errors import BadInput
from seatrial.schemas.copying import clone
from seatrial.schemas.fieldset import Fields, difference, union
from seatrial.schemas.kind import KindSchema
from seatrial.schemas.ownable import compare, fields_of

Operation = Literal["Apply", "Update"]
Key = tuple[str, str, str, str]

MAX_UPDATERS = 10
"""As many updaters as an object remembers; older ones are folded into one."""

ANCIENT = "ancient-changes"
BEFORE_FIRST_APPLY = "before-first-apply"

# Fields that the server or the URL decides: nobody owns them.
_NOBODYS: Fields = {
    "f:apiVersion": {},
    "f:kind": {},
    "f:metadata": {
        ".": {},
        **{
            f"f:{name}": {}
            for name in (
                "name",
                "namespace",
                "creationTimestamp",
                "selfLink",
                "uid",
                "clusterName",
                "generation",
                "managedFields",
                "resourceVersion",
            )
        },
    },
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of `metadata.managedFields`."""

    manager: str
    operation: Operation
    api_version: str
    subresource: str = ""
    time: str = ""
    fields: Fields | None = None

    @property
    def key(self) -> Key:
        version = self.api_version if self.operation == "Update" else ""
        return (self.manager, self.operation, self.subresource, version)

    @property
    def owned(self) -> Fields:
        return self.fields or {}

    def __str__(self) -> str:
        """As a conflict names it."""
        text = f'"{self.manager}"'
        if self.subresource:
            text += f' with subresource "{self.subresource}"'
        if self.operation == "Update":
            text += f" using {self.api_version}"
            if self.time:
                text += f" at {self.time}"
        return text


Entries = dict[Key, Entry]


def track_update(
    old: Obj | None,
    new: Obj,
    *,
    manager: str,
    api_version: str,
    schema: KindSchema,
    now: datetime,
    operation: Operation = "Update",
    subresource: str = "",
) -> Obj:
    """A copy of `new` whose managedFields say that `manager` changed what differs from `old`.

    `old` is None on create. `new` may carry managedFields of its own, as `kubectl replace` and
    edits of them do: `[]` keeps those of `old`, `[{}]` forgets everything.
    """
    after: Obj = clone(new)
    entries = _starting_entries(old, after)
    without_entries(after)
    before = _zero_of(after, schema) if old is None else without_entries(clone(old))
    try:
        found = compare(before, after, schema.root)
    except BadInput:  # items without keys: the write is legal, it only cannot be tracked
        return with_entries(after, entries)
    taken = nobodys_removed(union(found.added, found.modified))
    lost = union(taken, found.removed)
    kept = without_fields(entries, lost)
    if taken:
        mine = Entry(manager, operation, api_version, subresource, stamp(now), taken)
        previous = kept.get(mine.key)
        kept[mine.key] = replace(mine, fields=union(previous.owned, taken)) if previous else mine
    return with_entries(after, cap(kept))


def entries_of(obj: Obj | None) -> Entries:
    """The object's entries; a malformed one is left out, as the API server does."""
    entries: Entries = {}
    managed = ((obj or {}).get("metadata") or {}).get("managedFields")
    for raw in managed if isinstance(managed, list) else ():
        if not isinstance(raw, dict) or raw.get("operation") not in ("Apply", "Update"):
            continue
        fields = raw.get("fieldsV1")
        entry = Entry(
            manager=str(raw.get("manager") or ""),
            operation=raw["operation"],
            api_version=str(raw.get("apiVersion") or ""),
            subresource=str(raw.get("subresource") or ""),
            time=str(raw.get("time") or ""),
            fields=fields if isinstance(fields, dict) else {},
        )
        entries[entry.key] = entry
    return entries


def with_entries(obj: Obj, entries: Entries) -> Obj:
    """`obj` itself, its managedFields replaced."""
    metadata = obj.setdefault("metadata", {})
    if not entries:
        metadata.pop("managedFields", None)
        return obj
    ordered = sorted(
        entries.values(),
        key=lambda one: (one.operation, one.time, one.manager, one.api_version, one.subresource),
    )
    metadata["managedFields"] = [_written(entry) for entry in ordered]
    return obj


def without_entries(obj: Obj) -> Obj:
    """`obj` itself, without managedFields."""
    metadata = obj.get("metadata")
    if isinstance(metadata, dict):
        metadata.pop("managedFields", None)
    return obj


def without_fields(entries: Entries, lost: Fields, *, but: Key | None = None) -> Entries:
    """The entries without the fields in `lost`; those that own nothing more are gone."""
    kept: Entries = {}
    for key, entry in entries.items():
        left = entry.owned if key == but or not lost else difference(entry.owned, lost)
        if left:
            kept[key] = entry if left is entry.owned else replace(entry, fields=left)
    return kept


def nobodys_removed(fields: Fields) -> Fields:
    return difference(fields, _NOBODYS)


def owner_of_everything(live: Obj, *, api_version: str, schema: KindSchema, now: datetime) -> Entry:
    """Stands for whoever wrote an object that nobody tracked, once it is first applied."""
    fields = nobodys_removed(fields_of(live, schema.root))
    return Entry(BEFORE_FIRST_APPLY, "Update", api_version, "", stamp(now), fields)


def cap(entries: Entries) -> Entries:
    """At most `MAX_UPDATERS` updaters: the oldest become one entry per version."""
    updaters = sorted(
        (one for one in entries.values() if one.operation == "Update" and not one.subresource),
        key=lambda one: (one.time, one.manager),
    )
    kept = dict(entries)
    excess = len(updaters) - MAX_UPDATERS
    while excess > 0 and updaters:
        oldest = updaters.pop(0)
        bucket = Entry(ANCIENT, "Update", oldest.api_version, "", oldest.time, {})
        previous = kept.get(bucket.key, bucket)
        if oldest.key == bucket.key:
            continue
        del kept[oldest.key]
        excess -= 1 if bucket.key in kept else 0
        kept[bucket.key] = replace(previous, fields=union(previous.owned, oldest.owned), time=oldest.time)
    return kept


def stamp(now: datetime) -> str:
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


def _starting_entries(old: Obj | None, new: Obj) -> Entries:
    given = (new.get("metadata") or {}).get("managedFields")
    if isinstance(given, list) and len(given) == 1 and not any((given[0] or {}).values()):
        return {}
    return entries_of(new) or entries_of(old)


def _written(entry: Entry) -> dict[str, Any]:
    written: dict[str, Any] = {"manager": entry.manager, "operation": entry.operation}
    written["apiVersion"] = entry.api_version
    if entry.time:
        written["time"] = entry.time
    written["fieldsType"] = "FieldsV1"
    written["fieldsV1"] = entry.owned
    if entry.subresource:
        written["subresource"] = entry.subresource
    return written


_ALWAYS_THERE: Iterable[str] = (
    "metadata",
    "spec",
    "status",
    "template",
    "jobTemplate",
    "strategy",
    "updateStrategy",
)


def _zero_of(obj: Obj, schema: KindSchema) -> Obj:
    """What an object is before it is created: Go's structs hold some parts even when empty."""
    if not schema.builtin:
        return {"metadata": {}}
    return {name: _zero_of(obj[name], schema) for name in _ALWAYS_THERE if isinstance(obj.get(name), dict)}
