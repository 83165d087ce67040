"""YAML as plain values that know where they stand in the text, so that only what changes is rewritten.

`compose` gives dictionaries, lists, texts and numbers that rules may change like any others; each keeps
the `Span` that it came from. A rule that moves a value takes its text along: quotes, comments, order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import ryaml
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from seatrial.cluster.plain_words import meant

MERGE = "<<"
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class NotEditable(Exception):
    """Why this text cannot be edited without touching more than is meant."""


class Style(Enum):
    BLOCK = "block"
    FLOW = "flow"
    SCALAR = "scalar"
    BLOCK_SCALAR = "block scalar"
    ALIAS = "alias"
    INSTEAD = "instead"
    """A text written anew; its place is the entry whose comments come along."""


@dataclass(eq=False, slots=True)
class Span:
    """Where one value stands: characters from `start` to `end`, anchors and tags included."""

    start: int
    end: int
    style: Style
    pairs: list[Pair] = field(default_factory=list)
    """Of a mapping, as written; merge keys too."""
    items: list[Any] = field(default_factory=list)
    """Of a sequence, the values as they were."""
    target: Any = None
    """What an alias stands for: the value at the anchor."""


@dataclass(eq=False, slots=True)
class Pair:
    key: str
    key_span: Span
    value: Any
    """As it was composed; its own span where it can have one."""
    span: Span


class Map(dict[str, Any]):
    span: Span | None = None


class Seq(list[Any]):
    span: Span | None = None


class Text(str):
    span: Span | None = None


class Whole(int):
    span: Span | None = None


class Real(float):
    span: Span | None = None


def compose(text: str, start: int = 0, end: int | None = None) -> Any:
    """The one document in `text[start:end]`; raise `NotEditable` for what is no single YAML document."""
    part = text[start:end]
    if part.lstrip()[:1] == "{":
        part = part.replace("\t", " ")  # JSON indents with them, YAML does not
    if _HALF.search(part):
        raise NotEditable("it holds a character in two halves (\\ud83d\\ude00), which YAML does not read")
    try:
        events = list(YAML(typ="safe", pure=True).parse(part))
    except (YAMLError, RecursionError, ValueError) as error:
        raise NotEditable(f"this YAML cannot be edited in place ({_first_line(error)})") from None
    contents = [each for each in events if not type(each).__name__.startswith(("Stream", "Document"))]
    reader = _Reader(iter(contents), start)
    try:
        value = reader.value(next(reader.events))
    except StopIteration:
        raise NotEditable("there is nothing in this document") from None
    if next(reader.events, None) is not None:
        raise NotEditable("several documents stand here without a marker between them")
    return value


def span_of(value: Any) -> Span | None:
    return getattr(value, "span", None)


def in_stead_of(holder: dict[str, Any], key: str, new: str) -> str:
    """`new`, which takes along the comments of what `holder` says at `key` and will say no more."""
    written = span_of(holder)
    made = Text(new)
    for pair in written.pairs if written is not None and written.style is Style.BLOCK else ():
        if pair.key == key and pair.span.style is Style.SCALAR:
            made.span = Span(pair.key_span.start, pair.span.end, Style.INSTEAD)
    return made


def plain(value: Any) -> Any:
    """The value as builtins, without its places."""
    match value:
        case dict():
            return {str(key): plain(inner) for key, inner in value.items()}
        case list():
            return [plain(inner) for inner in value]
        case bool() | None:
            return value
        case str():
            return str(value)
        case int():
            return int(value)
        case float():
            return float(value)
    return value


class _Reader:
    def __init__(self, events: Iterator[Any], offset: int) -> None:
        self.events = events
        self.offset = offset
        self.anchors: dict[str, Any] = {}

    def value(self, event: Any) -> Any:
        begin, until = event.start_mark.index + self.offset, event.end_mark.index + self.offset
        match event:
            case AliasEvent():
                return self._alias(event, Span(begin, until, Style.ALIAS))
            case ScalarEvent():
                style = Style.BLOCK_SCALAR if event.style in ("|", ">") else Style.SCALAR
                made = _scalar(event, Span(begin, until, style))
            case SequenceStartEvent():
                made = self._sequence(Span(begin, until, Style.FLOW if event.flow_style else Style.BLOCK))
            case MappingStartEvent():
                made = self._mapping(Span(begin, until, Style.FLOW if event.flow_style else Style.BLOCK))
            case _:
                raise NotEditable("this YAML cannot be edited in place")
        if event.anchor:
            self.anchors[event.anchor] = made
        return made

    def _alias(self, event: Any, span: Span) -> Any:
        if event.anchor not in self.anchors:
            raise NotEditable(f"the anchor &{event.anchor} is not in this document")
        span.target = self.anchors[event.anchor]
        copied = _copy(span.target)
        if not isinstance(copied, bool) and copied is not None:
            copied.span = span
        return copied

    def _sequence(self, span: Span) -> Seq:
        made = Seq()
        made.span = span
        while not isinstance(event := next(self.events), SequenceEndEvent):
            item = self.value(event)
            made.append(item)
            span.items.append((item, _own_span(item, event, self.offset)))
        span.end = self._end(span, event, [place.end for _, place in span.items])
        return made

    def _mapping(self, span: Span) -> Map:
        made, merged = Map(), []
        made.span = span
        while not isinstance(event := next(self.events), MappingEndEvent):
            if not isinstance(event, ScalarEvent):
                raise NotEditable("a key of this document is no text")
            key_span = Span(
                event.start_mark.index + self.offset, event.end_mark.index + self.offset, Style.SCALAR
            )
            key = str(event.value)
            value_event = next(self.events)
            value = self.value(value_event)
            span.pairs.append(Pair(key, key_span, value, _own_span(value, value_event, self.offset)))
            if key == MERGE and event.style is None:
                merged.append(value)
            else:
                made[key] = value
        for each in merged:
            for source in each if isinstance(each, list) else [each]:
                if not isinstance(source, dict):
                    raise NotEditable("a merge key of this document names no mapping")
                for key, value in source.items():
                    made.setdefault(key, _copy(value))
        span.end = self._end(span, event, [pair.span.end for pair in span.pairs])
        return made

    def _end(self, span: Span, event: Any, ends: list[int]) -> int:
        """Of a block the last value's end: the parser's own mark lies beyond comments that follow."""
        if span.style is Style.FLOW:
            return int(event.end_mark.index) + self.offset
        return max(ends, default=span.end)


def _own_span(value: Any, event: Any, offset: int) -> Span:
    found = span_of(value)
    if found is not None:
        return found
    begin, until = event.start_mark.index + offset, event.end_mark.index + offset
    return Span(begin, until, Style.ALIAS if isinstance(event, AliasEvent) else Style.SCALAR)


def _copy(value: Any) -> Any:
    """A copy that may be changed apart from the original; it stands where an alias or a merge is."""
    match value:
        case dict():
            return Map({key: _copy(inner) for key, inner in value.items()})
        case list():
            return Seq(_copy(inner) for inner in value)
        case bool() | None:
            return value
        case str():
            return Text(value)
        case int():
            return Whole(value)
        case float():
            return Real(value)
    return value


def _scalar(event: Any, span: Span) -> Any:
    tagged = event.tag is not None and not event.implicit[0]
    resolved = event.value if event.style is not None or tagged else _resolved(str(event.value))
    if tagged and str(event.tag).endswith((":int", ":float", ":bool", ":null")):
        resolved = _resolved(str(event.value))
    made: Any = resolved
    if isinstance(resolved, bool) or resolved is None:
        return resolved
    if isinstance(resolved, str):
        made = Text(resolved)
    elif isinstance(resolved, int):
        made = Whole(resolved)
    elif isinstance(resolved, float):
        made = Real(resolved)
    made.span = span
    return made


def _resolved(text: str) -> Any:
    """What a plain scalar means, as the reader of manifests sees it."""
    if not text:
        return None
    try:
        found = ryaml.loads(meant(text))
    except ValueError:
        return text
    return found if found is None or isinstance(found, bool | int | float) else text


def _first_line(error: Exception) -> str:
    said = str(getattr(error, "problem", None) or error).strip().splitlines()
    return said[0] if said else "it cannot be read"
