"""A unified diff that `git apply` takes, whose context stays within the changed document.

The lines around a change may be another document, and that one may be a Secret: context stops at the
markers between documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

_CONTEXT = 3
_UNENDED = "\\ No newline at end of file\n"
_Code = tuple[str, int, int, int, int]


def unified_diff(before: str, after: str, path: str) -> str:
    """Empty where nothing changes. `path` is relative to where the diff will be applied."""
    old, new = _lines(before), _lines(after)
    codes = SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_CONTEXT)
    groups = (apart for group in codes for apart in _apart(group, old))
    hunks = "".join(_hunk(_within_document(group, old), old, new) for group in groups)
    if not hunks:
        return ""
    tab = "\t" if " " in path else ""
    return (
        f"diff --git {_quoted('a/' + path)} {_quoted('b/' + path)}\n"
        f"--- {_quoted('a/' + path)}{tab}\n+++ {_quoted('b/' + path)}{tab}\n{hunks}"
    )


def _lines(text: str) -> list[str]:
    """By line feeds alone: a carriage return belongs to its line."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _apart(group: list[_Code], old: list[str]) -> Iterator[list[_Code]]:
    """Two hunks where a whole document stands between two changes."""
    part: list[_Code] = []
    for number, code in enumerate(group):
        tag, i1, i2, j1, j2 = code
        markers = [at for at in range(i1, i2) if _is_marker(old[at])]
        if tag == "equal" and part and number < len(group) - 1 and len(markers) > 1:
            head, tail = markers[0] + 1, markers[-1]
            yield [*part, ("equal", i1, head, j1, j1 + head - i1)]
            part = [("equal", tail, i2, j2 - (i2 - tail), j2)]
        else:
            part.append(code)
    yield part


def _within_document(group: list[_Code], old: list[str]) -> list[_Code]:
    first, last = group[0], group[-1]
    if first[0] == "equal":
        _, i1, i2, j1, j2 = first
        skip = max((at + 1 for at, line in enumerate(old[i1:i2]) if _is_marker(line)), default=1) - 1
        group = [("equal", i1 + skip, i2, j1 + skip, j2), *group[1:]]
    if last[0] == "equal" and len(group) > 1:
        _, i1, i2, j1, j2 = last
        keep = next((at + 1 for at, line in enumerate(old[i1:i2]) if _is_marker(line)), i2 - i1)
        group = [*group[:-1], ("equal", i1, i1 + keep, j1, j1 + keep)]
    return group


def _is_marker(line: str) -> bool:
    return line.startswith(("---", "..."))


def _hunk(group: list[_Code], old: list[str], new: list[str]) -> str:
    first, last = group[0], group[-1]
    head = f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@\n"
    return head + "".join(_hunk_lines(group, old, new))


def _hunk_lines(group: list[_Code], old: list[str], new: list[str]) -> Iterator[str]:
    for tag, i1, i2, j1, j2 in group:
        if tag == "equal":
            yield from (_line(" ", each) for each in old[i1:i2])
            continue
        yield from (_line("-", each) for each in old[i1:i2])
        yield from (_line("+", each) for each in new[j1:j2])


def _line(sign: str, text: str) -> str:
    return f"{sign}{text}" if text.endswith("\n") else f"{sign}{text}\n{_UNENDED}"


def _range(start: int, end: int) -> str:
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _quoted(path: str) -> str:
    """As git writes names that hold quotes, backslashes or control characters."""
    if path.isprintable() and not any(each in path for each in '"\\'):
        return path
    return f'"{"".join(map(_escaped, path))}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else "".join(f"\\{byte:03o}" for byte in character.encode())
