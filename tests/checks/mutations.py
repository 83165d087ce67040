"""Damages objects as people, tools and attackers do: what a check must survive.

An edit is a place (a number, taken modulo what there is) and a way to change it, so that a failing case
shrinks to the edits that matter. Most edits keep a value's type: an object of the wrong shape is turned
away when it is decoded, and no rule would ever see it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from seatrial.cluster.objects import Obj

TEXTS = (
    "",
    " ",
    "a",
    "-",
    ".",
    "/",
    ":",
    "@",
    "*",
    ",",
    "%",
    "{",
    "a/b/c/d",
    "kube-system",
    "true",
    "null",
    # numbers, quantities, percentages
    "0",
    "-1",
    "1e400",
    "1e-400",
    "0x10",
    "+5",
    "٣",
    "1_000",
    "9" * 400,
    "100%",
    "-50%",
    "1e9%",
    "%5",
    "500m",
    "1Gi",
    "1.5.5Gi",
    "-3Ki",
    "1e3",
    "1E",
    ".5",
    "5.",
    "NaN",
    "Infinity",
    "9" * 30 + "Ei",
    # durations, dates, schedules
    "1h",
    "1h30m",
    "-1h",
    "99999999999h",
    "2026-02-30T00:00:00Z",
    "2026-11-21T12:00:00Z",
    "2026-11-21T12:00:00",
    "2026-11-21",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "0000-00-00T00:00:00Z",
    "2026-11-21T12:00:00.123456789123+25:00",
    "2026-11-21T12:00:00+00:00Z",
    "*/0 * * * *",
    "@every 0s",
    "CRON_TZ=Mars/Phobos 0 0 31 2 *",
    "60 24 32 13 8",
    # versions and constraints
    "v1.36.4",
    "1",
    "v",
    "1.",
    "1.x",
    "v1.99999999999999999999",
    "1.2.3.4",
    "v1beta1",
    "apps/v1beta1",
    "a/b/v1",
    "/v1",
    "policy/",
    ">=1.0 <",
    ">=1.19-0 || ~1.x.y",
    "^^1",
    "=>1.2,,",
    # images
    "nginx",
    "nginx:",
    ":tag",
    "@sha256:abc",
    "registry:5000/a/b:v1@sha256:",
    "a" * 300 + ":latest",
    "k8s.gcr.io/pause:3.1",
    "quay.io/jetstack/cert-manager-controller:v99999.0.0",
    "docker.io//x",
    "localhost/",
    # addresses
    "10.0.0.0/33",
    "10.0.0.0/0",
    "10.0.0.1/24",
    "::/0",
    "fe80::1%eth0",
    "256.1.1.1",
    "::ffff:10.0.0.1/200",
    # certificates and other encodings
    "====",
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==",
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCkFBQUEKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    # selectors, expressions and documents in documents
    "a=b,c in (d)",
    "a in (",
    "!",
    "a==b==c",
    "[]",
    "{}",
    '{"apiVersion": 1}',
    '{"apiVersion": "policy/v1beta1", "kind": ["x"], "metadata": null}',
    '{"a":',
    "a: [b",
    "key: value\nkey: value\n",
    "&a [*a]",
    ". {\n  errors\n  federation x {\n",
    "}{",
    "object.spec.replicas > ((((",
    "deployments.v1beta1.apps",
    "[a-",
    "(a+)+$",
    # unicode and what steers terminals
    "\x00",
    "\x1b[2J\x1b]0;owned\x07",
    "a\nb\r\nc\td",
    "\x9b2J\x7f",
    "\u202edrowssap",
    "\u2028",
    "\ufeff",
    "İı",
    "ﬁ",
    "🐋" * 9,
    "e\u0301\u200d",
    "\U0010ffff",
    "\ud800",
    "<script>alert(1)</script>",
    "]]>&amp;'\"`",
    "::error file=x::y",
    "%0A%0D",
    "x" * 70_000,
)
NUMBERS = (0, 1, -1, 2, 3, 53, 100, 2**31, 2**63 - 1, -(2**63), 2**63, 10**30, -(10**30), 0.5, 1e308, -0.0)
OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [None], [[]], {"": ""}, [{}], "", 0, {"a": {"b": []}})


@dataclass(frozen=True, slots=True)
class Edit:
    how: str
    where: int
    which: int
    """Picks a value where there is a choice."""


_KEEPING_TYPES = ("value", "value", "value", "drop", "empty", "double", "borrow", "borrow")
_WAYS = (*_KEEPING_TYPES, "null", "other", "quote", "key", "copy object", "dangle", "cycle", "drop object")


def edits(most: int = 6) -> st.SearchStrategy[list[Edit]]:
    number = st.integers(0, 10**6)
    return st.lists(st.builds(Edit, st.sampled_from(_WAYS), number, number), min_size=1, max_size=most)


def damaged(objects: list[Obj], changes: list[Edit]) -> list[Obj]:
    """Copies of the objects, with the edits made one after the other."""
    objects = copy.deepcopy(objects)
    for each in changes:
        if objects:
            _edit(objects, each)
    return objects


@dataclass(slots=True)
class _Spot:
    holder: Any
    key: Any

    @property
    def value(self) -> Any:
        return self.holder[self.key]

    @value.setter
    def value(self, value: Any) -> None:
        self.holder[self.key] = value


def _edit(objects: list[Obj], edit: Edit) -> None:
    obj = objects[edit.where % len(objects)]
    if edit.how == "copy object":
        objects.append(copy.deepcopy(obj))
        return
    if edit.how == "drop object":
        objects.remove(obj)
        return
    if edit.how in ("dangle", "cycle"):
        _own(objects, obj, edit)
        return
    spots = [spot for spot in _spots(obj) if spot.holder is not obj or spot.key not in ("apiVersion", "kind")]
    if not spots:
        return
    spot = spots[edit.where // len(objects) % len(spots)]
    match edit.how:
        case "value":
            spot.value = _other_value(spot.value, edit.which)
        case "empty":
            spot.value = type(spot.value)() if spot.value is not None else None
        case "drop":
            del spot.holder[spot.key]
        case "null":
            spot.value = None
        case "other":
            spot.value = copy.deepcopy(OTHERS[edit.which % len(OTHERS)])
        case "quote":
            spot.value = _requoted(spot.value)
        case "double":
            if isinstance(spot.value, list):
                spot.value = copy.deepcopy(spot.value * 2)
            elif isinstance(spot.value, str):
                spot.value *= 2
        case "borrow":
            found = [each for each in _spots(objects) if type(each.value) is type(spot.value)]
            spot.value = copy.deepcopy(found[edit.which % len(found)].value)
        case "key":
            if isinstance(spot.holder, dict):
                spot.holder[TEXTS[edit.which % len(TEXTS)]] = spot.holder.pop(spot.key)


def _other_value(value: Any, which: int) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        text = TEXTS[which % len(TEXTS)]
        return (
            text
            if which % 3
            else value[: which % (len(value) + 1)] + text + value[which % (len(value) + 1) :]
        )
    if isinstance(value, int | float):
        return NUMBERS[which % len(NUMBERS)]
    if isinstance(value, list):
        return value[: which % (len(value) + 1)]
    if isinstance(value, dict):
        return {**value, TEXTS[which % len(TEXTS)]: TEXTS[which // 7 % len(TEXTS)]}
    return TEXTS[which % len(TEXTS)]


def _requoted(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            return [value]
    return str(value)


def _own(objects: list[Obj], obj: Obj, edit: Edit) -> None:
    """Owned by something that is not there, or by each other in a ring."""
    owner = objects[edit.which % len(objects)]
    for child, parent in ((obj, owner), (owner, obj)):
        metadata = parent.get("metadata")
        known = metadata if isinstance(metadata, dict) and edit.how == "cycle" else {"name": "gone"}
        reference = {
            "apiVersion": parent.get("apiVersion"),
            "kind": parent.get("kind"),
            "name": known.get("name"),
            "uid": known.get("uid"),
            "controller": True,
        }
        if isinstance(child.get("metadata"), dict):
            child["metadata"]["ownerReferences"] = [reference]
        if edit.how == "dangle":
            return


def _spots(value: Any) -> Iterator[_Spot]:
    """Every place below, with what holds it."""
    keys: Any = (
        value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in keys:
        yield _Spot(value, key)
        yield from _spots(value[key])
