"""One watch: which events a client gets, in which order, from which revision on.

No I/O here: `Watch` turns store events into lines in a queue, and the server writes them out. A
change that makes an object match (or no longer match) the selectors becomes ADDED (or DELETED).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from seatrial.simulator.listing import Selection
from seatrial.simulator.representing import Representation
from seatrial.simulator.status import ApiError, bad_request, expired, invalid
from seatrial.simulator.store import Event, EventType, HistoryGone, decode, encode

_MAX_WAITING = 100_000  # lines that a client may be behind before it is cut off, as upstream does


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """The query parameters of a watch; seconds, and None for the server's own timeout."""

    revision: str = ""
    match: str = ""
    bookmarks: bool = False
    initial_events: bool | None = None
    timeout: float | None = None


@dataclass(slots=True, eq=False)
class Watch:
    """Call `open`, write what `take` returns whenever `wake` is called, and `close` it in the end."""

    selection: Selection
    shown: Representation
    options: WatchOptions
    wake: Callable[[], None] = field(default=lambda: None)
    over: bool = False
    _lines: deque[bytes] = field(default_factory=deque)
    _unsubscribe: Callable[[], None] | None = None
    _headers_due: bool = True

    def open(self) -> None:
        """Queue what the client must see first, then follow the store; refuses bad options with 4xx."""
        store, options = self.shown.api.store, self.options
        self._check()
        if options.initial_events or (options.initial_events is None and options.revision in ("", "0")):
            for record in self.selection.records(store):
                self._line("ADDED", record.body)
            if options.initial_events:
                self._bookmark(initial_events_end=True)
        elif options.revision not in ("", "0"):
            self._resume(int(options.revision))
        self._unsubscribe = store.subscribe(self._seen)

    def take(self) -> bytes:
        """Everything queued since the last call."""
        lines = b"".join(self._lines)
        self._lines.clear()
        return lines

    def bookmark(self) -> None:
        """Tell the client how far it has come, if it asked to be told."""
        if self.options.bookmarks:
            self._bookmark(initial_events_end=False)

    def close(self) -> None:
        """End it, after what is queued; safe to call twice."""
        self.over = True
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self.wake()

    def _check(self) -> None:
        options = self.options
        if options.initial_events is not None:
            causes = []
            if options.match != "NotOlderThan":
                message = (
                    'Forbidden: sendInitialEvents requires setting resourceVersionMatch to "NotOlderThan"'
                )
                causes.append(("FieldValueForbidden", "resourceVersionMatch", message))
            if options.initial_events and not options.bookmarks:
                message = "Forbidden: sendInitialEvents requires allowWatchBookmarks"
                causes.append(("FieldValueForbidden", "allowWatchBookmarks", message))
            if causes:
                raise invalid("meta.k8s.io", "ListOptions", "", causes)
        elif options.match:
            message = (
                "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
            )
            raise invalid(
                "meta.k8s.io", "ListOptions", "", [("FieldValueForbidden", "resourceVersionMatch", message)]
            )
        if options.revision and not options.revision.isdigit():
            raise bad_request(f'Invalid value: "{options.revision}": resourceVersion must be a number')

    def _resume(self, revision: int) -> None:
        store = self.shown.api.store
        try:
            missed = store.events_after(revision, self.selection.key)
        except HistoryGone:
            error = expired(f"too old resource version: {revision} ({store.oldest_revision})")
            self._put(b'{"type":"ERROR","object":' + encode(error.status()) + b"}\n")
            self.over = True
            return
        for event in missed:
            self._seen(event)

    def _seen(self, event: Event) -> None:
        selection = self.selection
        if event.key != selection.key or self.over:
            return
        if selection.namespace is not None and event.namespace != selection.namespace:
            return
        kind: EventType | None = event.type
        if not selection.takes_everything:
            kind = self._judged(event)
        if kind is not None:
            try:
                self._line(kind, event.body)
            except ApiError:  # what it watched is no longer served
                self.close()

    def _judged(self, event: Event) -> EventType | None:
        has = self.selection.has_object(decode(event.body))
        had = event.previous is not None and self.selection.has_object(decode(event.previous))
        match event.type, had, has:
            case "DELETED", _, _:
                return "DELETED" if had else None
            case _, True, True:
                return "MODIFIED"
            case _, False, True:
                return "ADDED"
            case _, True, False:
                return "DELETED"
            case _:
                return None

    def _line(self, kind: str, body: bytes) -> None:
        shown = self.shown.item(body, headers=self._headers_due)
        self._headers_due = False
        self._put(b'{"type":"' + kind.encode() + b'","object":' + shown + b"}\n")

    def _bookmark(self, *, initial_events_end: bool) -> None:
        revision = self.shown.api.store.revision
        shown = self.shown.bookmark(revision, initial_events_end=initial_events_end)
        self._put(b'{"type":"BOOKMARK","object":' + shown + b"}\n")

    def _put(self, line: bytes) -> None:
        if len(self._lines) >= _MAX_WAITING:
            self.close()
            return
        self._lines.append(line)
        self.wake()


def refuse_unwatchable(verbs: tuple[str, ...]) -> None:
    if "watch" not in verbs:
        raise ApiError(405, "the server does not allow this method on the requested resource")
