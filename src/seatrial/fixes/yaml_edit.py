"""Writes changed values back into the text they came from: only the lines concerned are touched.

A mapping is compared with the pairs that were written. A key that took over a value (renamed, or wrapped
around it) stands where that value stood; a new key stands after the one that precedes it; a moved value
brings its text and the comment at its end along. Whoever calls parses the result again and compares.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from seatrial.fixes.yaml_places import Edit, Places, applied
from seatrial.fixes.yaml_source import MERGE, Map, NotEditable, Pair, Seq, Span, Style, plain, span_of
from seatrial.fixes.yaml_words import as_yaml, habits, shifted

_COMMENT = re.compile(r"[ \t]+#[^\r\n]*")


def edited(text: str, root: Any, start: int = 0, end: int | None = None) -> str:
    """The whole `text` with `root`, composed from `text[start:end]` and changed since, written back."""
    span = span_of(root)
    if span is None:
        raise NotEditable("the document as a whole would be replaced")
    editor = _Editor(text, text[start:end].lstrip()[:1] == "{", root)
    editor.place(root, span)
    return applied(text, editor.edits, 0, len(text))


class _Editor:
    def __init__(self, text: str, is_json: bool, root: Any) -> None:
        self.text = text
        self.places = Places(text)
        self.json = is_json
        self.spread = is_json and "\n" in text.strip()
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.edits: list[Edit] = []
        self.step, self.dash = habits(text, root)
        self.left = set(_left(root))

    # in place

    def place(self, value: Any, span: Span) -> None:
        """`value` stands where it stood (`span` is its own): write down what changed within."""
        if span.style is Style.ALIAS:
            if plain(value) != plain(span.target):
                self._replace(span, value)
        elif isinstance(value, Map):
            self._pairs(value, span)
        elif isinstance(value, Seq):
            self._items(value, span)

    def _replace(self, span: Span, value: Any) -> None:
        column = self.places.column(self.places.line_start(span.start)) + self.step
        self.edits.append((span.start, span.end, self._inline(value, column).lstrip(" ")))

    def _items(self, value: Seq, span: Span) -> None:
        same = len(value) == len(span.items) and all(
            _is(item, before, place) for item, (before, place) in zip(value, span.items, strict=True)
        )
        if not same and len(value) != len(span.items):
            raise NotEditable("entries of a list would come or go")
        for item, (before, place) in zip(value, span.items, strict=True):
            if _is(item, before, place):
                self.place(item, place)
            elif not isinstance(item, dict | list) and place.style is not Style.BLOCK_SCALAR:
                self.edits.append((place.start, place.end, self._scalar(item)))
            else:
                raise NotEditable("an entry of a list would be replaced")

    def _pairs(self, value: Map, span: Span) -> None:
        flow = span.style is Style.FLOW
        written = [pair for pair in span.pairs if pair.key != MERGE]
        inherited = self._inherited(value, span, written)
        wanted = {key: each for key, each in value.items() if key not in inherited}
        if not written and not wanted:
            return
        before = {pair.key: pair for pair in written}
        orphans = {id(pair.span): pair for pair in written if pair.key not in wanted}
        stead: dict[str, Pair] = {}
        for key, each in wanted.items():
            if key not in before:
                found = _taken_over(each, orphans)
                if found is not None:
                    stead[key] = found
                    del orphans[id(found.span)]
        standing = [key for key in wanted if key in before or key in stead]
        if not standing:
            if not written or len(span.pairs) != len(written):
                raise NotEditable("every entry of a mapping would be replaced")
            if flow:
                line = self.places.line_start(span.start)
                spread = "\n" in self.text[span.start : span.end]
                at = len(self.text[line:]) - len(self.text[line:].lstrip(" ")) if spread else 0
                self.edits.append((span.start, span.end, self._flow(dict(wanted), at)))
                return
            column = self.places.column(span.start)
            body = self._block(wanted, column) if wanted else "{}"
            self.edits.append((written[0].key_span.start, self.places.line_end(span.end), body))
            return
        column = self.places.column(written[0].key_span.start)
        for key in standing:
            pair = before.get(key) or stead[key]
            self._pair(key, wanted[key], pair, column, flow=flow)
        previous: Pair | None = None
        fresh: list[tuple[Pair | None, str, Any]] = []
        for key, each in wanted.items():
            if key in before or key in stead:
                previous = before.get(key) or stead[key]
            else:
                fresh.append((previous, key, each))
        for after, key, each in fresh:
            place = next(pair for pair in written if id(pair.span) not in orphans).key_span.start
            self._insert(after, key, each, written, column, before=place, flow=flow)
        self._delete(orphans, span, flow=flow)

    def _inherited(self, value: Map, span: Span, written: list[Pair]) -> set[str]:
        """Keys that a merge key goes on bringing in just as they are wanted."""
        brought: dict[str, Any] = {}
        for pair in span.pairs:
            if pair.key == MERGE:
                target = pair.span.target if pair.span.style is Style.ALIAS else pair.value
                if not isinstance(target, dict):
                    raise NotEditable("a list of merges would have to be changed")
                for key, each in target.items():
                    brought.setdefault(key, each)
        own = {pair.key for pair in written}
        for key in brought:
            if key not in value and key not in own:
                raise NotEditable(f"{key} comes from an anchor that others use")
        return {key for key in value if key in brought and plain(brought[key]) == plain(value[key])} - own

    def _pair(self, key: str, value: Any, pair: Pair, column: int, *, flow: bool) -> None:
        if _is(value, pair.value, pair.span):
            if key != pair.key:
                self.edits.append((pair.key_span.start, pair.key_span.end, self._key(key)))
            self.place(value, pair.span)
            return
        scalar = not isinstance(value, dict | list)
        if key == pair.key and scalar and pair.span.style in (Style.SCALAR, Style.ALIAS):
            blank = " " if pair.span.start == pair.span.end else ""
            new = self._quoted_like(pair.span, value)
            self.edits.append((pair.span.start, pair.span.end, blank + new))
            return
        if flow:
            body = self._flow_entry(key, value, column)
            self.edits.append((pair.key_span.start, pair.span.end, body))
        else:
            until = self.places.line_end(self.places.last(pair.span))
            self.edits.append((pair.key_span.start, until, self._entry(key, value, column)))

    def _insert(
        self,
        after: Pair | None,
        key: str,
        value: Any,
        written: list[Pair],
        column: int,
        *,
        before: int,
        flow: bool,
    ) -> None:
        first = written[0].key_span.start
        if flow:
            spread = "\n" in self.text[self.places.line_start(first) : written[-1].span.end] and (
                not self.text[self.places.line_start(first) : first].strip()
            )
            gap = f",{self.newline}{self.places.indent(first)}" if spread else ", "
            body = self._flow_entry(key, value, column)
            if after is None:
                self.edits.append((before, before, body + gap))
            else:
                self.edits.append((after.span.end, after.span.end, gap + body))
            return
        body = self._entry(key, value, column)
        if after is None:
            self.edits.append((before, before, body + self.newline + " " * column))
        else:
            at = self.places.line_end(self.places.last(after.span))
            self.edits.append((at, at, self.newline + " " * column + body))

    def _delete(self, orphans: dict[int, Pair], span: Span, *, flow: bool) -> None:
        """Take pairs out; those that follow each other at the end of a flow mapping take its commas along."""
        last_kept = max(at for at, pair in enumerate(span.pairs) if id(pair.span) not in orphans)
        skipped_to = -1
        for index, pair in enumerate(span.pairs):
            if id(pair.span) not in orphans:
                continue
            begin = self._first_comment(pair.key_span.start)
            if flow and index < last_kept:
                self.edits.append((pair.key_span.start, span.pairs[index + 1].key_span.start, ""))
            elif flow:
                self.edits.append((span.pairs[index - 1].span.end, pair.span.end, ""))
            elif begin < skipped_to:
                continue
            elif index == 0:
                skipped_to = self._delete_first(span, orphans)
            else:
                self._delete_lines(begin, self.places.line_end(self.places.last(pair.span)))

    def _delete_first(self, span: Span, orphans: dict[int, Pair]) -> int:
        """What follows moves up to where the first began, maybe behind a dash; its place is the answer."""
        last = 0
        while id(span.pairs[last + 1].span) in orphans:
            last += 1
        until = self.places.line_end(self.places.last(span.pairs[last].span))
        rest = re.compile(r"\s*").match(self.text, until)
        until = rest.end() if rest else until
        self.edits.append((self._first_comment(span.pairs[0].key_span.start), until, ""))
        return until

    def _delete_lines(self, begin: int, until: int) -> None:
        previous = self.text.rfind("\n", 0, self.places.line_start(begin))
        if previous and self.text[previous - 1] == "\r":
            previous -= 1
        self.edits.append((previous, until, ""))

    # as text

    def _entry(self, key: str, value: Any, column: int) -> str:
        """ "key: value", over as many lines as it takes; its first key stands at `column`."""
        span = span_of(value)
        lead = ""
        if span is not None and span.style is Style.INSTEAD:
            comments = self.text[self._first_comment(span.start) : span.start].split("\n")[:-1]
            lead = "".join(f"{each.strip()}{self.newline}{' ' * column}" for each in comments)
        return f"{lead}{self._key(key)}:{self._inline(value, column)}"

    def _first_comment(self, start: int) -> int:
        """Where the entry at `start` begins, with the comments that its heir takes along."""
        return self.places.first_comment(start) if start in self.left else start

    def _inline(self, value: Any, column: int) -> str:
        """What follows a colon: a blank and the value, or the lines below."""
        span = span_of(value)
        if span is not None and span.style is Style.INSTEAD:
            comment = _COMMENT.match(self.text, span.end)
            return f" {self._scalar(value)}{comment[0] if comment else ''}"
        if span is not None and span.style is not Style.ALIAS:
            return self._moved(value, span, column)
        if span is not None and plain(value) == plain(span.target):
            return " " + self.text[span.start : span.end]
        if isinstance(value, dict) and value:
            inner = column + self.step
            return f"{self.newline}{' ' * inner}{self._block(value, inner)}"
        if isinstance(value, list) and value:
            inner = column + self.dash
            lines = [f"- {self._item(item, inner + 2)}" for item in value]
            return "".join(f"{self.newline}{' ' * inner}{line}" for line in lines)
        if isinstance(value, dict | list):
            return " {}" if isinstance(value, dict) else " []"
        return f" {self._scalar(value)}"

    def _block(self, value: dict[str, Any], column: int) -> str:
        gap = self.newline + " " * column
        return gap.join(self._entry(key, each, column) for key, each in value.items())

    def _item(self, value: Any, column: int) -> str:
        if isinstance(value, dict) and value and span_of(value) is None:
            return self._block(value, column)
        return self._inline(value, column).lstrip()

    def _moved(self, value: Any, span: Span, column: int) -> str:
        """The text of a value that moves under another key, with the comment that ends its line."""
        source = self._written(value, span)
        if span.style is Style.SCALAR:
            if "\n" in source:
                return " " + shifted(source, column + self.step, self.places.column(span.start))
            comment = _COMMENT.match(self.text, span.end)
            return f" {source}{comment[0] if comment else ''}"
        if span.style is Style.BLOCK_SCALAR:
            return " " + self._block_scalar(source, column)
        if span.style is not Style.BLOCK:
            return " " + source
        at = self.places.column(span.start)
        sequence = isinstance(value, list)
        wanted = column + (self.dash if sequence else self.step)
        lead = ""
        line = self.places.line_start(span.start)
        if not self.text[line : span.start].strip():
            # comments between the key and its first entry belong to it
            colon = self.places.colon_before(span.start)
            lead = self.text[colon:line].rstrip("\r\n") if colon >= 0 else ""
        body = shifted(source, wanted, at)
        return f"{shifted(lead, wanted, at)}{self.newline}{' ' * wanted}{body}"

    def _block_scalar(self, source: str, column: int) -> str:
        head, *lines = source.rstrip("\r\n").split("\n")
        if re.search(r"[0-9]", head.partition("#")[0]):
            raise NotEditable("a block of text that says how far it is indented would have to move")
        inner = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip()]
        return shifted("\n".join([head, *lines]), column + self.step, min(inner, default=0))

    def _written(self, value: Any, span: Span) -> str:
        outer, self.edits = self.edits, []
        self.place(value, span)
        inner, self.edits = self.edits, outer
        until = span.end
        if span.style is Style.BLOCK:
            until = self.places.line_end(self.places.last(span))
        return applied(self.text, inner, span.start, until)

    def _flow_entry(self, key: str, value: Any, column: int) -> str:
        return f"{self._key(key)}: {self._flow(value, column)}"

    def _flow(self, value: Any, column: int) -> str:
        span = span_of(value)
        if span is not None and span.style in (Style.SCALAR, Style.FLOW):
            return self._written(value, span)
        if isinstance(value, dict):
            if self.spread and value and column:
                inner = self.newline + " " * (column + self.step)
                body = f",{inner}".join(
                    self._flow_entry(key, each, column + self.step) for key, each in value.items()
                )
                return f"{{{inner}{body}{self.newline}{' ' * column}}}"
            body = ", ".join(self._flow_entry(key, each, 0) for key, each in value.items())
            return f"{{{body}}}"
        if isinstance(value, list):
            return f"[{', '.join(self._flow(each, 0) for each in value)}]"
        return self._scalar(value)

    def _key(self, key: str) -> str:
        return json.dumps(key, ensure_ascii=False) if self.json else as_yaml(key)

    def _scalar(self, value: Any) -> str:
        span = span_of(value)
        if span is not None and span.style is Style.SCALAR:
            return self.text[span.start : span.end]
        if self.json or not isinstance(value, str):
            return json.dumps(plain(value), ensure_ascii=False)
        return as_yaml(str(value))

    def _quoted_like(self, span: Span, value: Any) -> str:
        quote = self.text[span.start : span.start + 1]
        fresh = isinstance(value, str) and span_of(value) is None
        if fresh and quote == "'" and "\n" not in value:
            return "'" + str(value).replace("'", "''") + "'"
        return json.dumps(str(value), ensure_ascii=False) if fresh and quote == '"' else self._scalar(value)


def _left(value: Any) -> Iterator[int]:
    """Where the entries began whose comments go along with a text that is written in their stead."""
    span = span_of(value)
    if span is not None and span.style is Style.INSTEAD:
        yield span.start
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _left(inner)


def _is(value: Any, before: Any, place: Span) -> bool:
    """Whether `value` is the very one that stood at `place`."""
    span = span_of(value)
    if span is not None:
        return span is place
    scalar = isinstance(value, bool) or value is None
    return scalar and value is before


def _taken_over(value: Any, orphans: dict[int, Pair]) -> Pair | None:
    """The pair whose value is now under another key, or deeper in something new."""
    span = span_of(value)
    if span is not None:
        return orphans.get(id(span))
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        found = _taken_over(each, orphans)
        if found is not None:
            return found
    return None
