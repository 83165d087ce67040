"""What YAML's anchors stand for: how large a document becomes with them, and merge keys.

A few lines of aliases to aliases describe gigabytes, and the parser copies what an alias stands for. So the
size is estimated from the text first, never too low for what the indentation shows.
"""

from __future__ import annotations

import re
from typing import Any

_ANCHOR_OR_ALIAS = re.compile(r"(?:^|(?<=[\s\[{,:-]))([&*])([^\s\[\]{},]+)")
_SPACES = re.compile(r"[ \t]*")
_MOST_ANCHORS = 1000


def expanded_size(document: str) -> int:
    """About how many characters the document has when each alias is written out."""
    if "*" not in document or "&" not in document:
        return len(document)
    marks = list(_ANCHOR_OR_ALIAS.finditer(document))
    if sum(each[1] == "&" for each in marks) > _MOST_ANCHORS:  # looking for the end of each would take long
        return len(document) * len(marks)
    sizes: dict[str, int] = {}
    pending: list[tuple[int, str, int]] = []  # end of the anchored node, name, size so far
    total = len(document)
    for found in marks:
        while pending and pending[-1][0] <= found.start():
            _, name, size = pending.pop()
            sizes[name] = size
        if found[1] == "&":
            end = _end_of_node(document, found.start(), found.end())
            pending.append((end, found[2], end - found.end()))
            continue
        size = sizes.get(found[2], 0)
        total += size
        pending = [(end, name, known + size) for end, name, known in pending]
    return total


def _end_of_node(document: str, anchor: int, after: int) -> int:
    """Where the anchored node ends: its bracket, or the last line that is indented more than its own."""
    spaces = _SPACES.match(document, after)
    start = spaces.end() if spaces else after
    line = document.rfind("\n", 0, anchor) + 1
    end_of_line = _line_end(document, start)
    if document[start : start + 1] in ("[", "{"):
        closed = _closing(document, start, end_of_line)
        if closed:
            return closed
    indent = _indent(document[line:end_of_line])
    end = end_of_line
    while end < len(document):
        next_end = _line_end(document, end + 1)
        text = document[end + 1 : next_end]
        if text.strip() and _indent(text) <= indent and not _continues(text, indent):
            break
        end = next_end
    return end


def _line_end(document: str, start: int) -> int:
    end = document.find("\n", start)
    return len(document) if end < 0 else end


def _closing(document: str, start: int, end: int) -> int:
    """Past the bracket that closes the one at `start`, if it does so before `end`; else 0."""
    depth = 0
    for position in range(start, end):
        character = document[position]
        if character in "[{":
            depth += 1
        elif character in "]}":
            depth -= 1
            if depth == 0:
                return position + 1
    return 0


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _continues(line: str, indent: int) -> bool:
    """Items of a list may stand right below the key that they belong to."""
    return _indent(line) == indent and line.lstrip(" ").startswith(("- ", "]", "}"))


def merged(node: Any) -> Any:
    """The node with every merge key (`<<`) resolved, as YAML 1.1 has it and kubectl does."""
    match node:
        case dict():
            plain = {key: merged(value) for key, value in node.items() if key != "<<"}
            if "<<" not in node:
                return plain
            sources = node["<<"] if isinstance(node["<<"], list) else [node["<<"]]
            result: dict[Any, Any] = {}
            for source in reversed(sources):  # the first wins
                if isinstance(source, dict):
                    result.update(merged(source))
            return {**result, **plain}
        case list():
            return [merged(each) for each in node]
        case _:
            return node
