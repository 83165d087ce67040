"""Cuts a stream of lines into JSON documents, so that a log of a gigabyte is never in memory at once.

Logs come as one document a line, and command-line tools print the same as one indented document with
a long array in it. Of the first every line is a document; of the second every element of the outermost
array is one. A line that is neither is handed on as it is: the reader will say what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

LONGEST = 64 << 20  # bytes of one document; an audit event is below 3 MiB, which etcd's limit implies

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]]')
_PAIRS = {b"}": b"{", b"]": b"["}


class Document(NamedTuple):
    line: int
    """Where it begins, from 1."""
    text: bytes
    cut: bool = False
    """It has no end, or is longer than `LONGEST`; the text is only its beginning."""


def json_documents(lines: Iterable[bytes]) -> Iterator[Document]:
    indented: _Indented | None = None
    for number, line in enumerate(lines, start=1):
        text = line.strip(b" \t\r\n\x00\xef\xbb\xbf")
        if not text:
            continue
        if indented is not None and not indented.may_begin_element and line.startswith((b'{"', b'[{"')):
            yield indented.left_over()  # a new document begins where that one should have ended
            indented = None
        if indented is None and not _is_opened(text):
            yield Document(number, text[:LONGEST], cut=len(text) > LONGEST)
            continue
        indented = indented or _Indented(number)
        yield from indented.feed(number, text)
        if indented.closed:
            indented = None
    if indented is not None:
        yield indented.left_over()


def _is_opened(text: bytes) -> bool:
    """Whether an indented document begins with this line: such a line ends after a bracket or comma."""
    return text[:1] in b"{[" and text[-1:] in b"{[,"


class _Indented:
    """One document over many lines; elements of its outermost array leave as soon as they are whole."""

    def __init__(self, line: int) -> None:
        self.closed = False
        self._open: list[bytes] = []
        self._line = line
        self._text = bytearray()
        self._element_depth = 0  # 0: not inside an element
        self._had_elements = False

    def feed(self, line: int, text: bytes) -> Iterator[Document]:
        start = 0
        for found in _TOKEN.finditer(text):
            token = found[0]
            if token in _PAIRS:
                if not self._open or self._open.pop() != _PAIRS[token]:
                    self.closed = True
                    yield Document(line, text, cut=True)
                    return
                if self._element_depth and len(self._open) == self._element_depth:
                    yield Document(self._line, bytes(self._text + text[start : found.end()]))
                    self._text.clear()
                    self._element_depth = 0
                    start = found.end()
            elif token in (b"{", b"["):
                if token == b"{" and not self._element_depth and self.may_begin_element:
                    self._element_depth, self._had_elements = len(self._open), True
                    self._line, start = line, found.start()
                    self._text.clear()
                self._open.append(token)
        self.closed = not self._open
        if self._element_depth or not self._had_elements:
            self._text += text[start:] + b"\n"
        if self.closed and not self._had_elements:
            yield Document(self._line, bytes(self._text))
        elif len(self._text) > LONGEST:
            self.closed = True
            yield self.left_over()

    def left_over(self) -> Document:
        return Document(self._line, bytes(self._text[:200]), cut=True)

    @property
    def may_begin_element(self) -> bool:
        """It is in its outermost array, between two elements."""
        return self._open in ([b"["], [b"{", b"["])
