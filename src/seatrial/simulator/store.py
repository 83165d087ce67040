"""Holds every object of one simulated cluster as encoded JSON, with the indexes that reads need.

A pod of 3 KB costs 3.8 KB as bytes and 18.6 KB as a dict, so bytes are what is kept; a small cache
holds what was decoded last. The store knows nothing of Kubernetes but names, namespaces, uids,
labels and owners: semantics live in `verbs`. One thread, no asyncio: a write tells its subscribers
before it returns, and what they write in turn is told after it, so that all see one order.
"""

from __future__ import annotations

import builtins
from bisect import bisect_left, bisect_right, insort
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import msgspec

from seatrial.cluster.objects import Obj
from seatrial.errors import SeatrialError

_DECODED = 2048  # objects kept decoded
_HISTORY = 20_000  # events kept for watches that resume

decode: Callable[[bytes], Obj] = msgspec.json.Decoder(type=dict).decode
encode: Callable[[object], bytes] = msgspec.json.Encoder().encode

EventType = Literal["ADDED", "MODIFIED", "DELETED"]


class ResourceKey(NamedTuple):
    """A resource whatever its version: ("apps", "deployments"); the core group is empty."""

    group: str
    resource: str

    def __str__(self) -> str:
        return f"{self.resource}.{self.group}" if self.group else self.resource


class NotStored(SeatrialError):
    """No object of that name."""


class AlreadyStored(SeatrialError):
    """An object of that name exists."""


class StaleRevision(SeatrialError):
    """The object was changed since the caller read it."""


class HistoryGone(SeatrialError):
    """The events after that revision are no longer kept (HTTP 410)."""


@dataclass(frozen=True, slots=True)
class Record:
    """One stored object; `body` is its JSON in the storage version."""

    key: ResourceKey
    namespace: str
    name: str
    uid: str
    body: bytes
    revision: int
    labels: dict[str, str]
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """A change that happened; `previous` is the body before it (None when added)."""

    type: EventType
    key: ResourceKey
    namespace: str
    name: str
    body: bytes
    revision: int
    previous: bytes | None
    uid: str = ""

    def obj(self) -> Obj:
        """The object after the change (for DELETED: its last state), decoded afresh."""
        return decode(self.body)


Subscriber = Callable[[Event], None]


class ObjectStore:
    """Objects by resource, namespace and name; `revision` is the last resourceVersion given."""

    def __init__(self, *, history: int = _HISTORY) -> None:
        self.revision = 1
        self._tables: dict[ResourceKey, dict[tuple[str, str], Record]] = {}
        self._order: dict[ResourceKey, list[tuple[str, str]]] = {}
        self._by_uid: dict[str, Record] = {}
        self._by_owner: dict[str, dict[str, None]] = {}
        self._decoded: OrderedDict[tuple[ResourceKey, str, str], tuple[int, Obj]] = OrderedDict()
        self._history: deque[Event] = deque(maxlen=history)
        self._forgotten = 0  # every revision up to this one can no longer be resumed from
        self._subscribers: dict[int, Subscriber] = {}
        self._untold: deque[Event] = deque()
        self._telling = False
        self._next_subscriber = 0

    # reading
    def get(self, key: ResourceKey, namespace: str, name: str) -> Obj | None:
        """A fresh dict that the caller may change, or None."""
        record = self.raw(key, namespace, name)
        return decode(record.body) if record else None

    def peek(self, key: ResourceKey, namespace: str, name: str) -> Obj | None:
        """The shared decoded object: cheaper than `get`, must not be changed."""
        record = self.raw(key, namespace, name)
        return self.shared(record) if record else None

    def shared(self, record: Record) -> Obj:
        """A record decoded through the cache; must not be changed."""
        at = (record.key, record.namespace, record.name)
        found = self._decoded.get(at)
        if found and found[0] == record.revision:
            self._decoded.move_to_end(at)
            return found[1]
        obj = decode(record.body)
        self._decoded[at] = (record.revision, obj)
        if len(self._decoded) > _DECODED:
            self._decoded.popitem(last=False)
        return obj

    def raw(self, key: ResourceKey, namespace: str, name: str) -> Record | None:
        table = self._tables.get(key)
        return table.get((namespace, name)) if table else None

    def list(self, key: ResourceKey, namespace: str | None = None) -> list[Obj]:
        """Fresh dicts in order of namespace and name; None means every namespace."""
        return [decode(record.body) for record in self.records(key, namespace)]

    def peek_list(self, key: ResourceKey, namespace: str | None = None) -> builtins.list[Obj]:
        """Shared dicts, which must not be changed, in order of namespace and name."""
        return [self.shared(record) for record in self.records(key, namespace)]

    def records(
        self, key: ResourceKey, namespace: str | None = None, *, after: tuple[str, str] | None = None
    ) -> Iterator[Record]:
        """Records in order of namespace and name, of one namespace or all, starting behind `after`."""
        order = self._order.get(key, [])
        table = self._tables.get(key, {})
        low, high = 0, len(order)
        if namespace is not None:
            low, high = bisect_left(order, (namespace, "")), bisect_left(order, (namespace + "\0", ""))
        if after is not None:
            low = max(low, bisect_right(order, after))
        return (table[at] for at in order[low:high])

    def count(self, key: ResourceKey, namespace: str | None = None) -> int:
        if namespace is None:
            return len(self._order.get(key, ()))
        return sum(1 for _ in self.records(key, namespace))

    def count_after(self, key: ResourceKey, namespace: str | None, place: tuple[str, str]) -> int:
        """How many records of that scope come behind `place`."""
        order = self._order.get(key, [])
        high = len(order) if namespace is None else bisect_left(order, (namespace + "\0", ""))
        return max(0, high - bisect_right(order, place))

    def by_uid(self, uid: str) -> Record | None:
        return self._by_uid.get(uid)

    def owned_by(self, uid: str) -> builtins.list[Record]:
        """Records that name `uid` in metadata.ownerReferences, oldest first."""
        return [self._by_uid[owned] for owned in self._by_owner.get(uid, ())]

    def stored_keys(self) -> builtins.list[ResourceKey]:
        """Resources that have at least one object."""
        return [key for key, table in self._tables.items() if table]

    # writing
    def create(self, key: ResourceKey, obj: Obj) -> Obj:
        """Store `obj` (which must have its uid) under a new revision; sets its resourceVersion."""
        namespace, name = _place(obj)
        if self.raw(key, namespace, name):
            raise AlreadyStored(f"{key} {name!r} exists.", where=namespace)
        record = self._record(key, obj)
        self._tables.setdefault(key, {})[namespace, name] = record
        insort(self._order.setdefault(key, []), (namespace, name))
        self._index(record)
        self._tell(Event("ADDED", key, namespace, name, record.body, record.revision, None, record.uid))
        return obj

    def update(self, key: ResourceKey, obj: Obj, expected_revision: int | None = None) -> Obj:
        """Replace the object of that name; sets its resourceVersion.

        An object that did not change keeps its revision and tells nobody, as in etcd3 storage.
        """
        namespace, name = _place(obj)
        before = self._known(key, namespace, name)
        if expected_revision is not None and before.revision != expected_revision:
            raise StaleRevision(f"{key} {name!r} has been modified.", where=namespace)
        obj["metadata"]["resourceVersion"] = str(before.revision)
        if obj == self.shared(before):
            return obj
        record = self._record(key, obj)
        self._unindex(before)
        self._tables[key][namespace, name] = record
        self._index(record)
        self._tell(
            Event("MODIFIED", key, namespace, name, record.body, record.revision, before.body, record.uid)
        )
        return obj

    def remove(self, key: ResourceKey, namespace: str, name: str, last: Obj | None = None) -> Obj:
        """Take the object away; returns its last state with the deletion's resourceVersion.

        `last` is that last state when the very change that removes it also edits it.
        """
        before = self._known(key, namespace, name)
        del self._tables[key][namespace, name]
        order = self._order[key]
        del order[bisect_left(order, (namespace, name))]
        self._unindex(before)
        self._decoded.pop((key, namespace, name), None)
        obj = last if last is not None else decode(before.body)
        self.revision += 1
        obj["metadata"]["resourceVersion"] = str(self.revision)
        self._tell(
            Event("DELETED", key, namespace, name, encode(obj), self.revision, before.body, before.uid)
        )
        return obj

    def rewrite(self, key: ResourceKey, change: Callable[[Obj], Obj]) -> None:
        """Keep objects in another form (a new storage version): not a write, so nobody is told."""
        table = self._tables.get(key, {})
        for place, record in table.items():
            table[place] = again = replace(record, body=encode(change(decode(record.body))))
            self._by_uid[record.uid] = again
            self._decoded.pop((key, *place), None)

    # watching
    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber` with each event, inside the write; returns what ends it."""
        number = self._next_subscriber
        self._next_subscriber += 1
        self._subscribers[number] = subscriber
        return lambda: self._subscribers.pop(number, None) and None

    def events_after(self, revision: int, key: ResourceKey | None = None) -> builtins.list[Event]:
        """What happened after `revision`; raises `HistoryGone` when that is no longer known."""
        if revision < self._forgotten:
            raise HistoryGone(f"events after {revision} are gone; {self._forgotten} is the oldest.")
        found = []
        for event in reversed(self._history):
            if event.revision <= revision:
                break
            if key is None or event.key == key:
                found.append(event)
        found.reverse()
        return found

    @property
    def oldest_revision(self) -> int:
        """Watches and chunked lists cannot go on from before this revision."""
        return self._forgotten

    def forget_history(self) -> None:
        """Compact: no watch can resume from before now (clients get 410 and list again)."""
        self._history.clear()
        self._forgotten = self.revision

    # inside
    def _known(self, key: ResourceKey, namespace: str, name: str) -> Record:
        record = self.raw(key, namespace, name)
        if record is None:
            raise NotStored(f"{key} {name!r} not found.", where=namespace)
        return record

    def _record(self, key: ResourceKey, obj: Obj) -> Record:
        self.revision += 1
        meta = obj["metadata"]
        meta["resourceVersion"] = str(self.revision)
        namespace, name = _place(obj)
        owners = tuple(ref["uid"] for ref in meta.get("ownerReferences") or ())
        labels = meta.get("labels") or {}
        return Record(key, namespace, name, meta["uid"], encode(obj), self.revision, dict(labels), owners)

    def _index(self, record: Record) -> None:
        self._by_uid[record.uid] = record
        for owner in record.owners:
            self._by_owner.setdefault(owner, {})[record.uid] = None

    def _unindex(self, record: Record) -> None:
        self._by_uid.pop(record.uid, None)
        for owner in record.owners:
            owned = self._by_owner.get(owner)
            if owned is not None:
                owned.pop(record.uid, None)
                if not owned:
                    del self._by_owner[owner]

    def _tell(self, event: Event) -> None:
        if self._history.maxlen is not None and len(self._history) == self._history.maxlen:
            self._forgotten = self._history[0].revision
        self._history.append(event)
        self._untold.append(event)
        if self._telling:  # a subscriber wrote: everybody hears of it after the event in hand
            return
        self._telling = True
        failed: Exception | None = None
        while self._untold:
            told = self._untold.popleft()
            for subscriber in tuple(self._subscribers.values()):
                try:
                    subscriber(told)
                except Exception as error:  # the others must hear of it all the same
                    failed = failed or error
        self._telling = False
        if failed is not None:
            raise failed


def _place(obj: Obj) -> tuple[str, str]:
    meta = obj["metadata"]
    return meta.get("namespace") or "", meta["name"]
