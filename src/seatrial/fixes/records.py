"""What `seatrial fix` did to a cluster, as its journal tells it: intended before, known after.

A process may die between the two. Then nobody knows whether the change was made, and the next one looks
at the object before it does anything (`what_became`). Decisions only; `fix_runs` acts on them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from seatrial.cluster.objects import Obj, ObjectRef
from seatrial.errors import BadFormat
from seatrial.fixes.merging import matches

FIX_FORMAT = 1


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag=True, rename="camel"):
    at: datetime
    id: str
    """Of the record: one change of one object, made once."""


class FixIntended(_Event, frozen=True, kw_only=True):
    by: str
    why: str
    check: str
    title: str
    target: ObjectRef
    resource: str
    uid: str
    version: str
    """The object's resourceVersion, on which the change was conditional."""
    patch: dict[str, Any]
    back: dict[str, Any]
    """The merge patch that takes it back, made from the live object."""
    temporary: bool = False


class FixMade(_Event, frozen=True, kw_only=True):
    """It was read back, or found so later."""

    seen_later: bool = False


class FixFailed(_Event, frozen=True, kw_only=True):
    """It is not in effect."""

    why: str


class UndoIntended(_Event, frozen=True, kw_only=True):
    by: str
    why: str = ""


class UndoMade(_Event, frozen=True, kw_only=True):
    note: str = ""


class UndoFailed(_Event, frozen=True, kw_only=True):
    why: str


FixEvent = FixIntended | FixMade | FixFailed | UndoIntended | UndoMade | UndoFailed


class State(StrEnum):
    UNKNOWN = "unknown"
    """Somebody died over it: look at the object."""
    MADE = "made"
    FAILED = "failed"
    UNDO_UNKNOWN = "undo unknown"
    UNDONE = "undone"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One fix, as the events say."""

    intended: FixIntended
    touched_at: datetime
    """Of the last event."""
    state: State = State.UNKNOWN
    note: str = ""
    """Why it failed or could not be taken back."""
    undone_by: str = ""

    @property
    def id(self) -> str:
        return self.intended.id

    @property
    def is_unsettled(self) -> bool:
        return self.state in (State.UNKNOWN, State.UNDO_UNKNOWN)


def fold(events: Iterable[FixEvent]) -> dict[str, Record]:
    """The records by id, oldest first."""
    records: dict[str, Record] = {}
    for event in events:
        if isinstance(event, FixIntended):
            records[event.id] = Record(intended=event, touched_at=event.at)
            continue
        known = records.get(event.id)
        if known is None:
            raise BadFormat(f"the journal tells of fix {event.id}, which was never begun.")
        records[event.id] = _after(known, event)
    return records


def _after(record: Record, event: FixEvent) -> Record:
    def now(state: State, note: str = "", undone_by: str = "") -> Record:
        return Record(
            intended=record.intended, state=state, note=note, touched_at=event.at, undone_by=undone_by
        )

    match event:
        case FixMade():
            return now(State.MADE)
        case FixFailed(why=why):
            return now(State.FAILED, why)
        case UndoIntended(by=by):
            return now(State.UNDO_UNKNOWN, undone_by=by)
        case UndoMade(note=note):
            return now(State.UNDONE, note, record.undone_by)
        case UndoFailed(why=why):
            return now(State.MADE, why)
        case FixIntended():
            return Record(intended=event, touched_at=event.at)


def what_became(record: Record, found: Obj | None, at: datetime) -> FixEvent:
    """Settle what a dead process left: the object says whether the change reached it."""
    intended = record.intended
    undoing = record.state is State.UNDO_UNKNOWN
    if found is None or _uid(found) != intended.uid:
        gone = "the object is gone"
        if undoing:
            return UndoMade(at=at, id=record.id, note=gone)
        return FixFailed(at=at, id=record.id, why=gone)
    changed, as_before = matches(found, intended.patch), matches(found, intended.back)
    if undoing:
        if as_before:
            return UndoMade(at=at, id=record.id)
        why = "it did not reach the cluster" if changed else _SOMEBODY
        return UndoFailed(at=at, id=record.id, why=why)
    if changed:
        return FixMade(at=at, id=record.id, seen_later=True)
    return FixFailed(at=at, id=record.id, why="it did not reach the cluster" if as_before else _SOMEBODY)


_SOMEBODY = "somebody has changed the object since: it is left as it is"


def why_not_undone(record: Record, found: Obj | None) -> str:
    """Why this must not be taken back; empty when it may be."""
    if record.state is State.UNDONE:
        return "it was taken back already."
    if record.state is State.FAILED:
        return f"it was never in effect: {record.note}."
    if found is None or _uid(found) != record.intended.uid:
        return "the object is gone, or was made anew since: there is nothing to take back."
    if not matches(found, record.intended.patch):
        fields = ", ".join(_leaves(record.intended.patch))
        return f"somebody has changed {fields} since: it is left as it is."
    return ""


def _leaves(patch: dict[str, Any], path: str = "") -> list[str]:
    found: list[str] = []
    for key, value in patch.items():
        here = f"{path}.{key}" if path else key
        found += _leaves(value, here) if isinstance(value, dict) else [here]
    return found


def _uid(found: Obj) -> str:
    return str((found.get("metadata") or {}).get("uid") or "")


_DECODER: msgspec.json.Decoder[FixEvent] = msgspec.json.Decoder(FixEvent)


def encode_fix_event(event: FixEvent) -> bytes:
    return msgspec.json.encode(event, order="sorted")


def decode_fix_event(raw: bytes, where: str) -> FixEvent:
    try:
        return _DECODER.decode(raw)
    except msgspec.MsgspecError as problem:
        raise BadFormat(f"an entry of the journal of fixes cannot be read: {problem}.", where=where) from None
