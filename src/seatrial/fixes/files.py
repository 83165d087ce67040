"""The fixes of one file: which of its objects can be rewritten, and the text that would hold them.

Each document is edited by itself, read again, and compared with what was meant; an edit that would read
otherwise is not offered. What else stands in the file stays byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from seatrial.cluster.manifests import Manifest, parse_manifests
from seatrial.cluster.version import Minor
from seatrial.fixes.document import REWRITES, DocumentFix, ObjectFix, Refusal
from seatrial.fixes.rewriting import is_removed, without_nulls
from seatrial.fixes.rule import Notes
from seatrial.fixes.tidying import tidy
from seatrial.fixes.yaml_edit import edited
from seatrial.fixes.yaml_source import NotEditable, compose, plain

_MARKER = re.compile(r"^(?:---|\.\.\.)(?=[ \t\r\n]|\Z)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FileFix:
    file: str
    before: str
    after: str
    fixed: tuple[ObjectFix, ...] = ()
    refused: tuple[Refusal, ...] = ()


def fix_file(text: str, file: str, target: Minor, checks: frozenset[str] = REWRITES) -> FileFix:
    """What `text` would be for a target; the same text where nothing is to be done.

    `checks` are those whose fixes are wanted.
    """
    body = text.removeprefix("\ufeff")
    gone = [each for each in parse_manifests(body, file).found if needs_fixing(each, target, checks)]
    lines = sorted({each.line for each in gone})
    fixed: list[ObjectFix] = []
    refused: list[Refusal] = []
    after = body
    shift = 0
    for start, end, first, last in list(_documents(body)):
        here = [line for line in lines if first <= line <= last]
        if not here:
            continue
        wanted = [each for each in gone if each.line in here]
        fix = DocumentFix(target, checks, {each.ref: each.line for each in wanted})
        try:
            new = _fix_document(after, start + shift, end + shift, fix)
        except NotEditable as why:
            refused += [Refusal(each.ref, each.line, f"{why}.") for each in wanted]
            continue
        shift += len(new) - len(after)
        after = new
        fixed += fix.fixed
        refused += fix.refused
    prefix = text[: len(text) - len(body)]
    return FileFix(file, text, prefix + after, tuple(fixed), tuple(refused))


def needs_fixing(manifest: Manifest, target: Minor, checks: frozenset[str]) -> bool:
    """Whether the object is of a removed version, or one of the small edits would change it."""
    if checks >= REWRITES and is_removed(manifest.gvk, target):
        return True
    notes = Notes()
    refused = tidy(without_nulls(manifest.document), checks, target, notes) if checks - REWRITES else ()
    return bool(notes.texts or refused)


def _documents(text: str) -> Iterator[tuple[int, int, int, int]]:
    """Start, end, first and last line of what stands between the markers."""
    start = 0
    if not text.lstrip().startswith("{"):
        for marker in _MARKER.finditer(text):
            yield (
                start,
                marker.start(),
                text.count("\n", 0, start) + 1,
                text.count("\n", 0, marker.start()) + 1,
            )
            start = marker.end()
    yield start, len(text), text.count("\n", 0, start) + 1, text.count("\n") + 2


def _fix_document(text: str, start: int, end: int, fix: DocumentFix) -> str:
    root = compose(text, start, end)
    fix.change(root)
    if not fix.fixed:
        return text
    meant = plain(root)
    new = edited(text, root, start, end)
    if plain(compose(new, start, end + len(new) - len(text))) != meant:
        raise NotEditable("the edited text would not read as it is meant (anchors or merges are shared)")
    return new
