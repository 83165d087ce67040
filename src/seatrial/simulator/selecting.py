"""Label and field selectors of a request, read once into predicates over stored objects.

`matching` judges selectors that are objects; here is the query-string form, with the API server's
own refusals of what it cannot select by.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from seatrial.cluster.objects import Obj
from seatrial.simulator.matching import labels_match
from seatrial.simulator.status import bad_request
from seatrial.simulator.store import ResourceKey

_KEY = r"[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?"
_REQUIREMENT = re.compile(
    rf"\s*(?:(?P<absent>!)\s*(?P<gone>{_KEY})"
    rf"|(?P<key>{_KEY})\s*(?:(?P<set>in|notin)\s*\((?P<values>[^)]*)\)"
    rf"|(?P<op>==|!=|=|>|<)\s*(?P<value>[-A-Za-z0-9_.]*))?)\s*(?:,|$)"
)
_OPERATORS = {"in": "In", "notin": "NotIn", "=": "In", "==": "In", "!=": "NotIn", ">": "Gt", "<": "Lt"}


def label_selector(text: str) -> dict[str, Any]:
    """The query-string form as a LabelSelector object: `app=web,tier in (a,b),!canary`."""
    expressions = []
    position = 0
    while position < len(text):
        found = _REQUIREMENT.match(text, position)
        if not found or found.end() == position:
            raise bad_request(f"unable to parse requirement: invalid selector {text!r}")
        position = found.end()
        expressions.append(_expression(found))
    return {"matchExpressions": expressions}


def _expression(found: re.Match[str]) -> dict[str, Any]:
    if found["absent"]:
        return {"key": found["gone"], "operator": "DoesNotExist"}
    if found["set"]:
        values = [value.strip() for value in found["values"].split(",")]
    elif found["op"]:
        values = [found["value"]]
    else:
        return {"key": found["key"], "operator": "Exists"}
    return {"key": found["key"], "operator": _OPERATORS[found["set"] or found["op"]], "values": values}


def by_labels(text: str) -> Callable[[Mapping[str, str]], bool] | None:
    """A predicate over labels; None when the selector is empty and selects everything."""
    if not text.strip():
        return None
    selector = label_selector(text)
    return lambda labels: labels_match(selector, labels)


class FieldMatch:
    """A field selector. `body` judges stored bytes, decoding only the fields that it needs."""

    def __init__(self, terms: list[tuple[list[str], bool, str]]) -> None:
        self._terms = terms
        paths = [path for path, _, _ in terms]
        plain = all(step.isidentifier() for path in paths for step in path)
        self._decode = msgspec.json.Decoder(_shape(paths)).decode if plain else None

    def obj(self, obj: Obj) -> bool:
        return all((_text_at(obj, path) == value) == equal for path, equal, value in self._terms)

    def body(self, body: bytes) -> bool:
        if self._decode is not None:
            with suppress(msgspec.ValidationError):  # a custom resource may hold anything there
                found = self._decode(body)
                return all((_field_at(found, path) == value) == equal for path, equal, value in self._terms)
        return self.obj(msgspec.json.decode(body))


def by_fields(key: ResourceKey, text: str, custom: tuple[str, ...] = ()) -> FieldMatch | None:
    """None when the selector is empty; 400 for a field that this resource cannot be selected by."""
    terms = [_term(part) for part in text.split(",") if part.strip()]
    if not terms:
        return None
    known = {"metadata.name", "metadata.namespace", *_FIELDS.get(str(key), ()), *custom}
    for field, _, _ in terms:
        if field not in known:
            raise bad_request(f'field label not supported: "{field}"')
    return FieldMatch([(_PATHS.get(field, field).split("."), equal, value) for field, equal, value in terms])


def _shape(paths: list[list[str]]) -> type[msgspec.Struct]:
    """A struct of these fields, nested as they are; attributes have a prefix (a field may be `from`)."""
    below: dict[str, list[list[str]]] = {}
    for first, *rest in paths:
        below.setdefault(first, []).append(rest)
    fields: list[tuple[str, Any, Any]] = []
    for name, rests in below.items():
        inner: Any = Any if any(not rest for rest in rests) else _shape(rests) | None
        fields.append((f"f_{name}", inner, msgspec.field(default=None, name=name)))
    return msgspec.defstruct("Selected", fields)


def _field_at(found: Any, path: list[str]) -> str:
    for step in path:
        found = found.get(step) if isinstance(found, dict) else getattr(found, f"f_{step}", None)
    return _text(path, found)


def _term(part: str) -> tuple[str, bool, str]:
    for operator, equal in (("!=", False), ("==", True), ("=", True)):
        field, found, value = part.partition(operator)
        if found:
            return field.strip(), equal, value.strip()
    raise bad_request(f"invalid selector: '{part}'; can't understand '{part}'")


def _text_at(obj: Any, path: list[str]) -> str:
    for step in path:
        obj = obj.get(step) if isinstance(obj, dict) else None
    return _text(path, obj)


def _text(path: list[str], value: Any) -> str:
    if value is None:
        return _ABSENT.get(path[-1], "")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


# What the API server selects by where the object is silent.
_ABSENT = {"unschedulable": "false", "hostNetwork": "false", "succeeded": "0", "replicas": "0"}
# Field labels that are not the path of their field.
_PATHS = {"source": "source.component", "status.successful": "status.succeeded"}
_EVENT = (
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
)
_FIELDS: dict[str, tuple[str, ...]] = {
    "pods": (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
    "events": _EVENT,
    "secrets": ("type",),
    "namespaces": ("status.phase",),
    "nodes": ("spec.unschedulable",),
    "services": ("spec.clusterIP", "spec.type"),
    "replicasets.apps": ("status.replicas",),
    "replicationcontrollers": ("status.replicas",),
    "jobs.batch": ("status.successful",),
    "certificatesigningrequests.certificates.k8s.io": ("spec.signerName",),
}
