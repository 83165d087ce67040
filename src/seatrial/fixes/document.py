"""The fixes of one document: its objects are changed in place, those of lists too.

A list of a kind (`IngressList`) may say the version once for all of its items. It changes there then, or
not at all: one item that a person has to move keeps the others as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seatrial.cluster.objects import GroupVersionKind, ObjectRef
from seatrial.cluster.version import Minor
from seatrial.fixes.rewriting import NotOffered, is_removed, misfits, rewrite
from seatrial.fixes.rule import Notes, put_first
from seatrial.fixes.tidying import tidy
from seatrial.fixes.yaml_source import Map, plain

REWRITES = frozenset({"removed-api-in-file"})
"""The check whose fix is to write another version."""
_LIST = "List"


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


@dataclass(slots=True)
class DocumentFix:
    """What was done to a document, and what was not."""

    target: Minor
    checks: frozenset[str]
    lines: Mapping[ObjectRef, int]
    """Where each object begins that needs something."""
    fixed: list[ObjectFix] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    def change(self, value: object) -> None:
        """Change the object, or the objects of the list, in place."""
        if not isinstance(value, Map):
            return
        kind, items = str(value.get("kind") or ""), value.get("items")
        if not kind.endswith(_LIST) or not isinstance(items, list):
            self._object(value)
        elif kind == _LIST:
            for item in items:
                self.change(item)
        else:
            self._typed_list(value, [item for item in items if isinstance(item, Map)])

    def _typed_list(self, listed: Map, items: list[Map]) -> None:
        own = GroupVersionKind.of(str(listed.get("apiVersion")), str(listed["kind"]).removesuffix(_LIST))
        said = {"apiVersion": own.api_version, "kind": own.kind}
        bare = [item for item in items if not said.keys() & item.keys()]
        obstacle = self._obstacle([{**said, **plain(item)} for item in bare])
        before, after = len(self.fixed), own
        for item in items:
            if not said.keys() & item.keys():
                for key in reversed(said):
                    put_first(item, key, said[key])
                self._object(item, obstacle)
                after = own if obstacle else GroupVersionKind.of_object(item)
                for key in said:
                    del item[key]
            elif said.keys() <= item.keys():
                self.change(item)
            elif self._is_gone(GroupVersionKind.of_object({**said, **item})):
                self._refuse(ObjectRef.of({**said, **plain(item)}), _HALF_SAID)
        if not bare and not self.refused and len(self.fixed) > before:
            after = self.fixed[-1].after  # every item says its own, and kubectl reads the list's first
        if after != own and self._is_gone(own):
            listed["apiVersion"] = after.api_version
            if after.kind != own.kind:
                listed["kind"] = f"{after.kind}{_LIST}"

    def _obstacle(self, wholes: list[dict[str, object]]) -> str:
        """Why the version that a list says for these objects has to stay; empty where it may change."""
        for whole in wholes:
            if self._is_gone(GroupVersionKind.of_object(whole)):
                ref = ObjectRef.of(whole)
                tried = rewrite(whole, self.target)
                if isinstance(tried, NotOffered):
                    return f"its list says the version for all of its items, and {ref} stays: {tried.why}"
        return ""

    def _object(self, obj: Map, obstacle: str = "") -> None:
        whole = plain(obj)
        gvk, ref, notes = GroupVersionKind.of_object(whole), ObjectRef.of(whole), Notes()
        after = gvk
        if self._is_gone(gvk):
            # a trial on a copy: a refused object must stay as it is
            tried = rewrite(whole, self.target)
            if isinstance(tried, NotOffered):
                self._refuse(ref, tried.why)
            elif obstacle:
                self._refuse(ref, obstacle)
            else:
                rewrite(obj, self.target)
                after = tried.after
                notes.texts += tried.notes
        notes.texts += self._tidied(obj, ref)
        if after != gvk or notes.texts:
            self.fixed.append(ObjectFix(ref, self._line(ref), after, tuple(notes.texts)))

    def _tidied(self, obj: Map, ref: ObjectRef) -> list[str]:
        trial, notes = plain(obj), Notes()
        for why in tidy(trial, self.checks, self.target, notes):
            self._refuse(ref, why)
        if notes.texts:
            before = misfits(plain(obj), self.target)
            wrong = [each for each in misfits(trial, self.target) if each not in before]
            if wrong:
                self._refuse(ref, f"the result would not fit Kubernetes {self.target}: {'; '.join(wrong)}.")
                return []
            tidy(obj, self.checks, self.target, Notes())
        return notes.texts

    def _is_gone(self, gvk: GroupVersionKind) -> bool:
        return self.checks >= REWRITES and is_removed(gvk, self.target)

    def _refuse(self, ref: ObjectRef, why: str) -> None:
        self.refused.append(Refusal(ref, self._line(ref), why))

    def _line(self, ref: ObjectRef) -> int:
        return self.lines.get(ref) or min(self.lines.values(), default=0)


_HALF_SAID = "it says only one of apiVersion and kind, which kubectl refuses: write both."
