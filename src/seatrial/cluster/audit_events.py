"""Reads the API servers' audit log: who called which deprecated API, each client added up.

Shapes that are read, mixed as they may be: events one a line, as the API server writes them, and an
EventList (API type audit.k8s.io/v1); what CloudWatch Logs returns, subscribes or exports for EKS (the
event is text in `message`, or follows a timestamp); entries of Google's Cloud Logging, which renames all
fields and keeps the annotations as labels; Azure's diagnostic records (text in `properties.log` or
`log_s`); and a collector's `log`. What is no audit event is passed over; what is broken is a problem with
its line.

A request has several events, one for each stage; it is counted once, by its audit ID. Only the outline of
an event is decoded, so no request body is ever held.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from seatrial.cluster.audit import AuditLog, DeprecatedCall
from seatrial.cluster.json_stream import Document, json_documents
from seatrial.cluster.objects import GroupVersionResource

DEPRECATED = "k8s.io/deprecated"
REMOVED_RELEASE = "k8s.io/removed-release"

_MOST_PROBLEMS = 20
_AFTER_TIMESTAMP = re.compile(rb"^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)?\s+(?=\{)")


def read_audit(lines: Iterable[bytes], source: str) -> AuditLog:
    """Read the lines of one log as they come; `source` is how problems name it. It never raises."""
    sums = _Sums()
    problems: list[str] = []
    for document in json_documents(lines):
        try:
            for event in _events(_decode(document)):
                sums.add(event)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            problems.append(f"{source}:{document.line}: {_what_is_wrong(document)}")
    if not sums.events:
        problems.append(f"{source}: holds no audit event.")
    if len(problems) > _MOST_PROBLEMS:
        problems[_MOST_PROBLEMS:] = [f"{source}: {len(problems) - _MOST_PROBLEMS} more lines cannot be read."]
    return sums.log(tuple(problems))


def merge_audits(logs: Iterable[AuditLog]) -> AuditLog:
    """One log from several files, a client's calls in all of them added up."""
    sums = _Sums()
    problems: list[str] = []
    for log in logs:
        sums.events += log.events
        sums.saw(log.first, log.last)
        problems += log.problems
        for call in log.calls:
            sums.add_call(call)
    return sums.log(tuple(problems))


def _decode(document: Document) -> list[_Record]:
    if document.cut:
        raise ValueError
    text = _AFTER_TIMESTAMP.sub(b"", document.text)
    found = _DECODER.decode(text)
    return found if isinstance(found, list) else [found]


def _what_is_wrong(document: Document) -> str:
    if document.cut:
        return "a document without an end."
    return "this is neither an audit event nor JSON that may hold one."


def _events(records: Iterable[_Record]) -> Iterator[_Record]:
    """The audit events among the records and inside their wrappings."""
    for record in records:
        if record.items or record.events or record.log_events:
            yield from _events((*record.items, *record.events, *record.log_events))
        elif record.proto_payload is not None:
            yield _of_cloud_logging(record, record.proto_payload)
        elif record.audit_id or record.stage:
            yield record
        elif wrapped := record.wrapped():
            yield from _unwrapped(wrapped)


def _unwrapped(text: bytes) -> Iterator[_Record]:
    """The event in a text field; other logs of the control plane share the stream and are passed over."""
    try:
        if text[:1] == b'"':
            text = msgspec.json.decode(text, type=str).encode()
        if text.lstrip()[:1] == b"{":
            yield from _events([_RECORD.decode(text)])
    except (msgspec.MsgspecError, ValueError):
        return


class _User(msgspec.Struct):
    username: str = ""


class _ObjectRef(msgspec.Struct, rename="camel"):
    resource: str = ""
    namespace: str = ""
    api_group: str = ""
    api_version: str = ""
    subresource: str = ""


class _Authentication(msgspec.Struct, rename="camel"):
    principal_email: str = ""


class _RequestMetadata(msgspec.Struct, rename="camel"):
    caller_supplied_user_agent: str = ""


class _ProtoPayload(msgspec.Struct, rename="camel"):
    """Google's AuditLog message."""

    method_name: str = ""
    resource_name: str = ""
    authentication_info: _Authentication = msgspec.field(default_factory=_Authentication)
    request_metadata: _RequestMetadata = msgspec.field(default_factory=_RequestMetadata)


class _Operation(msgspec.Struct):
    id: str = ""


class _Properties(msgspec.Struct):
    log: msgspec.Raw = msgspec.Raw(b"")


class _Record(msgspec.Struct, rename="camel"):
    """An audit event, or something that wraps some: every field of either that we read."""

    audit_id: str = msgspec.field(default="", name="auditID")
    stage: str = ""
    verb: str = ""
    user: _User | None = None
    user_agent: str = ""
    object_ref: _ObjectRef | None = None
    annotations: dict[str, str] | None = None
    request_received_timestamp: str = ""
    stage_timestamp: str = ""

    items: tuple[_Record, ...] = ()
    events: tuple[_Record, ...] = ()
    log_events: tuple[_Record, ...] = ()
    message: msgspec.Raw = msgspec.Raw(b"")
    at_message: msgspec.Raw = msgspec.field(default=msgspec.Raw(b""), name="@message")
    log: msgspec.Raw = msgspec.Raw(b"")
    log_s: msgspec.Raw = msgspec.field(default=msgspec.Raw(b""), name="log_s")
    properties: _Properties | None = None
    proto_payload: _ProtoPayload | None = None
    labels: dict[str, str] | None = None
    timestamp: str | int | float | None = None
    insert_id: str = ""
    operation: _Operation | None = None

    def wrapped(self) -> bytes:
        inside = self.properties.log if self.properties else b""
        return bytes(self.message or self.at_message or inside or self.log_s or self.log)

    @property
    def when(self) -> str:
        return self.request_received_timestamp or self.stage_timestamp


_RECORD = msgspec.json.Decoder(_Record)
_DECODER = msgspec.json.Decoder(_Record | list[_Record])


def _of_cloud_logging(record: _Record, payload: _ProtoPayload) -> _Record:
    """The same event under its Kubernetes names; the verb is the last word of the method."""
    group, version, *path = [*payload.resource_name.split("/"), "", ""][
        : None if payload.resource_name else 2
    ]
    namespace = ""
    if path[:1] == ["namespaces"] and len(path) > 2 and path[2]:
        namespace, path = path[1], path[2:]
    resource, subresource = (path or [""])[0], path[2] if len(path) > 2 else ""
    return _Record(
        audit_id=(record.operation.id if record.operation else "") or record.insert_id,
        stage="ResponseComplete",
        verb=payload.method_name.rpartition(".")[2],
        user=_User(payload.authentication_info.principal_email),
        user_agent=payload.request_metadata.caller_supplied_user_agent,
        object_ref=_ObjectRef(resource, namespace, "" if group == "core" else group, version, subresource),
        annotations=record.labels,
        request_received_timestamp=record.timestamp if isinstance(record.timestamp, str) else "",
    )


class _Client(msgspec.Struct):
    """What one client did to one version of a resource so far."""

    count: int = 0
    namespaces: set[str] = msgspec.field(default_factory=set)
    verbs: set[str] = msgspec.field(default_factory=set)
    first: str = ""
    last: str = ""


_Key = tuple[GroupVersionResource, str, str, str, str]


class _Sums(msgspec.Struct):
    events: int = 0
    first: str = ""
    last: str = ""
    clients: dict[_Key, _Client] = msgspec.field(default_factory=dict)
    counted: set[str] = msgspec.field(default_factory=set)
    """Audit IDs of the deprecated calls."""

    def add(self, event: _Record) -> None:
        self.events += 1
        self.saw(event.when, event.when)
        marks = event.annotations or {}
        ref = event.object_ref
        if marks.get(DEPRECATED) != "true" or ref is None or event.audit_id in self.counted:
            return
        if event.audit_id:
            self.counted.add(event.audit_id)
        self.add_call(
            DeprecatedCall(
                gvr=GroupVersionResource(ref.api_group, ref.api_version, ref.resource),
                subresource=ref.subresource,
                user=event.user.username if event.user else "",
                user_agent=event.user_agent,
                namespaces=(ref.namespace,) if ref.namespace else (),
                verbs=(event.verb,) if event.verb else (),
                first=event.when,
                last=event.when,
                removed_release=marks.get(REMOVED_RELEASE, ""),
            )
        )

    def add_call(self, call: DeprecatedCall) -> None:
        key = (call.gvr, call.subresource, call.user, call.user_agent, call.removed_release)
        client = self.clients.setdefault(key, _Client())
        client.count += call.count
        client.namespaces.update(call.namespaces)
        client.verbs.update(call.verbs)
        client.first = _earlier(client.first, call.first)
        client.last = max(client.last, call.last)

    def saw(self, first: str, last: str) -> None:
        self.first = _earlier(self.first, first)
        self.last = max(self.last, last)

    def log(self, problems: tuple[str, ...]) -> AuditLog:
        calls = (
            DeprecatedCall(
                gvr=gvr,
                subresource=subresource,
                user=user,
                user_agent=agent,
                namespaces=tuple(sorted(client.namespaces)),
                verbs=tuple(sorted(client.verbs)),
                count=client.count,
                first=client.first,
                last=client.last,
                removed_release=removed,
            )
            for (gvr, subresource, user, agent, removed), client in sorted(self.clients.items())
        )
        return AuditLog(
            calls=tuple(calls), events=self.events, first=self.first, last=self.last, problems=problems
        )


def _earlier(one: str, other: str) -> str:
    """Timestamps of audit logs are all UTC in one form, so text order is time order; "" is unknown."""
    return min(one, other) if one and other else one or other
