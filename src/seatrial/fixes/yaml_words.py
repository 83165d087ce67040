"""How text is written: scalars that every reader takes for text, and the habits of the file around them."""

from __future__ import annotations

import json
import re
from typing import Any

import ryaml

from seatrial.fixes.yaml_source import MERGE, Map, Seq, Style, span_of

_PLAIN = re.compile(r"^[A-Za-z_./$<*][\w./$ @:%+*-]*$")


def as_yaml(text: str) -> str:
    """Plain where every reader of YAML takes it for text, else in double quotes."""
    odd = ": " in text or text.endswith((":", " ")) or text in (".", MERGE) or text.lower() in _WORDS
    if _PLAIN.match(text) and not odd and isinstance(_loaded(text), str):
        return text
    return json.dumps(text, ensure_ascii=False)


_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~"])
"""No text for readers of YAML 1.1, such as kubectl."""


def _loaded(text: str) -> Any:
    try:
        return ryaml.loads(text)
    except ValueError:
        return None


def shifted(text: str, wanted: int, column: int) -> str:
    """Every line but the first, moved by as much as its first line moves."""
    head, *lines = text.split("\n")
    by = wanted - column
    moved = [
        line if not line.strip() else (" " * by + line if by >= 0 else outdented(line, -by)) for line in lines
    ]
    return "\n".join([head, *moved])


def outdented(line: str, by: int) -> str:
    blanks = len(line) - len(line.lstrip(" "))
    return line[min(by, blanks) :]


def habits(text: str, root: Any) -> tuple[int, int]:
    """How far this text indents mappings, and the dashes of lists, below their key."""
    steps: list[int] = []
    dashes: list[int] = []

    def column(at: int) -> int:
        return at - text.rfind("\n", 0, at) - 1

    def look(value: Any) -> None:
        span = span_of(value)
        if span is None or (steps and dashes):
            return
        for pair in span.pairs:
            inner = pair.span
            if inner.style is Style.BLOCK or (inner.style is Style.FLOW and inner.pairs):
                here = inner.pairs[0].key_span.start if inner.pairs else inner.start
                by = column(here) - column(pair.key_span.start)
                if isinstance(pair.value, Map):
                    steps.append(by)
                elif isinstance(pair.value, Seq):
                    dashes.append(by)
            look(pair.value)
        for item, _ in span.items:
            look(item)

    look(root)
    step = steps[0] if steps and 0 < steps[0] <= 8 else 2
    dash = dashes[0] if dashes and 0 <= dashes[0] <= 8 else 0
    return step, dash
