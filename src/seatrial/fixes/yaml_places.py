"""Lines and columns of a text that is edited by place, and the edits put into it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from seatrial.fixes.yaml_source import NotEditable, Span, Style

Edit = tuple[int, int, str]
"""From, until, and what stands there instead."""
_COLON = re.compile(r":((?:[ \t]+#[^\r\n]*)?(?:\r?\n[ \t]*(?:#[^\r\n]*)?)*)\Z")


def applied(text: str, edits: list[Edit], start: int, end: int) -> str:
    """`text[start:end]` with `edits`, which may not overlap."""
    parts: list[str] = []
    at = start
    for begin, until, new in sorted(edits, key=lambda edit: (edit[0], edit[1])):
        if begin < at:
            raise NotEditable("two changes meet in one place")
        parts += (text[at:begin], new)
        at = until
    parts.append(text[at:end] if at < end else "")
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class Places:
    text: str

    def last(self, span: Span) -> int:
        """The end of the last character that belongs to the value."""
        if span.style is not Style.BLOCK_SCALAR and not (
            span.style is Style.BLOCK and self.text[span.end - 1 : span.end] in "\r\n"
        ):
            return span.end
        return span.start + len(self.text[span.start : span.end].rstrip())

    def line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def line_end(self, at: int) -> int:
        found = self.text.find("\n", at)
        if found < 0:
            return len(self.text)
        return found - 1 if found > at and self.text[found - 1] == "\r" else found

    def column(self, at: int) -> int:
        return at - self.line_start(at) - (1 if self.text.startswith("\ufeff") and at < 1 else 0)

    def indent(self, at: int) -> str:
        line = self.text[self.line_start(at) : at]
        return line[: len(line) - len(line.lstrip())]

    def first_comment(self, start: int) -> int:
        """Where the comments begin that stand right above the key at `start`, as far in as it."""
        column, first = self.column(start), start
        line = self.line_start(start)
        while line and first == line + column and not self.text[line:first].strip(" "):
            line = self.line_start(line - 1)
            if self.text.startswith(f"{' ' * column}#", line):
                first = line + column
        return first

    def colon_before(self, start: int) -> int:
        """Behind the colon of the value at `start`, only comments between; -1 where there is none near."""
        match = _COLON.search(self.text[max(0, start - 2000) : start])
        return max(0, start - 2000) + match.start(1) if match else -1
