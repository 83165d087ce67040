"""Label selectors as the API defines them (meta/v1 LabelSelector and the query-string form).

An empty selector selects everything. A missing one depends on the kind that holds it: it selects
nothing in a disruption budget, everything in a webhook; so whoever reads the field decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

import msgspec

from seatrial.errors import BadInput


class Operator(StrEnum):
    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"
    GT = "Gt"
    LT = "Lt"


class Requirement(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """One condition on one label; also the API's LabelSelectorRequirement."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.key)
        match self.operator:
            case Operator.IN:
                return value is not None and value in self.values
            case Operator.NOT_IN:
                return value is None or value not in self.values
            case Operator.EXISTS:
                return value is not None
            case Operator.DOES_NOT_EXIST:
                return value is None
            case Operator.GT | Operator.LT:
                try:
                    have, limit = int(value or ""), int(self.values[0])
                except (ValueError, IndexError):
                    return False
                return have > limit if self.operator is Operator.GT else have < limit


class LabelSelector(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """meta/v1 LabelSelector: all of its conditions must hold."""

    match_labels: dict[str, str] = msgspec.field(default_factory=dict)
    match_expressions: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        return all(labels.get(key) == value for key, value in self.match_labels.items()) and all(
            requirement.matches(labels) for requirement in self.match_expressions
        )

    @property
    def selects_everything(self) -> bool:
        return not self.match_labels and not self.match_expressions

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        exact = tuple(
            Requirement(key, Operator.IN, (value,)) for key, value in sorted(self.match_labels.items())
        )
        return exact + self.match_expressions

    def __str__(self) -> str:
        return format_selector(self.requirements)


def matches_all(requirements: tuple[Requirement, ...], labels: Mapping[str, str]) -> bool:
    return all(requirement.matches(labels) for requirement in requirements)


# Texts: `re` compiles each when it is first used, and keeps it.
_NAME = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?"
_KEY = rf"(?:{_NAME}/)?{_NAME}"
_TERM = rf"""(?x)\s*(?:
        !\s*(?P<absent>{_KEY})
      | (?P<set_key>{_KEY})\s+(?P<set_op>in|notin)\s*\((?P<set_values>[^()]*)\)
      | (?P<key>{_KEY})\s*(?:(?P<op>==|=|!=|>|<)\s*(?P<value>[-A-Za-z0-9_.]*))?
    )\s*(?:,|$)"""
_VALUE = rf"^(?:{_NAME})?$"


def parse_selector(text: str) -> tuple[Requirement, ...]:
    """Read `labelSelector=` as kubectl writes it; raises `BadInput`. Empty text selects everything."""
    requirements: list[Requirement] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        term = re.compile(_TERM).match(text, position)
        if term is None:
            raise _unparsable(text)
        requirements.append(_requirement(term, text))
        position = term.end()
        if position >= end and text.rstrip().endswith(","):
            raise _unparsable(text)
    return tuple(requirements)


def _requirement(term: re.Match[str], text: str) -> Requirement:
    if term["absent"]:
        return Requirement(term["absent"], Operator.DOES_NOT_EXIST)
    if term["set_key"]:
        values = tuple(sorted({value.strip() for value in term["set_values"].split(",")}))
        if not all(re.match(_VALUE, value) for value in values):
            raise _unparsable(text)
        return Requirement(
            term["set_key"], Operator.IN if term["set_op"] == "in" else Operator.NOT_IN, values
        )
    key, operator, value = term["key"], term["op"], term["value"]
    if operator is None:
        return Requirement(key, Operator.EXISTS)
    if operator in "><":
        if not re.fullmatch(r"-?\d+", value):
            raise _unparsable(text)
        return Requirement(key, Operator.GT if operator == ">" else Operator.LT, (value,))
    if not re.match(_VALUE, value):
        raise _unparsable(text)
    return Requirement(key, Operator.NOT_IN if operator == "!=" else Operator.IN, (value,))


def _unparsable(text: str) -> BadInput:
    return BadInput(
        f"{text!r} is not a label selector.",
        next_step="Write it as kubectl does: app=web,tier in (a,b),!canary.",
    )


def format_selector(requirements: tuple[Requirement, ...]) -> str:
    """The query-string form; `parse_selector` reads it back."""
    return ",".join(_format(requirement) for requirement in requirements)


def _format(requirement: Requirement) -> str:
    key, values = requirement.key, requirement.values
    match requirement.operator:
        case Operator.IN if len(values) == 1:
            return f"{key}={values[0]}"
        case Operator.NOT_IN if len(values) == 1:
            return f"{key}!={values[0]}"
        case Operator.IN:
            return f"{key} in ({','.join(sorted(values))})"
        case Operator.NOT_IN:
            return f"{key} notin ({','.join(sorted(values))})"
        case Operator.EXISTS:
            return key
        case Operator.DOES_NOT_EXIST:
            return f"!{key}"
        case Operator.GT:
            return f"{key}>{values[0]}"
        case Operator.LT:
            return f"{key}<{values[0]}"
