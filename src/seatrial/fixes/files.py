"""The fixes of one file: which of its objects can be rewritten, and the text that would hold them.

Each document is edited by itself, read again, and compared with what was meant; an edit that would read
otherwise is not offered. What else stands in the file stays byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from seatrial.cluster.manifests import Manifest, parse_manifests
from seatrial.cluster.objects import GroupVersionKind, ObjectRef
from seatrial.cluster.version import Minor
from seatrial.fixes.rewriting import NotOffered, Rewritten, is_removed, rewrite, without_nulls
from seatrial.fixes.rule import Notes
from seatrial.fixes.tidying import tidy
from seatrial.fixes.yaml_edit import edited
from seatrial.fixes.yaml_source import Map, NotEditable, compose, plain

REWRITES = frozenset({"removed-api-in-file"})
"""The check whose fix is to write another version."""
_MARKER = re.compile(r"^(?:---|\.\.\.)(?=[ \t\r\n]|\Z)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ObjectFix:
    """One object that is rewritten in its file."""

    ref: ObjectRef
    """As it was."""
    line: int
    after: GroupVersionKind
    """As before, where only something in it changes."""
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One object that needs a change which is not offered."""

    ref: ObjectRef
    line: int
    why: str


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
        try:
            new, done, not_done = _fix_document(after, start + shift, end + shift, here[0], target, checks)
        except NotEditable as why:
            refused += [Refusal(each.ref, each.line, f"{why}.") for each in wanted]
            continue
        shift += len(new) - len(after)
        after = new
        fixed += done
        refused += not_done
    prefix = text[: len(text) - len(body)]
    return FileFix(file, text, prefix + after, tuple(fixed), tuple(refused))


def needs_fixing(manifest: Manifest, target: Minor, checks: frozenset[str]) -> bool:
    """Whether the object is of a removed version, or one of the small edits would change it."""
    if checks >= REWRITES and is_removed(manifest.gvk, target):
        return True
    notes = Notes()
    if checks - REWRITES:
        tidy(without_nulls(manifest.document), checks, notes)
    return bool(notes.texts)


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


def _fix_document(
    text: str, start: int, end: int, line: int, target: Minor, checks: frozenset[str]
) -> tuple[str, list[ObjectFix], list[Refusal]]:
    root = compose(text, start, end)
    fixed: list[ObjectFix] = []
    refused: list[Refusal] = []
    for obj, inherited in _objects(root, None):
        whole = plain({**(inherited or {}), **obj})
        gvk, ref, notes = GroupVersionKind.of_object(whole), ObjectRef.of(whole), Notes()
        after = gvk
        if checks >= REWRITES and is_removed(gvk, target):
            # a trial on a copy: a refused object must stay as it is
            trial = rewrite(whole, target)
            if inherited is not None and isinstance(trial, Rewritten):
                trial = NotOffered(gvk, f"it is an item of a {inherited['kind']}List: write it by itself.")
            if isinstance(trial, NotOffered):
                refused.append(Refusal(ref, line, trial.why))
            else:
                rewrite(obj, target)
                after = trial.after
                notes.texts += trial.notes
        tidy(obj, checks, notes)
        if after != gvk or notes.texts:
            fixed.append(ObjectFix(ref, line, after, tuple(notes.texts)))
    if not fixed:
        return text, fixed, refused
    meant = plain(root)
    new = edited(text, root, start, end)
    if plain(compose(new, start, end + len(new) - len(text))) != meant:
        raise NotEditable("the edited text would not read as it is meant (anchors or merges are shared)")
    return new, fixed, refused


def _objects(root: object, inherited: dict[str, str] | None) -> Iterator[tuple[Map, dict[str, str] | None]]:
    """Objects in the document; those of a typed list may leave out their kind."""
    if not isinstance(root, Map):
        return
    kind, items = str(root.get("kind") or ""), root.get("items")
    if kind.endswith("List") and isinstance(items, list):
        given = None
        if kind != "List":
            given = {"apiVersion": str(root.get("apiVersion")), "kind": kind.removesuffix("List")}
        for item in items:
            own = isinstance(item, Map) and "apiVersion" in item and "kind" in item
            yield from _objects(item, None if own else given)
        return
    yield root, inherited
