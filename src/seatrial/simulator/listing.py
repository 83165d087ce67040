"""List in chunks: selectors, limit and continue, and when a continue token has expired."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from seatrial.cluster.objects import Obj
from seatrial.simulator.selecting import FieldMatch, by_fields, by_labels
from seatrial.simulator.status import ApiError, expired
from seatrial.simulator.store import ObjectStore, Record, ResourceKey


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records of one resource a request is about."""

    key: ResourceKey
    namespace: str | None
    name: str
    labels: Callable[[dict[str, str]], bool] | None
    fields: FieldMatch | None

    @classmethod
    def of(
        cls, key: ResourceKey, namespace: str | None, labels: str, fields: str, custom: tuple[str, ...]
    ) -> Selection:
        name = _single_name(fields)
        field_match = None if name else by_fields(key, fields, custom)
        return cls(key, namespace, name, by_labels(labels), field_match)

    def has(self, record: Record) -> bool:
        if self.name and record.name != self.name:
            return False
        if self.labels is not None and not self.labels(record.labels):
            return False
        return self.fields is None or self.fields.body(record.body)

    def has_object(self, obj: Obj) -> bool:
        """The same judgement over a decoded object (an event's)."""
        meta = obj["metadata"]
        if self.name and meta["name"] != self.name:
            return False
        if self.labels is not None and not self.labels(meta.get("labels") or {}):
            return False
        return self.fields is None or self.fields.obj(obj)

    @property
    def takes_everything(self) -> bool:
        return not self.name and self.labels is None and self.fields is None

    def records(self, store: ObjectStore, after: tuple[str, str] | None = None) -> Iterator[Record]:
        if self.name and self.namespace is not None and after is None:
            only = store.raw(self.key, self.namespace, self.name)
            if only is not None and self.has(only):
                yield only
            return
        for record in store.records(self.key, self.namespace, after=after):
            if self.takes_everything or self.has(record):
                yield record


def _single_name(fields: str) -> str:
    """The name in `metadata.name=x`, by far the commonest field selector."""
    for operator in ("metadata.name==", "metadata.name="):
        if fields.startswith(operator) and "," not in fields:
            return fields.removeprefix(operator)
    return ""


@dataclass(frozen=True, slots=True)
class Chunk:
    records: list[Record]
    revision: int
    following: str
    remaining: int


def read_chunk(store: ObjectStore, selection: Selection, limit: int, token: str) -> Chunk:
    """At most `limit` records (0: all) from where `token` left off; 410 for a token that is too old.

    Later chunks see the present state, under the first one's revision: we keep no old versions.
    """
    after, revision = None, store.revision
    if token:
        after, revision = _read_token(token)
        store_forgot = revision < store.oldest_revision
        if store_forgot:
            raise expired(
                "The provided continue parameter is too old to display a consistent list result. You can"
                " start a new list without the continue parameter, or use the continue token in this"
                " response to retrieve the remainder of the results."
            )
    if not limit:
        return Chunk(list(selection.records(store, after)), revision, "", 0)
    found: list[Record] = []
    for record in selection.records(store, after):
        if len(found) == limit:
            remaining = 0
            if selection.takes_everything:
                last = (found[-1].namespace, found[-1].name)
                remaining = store.count_after(selection.key, selection.namespace, last)
            return Chunk(found, revision, _token(found[-1], revision), remaining)
        found.append(record)
    return Chunk(found, revision, "", 0)


def _token(last: Record, revision: int) -> str:
    body = msgspec.json.encode({"v": "seatrial", "rv": revision, "start": [last.namespace, last.name]})
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def _read_token(token: str) -> tuple[tuple[str, str], int]:
    try:
        body = msgspec.json.decode(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        namespace, name = body["start"]
        return (str(namespace), str(name)), int(body["rv"])
    except (binascii.Error, msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise ApiError(400, "continue key is not valid") from error
