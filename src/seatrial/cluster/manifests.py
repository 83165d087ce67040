"""Manifests in files: which object is written at which line, one broken document at a time.

A document that cannot be read is a problem with its place; the others are still read. Documents are
split first, at the markers that YAML defines (`---` and `...` at the start of a line), so that an
error in one cannot take the next with it. Text that is no Kubernetes object (values, kustomizations
without kind, plain data) is passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import ryaml

from seatrial.cluster.objects import GroupVersionKind, Obj, ObjectRef
from seatrial.cluster.plain_words import as_kubectl_reads
from seatrial.cluster.yaml_aliases import expanded_size, merged

_MARKER = re.compile(r"^(?:---|\.\.\.)(?=[ \t\r\n]|\Z)", re.MULTILINE)
_NOTHING_YET = re.compile(r"(?:(?:[ \t]*(?:#[^\n]*)?\r*|%[^\n]*)(?:\n|\Z))*")
_OF_HELM = re.compile(
    r"^\{\{-?\s*(?:/\*|(?:if|with|range|define|include|template)\b)"
    r"|^[ \t-]*[\w./-]{1,100}:[ \t]+\{\{-?[ \t]*(?:template |\$)"
    r"|\{\{[^{}\n]{0,200}?(?:\.(?:Values|Release|Chart|Capabilities|Files|Template)\b"
    r"|\b(?:include|tpl|toYaml) )",
    re.MULTILINE,
)
"""What the templates of other tools (alerts, say) do not hold: theirs stand in quotes or indented."""
_LARGEST_EXPANDED = 64 << 20  # characters; a dump of a large cluster has some millions, and no alias
_BYTE_ORDER_MARK = re.compile("^\ufeff", re.MULTILINE)
_ITEM = re.compile(r"^( *)- ", re.MULTILINE)
_ITEMS = re.compile(r"^items:[ \t]*(?:#.*)?\r?\n", re.MULTILINE)
_AT_LINE = re.compile(r" at line (\d+) column \d+")
_DEEP = re.compile(r"(?:[\[{][^\[\]{}]{0,80}){1000}")
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_DUPLICATE = re.compile(r"duplicate entry with key (.+?)(?: at line (\d+) column \d+)?$")


CHART = GroupVersionKind("helm.sh", "v2", "Chart")
"""A chart's own Chart.yaml, which Helm reads and no API server serves."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One object as somebody wrote it."""

    gvk: GroupVersionKind
    namespace: str
    name: str
    file: str
    line: int
    """The first line of its document or list item, from 1; 0 where it was rendered."""
    raw: bytes
    """The object as JSON: a tenth of what dictionaries take, and what typed models are decoded from."""

    def __repr__(self) -> str:
        return f"Manifest({self.ref} of {self.location})"  # it may be a Secret

    @property
    def location(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef(self.gvk.api_version, self.gvk.kind, self.namespace, self.name)

    @property
    def document(self) -> Obj:
        """The object as dictionaries, made anew at each call."""
        document: Obj = msgspec.json.decode(self.raw)
        return document


class ManifestProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A document, file or folder that could not be read."""

    file: str
    what: str
    next_step: str = ""
    line: int = 0

    @property
    def location(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


class Manifests(msgspec.Struct, frozen=True):
    """All that was found under the given paths."""

    found: tuple[Manifest, ...] = ()
    problems: tuple[ManifestProblem, ...] = ()
    files: int = 0


def parse_manifests(text: str, file: str) -> Manifests:
    """Read the YAML or JSON `text` of one file; `file` is how messages name it."""
    if "\ufeff" in text:  # files that were put together have one before each
        text = _BYTE_ORDER_MARK.sub("", text)
    found: list[Manifest] = []
    problems: list[ManifestProblem] = []
    for line, document in _json_documents(text) if text.lstrip()[:1] == "{" else _split(text):
        try:
            whole, written = (
                (_load(document, line), document) if isinstance(document, str) else (document, "")
            )
            for each in _objects(whole, file, line, written):
                if isinstance(each, Manifest):
                    found.append(each)
                else:
                    problems.append(each)
        except _BadDocumentError as bad:
            problems.append(
                ManifestProblem(file=file, line=bad.line or line, what=bad.what, next_step=bad.next_step)
            )
    return Manifests(tuple(found), tuple(problems), 1)


class _BadDocumentError(Exception):
    def __init__(self, what: str, next_step: str, line: int = 0) -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step
        self.line = line


def _split(text: str) -> Iterator[tuple[int, str]]:
    """Each document that holds something, with the line on which it starts."""
    start, line = 0, 1
    marked = "\n---" in text or "\n..." in text or text.startswith(("---", "..."))
    for marker in [*(_MARKER.finditer(text) if marked else ()), None]:
        end = marker.start() if marker else len(text)
        chunk = text[start:end]
        skipped = _NOTHING_YET.match(chunk)
        begins = skipped.end() if skipped else 0
        if begins < len(chunk):
            yield line + chunk.count("\n", 0, begins), chunk[begins:]
        if marker:
            line += chunk.count("\n")
            start = marker.end()


def _json_documents(text: str) -> Iterator[tuple[int, Any]]:
    """JSON objects one after the other; YAML in braces where it is not JSON."""
    decoder = json.JSONDecoder(object_pairs_hook=_no_duplicates)
    documents: list[tuple[int, Any]] = []
    halves = bool(_HALF.search(text))
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        line = text.count("\n", 0, position) + 1
        try:
            content, position = decoder.raw_decode(text, position)
            if halves:
                content = _with_whole_characters(content)
        except (ValueError, RecursionError):
            return _split(text)
        documents.append((line, content))
    return iter(documents)


def _with_whole_characters(content: Any) -> Any:
    """U+FFFD for half a character, as Go reads it: no UTF-8 could hold the half."""
    text = json.dumps(content, ensure_ascii=False)
    return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) != len(pairs):
        raise ValueError  # the YAML parser says which key
    return plain


def _load(document: str, line: int) -> Any:
    brackets = document.count("{") + document.count("[")
    if brackets >= 1000 and _DEEP.search(document):  # for which the parser's time grows with the square
        raise _BadDocumentError(
            "this document is nested too deeply: it was not checked.", "Correct it and check again.", line
        )
    if expanded_size(document) > _LARGEST_EXPANDED:
        raise _BadDocumentError(
            f"its aliases stand for more than {_LARGEST_EXPANDED >> 20} MiB: this document was not checked.",
            "Write it with fewer aliases.",
            line,
        )
    try:
        content = ryaml.loads(as_kubectl_reads(document))
        return merged(content) if "<<" in document else content
    except ValueError as problem:
        raise _explained(str(problem), document, line) from None


def _explained(problem: str, document: str, line: int) -> _BadDocumentError:
    """Say what a person can do about a parser's complaint, and where."""
    if _OF_HELM.search(document):
        return _helm_template()
    if "unhashable type" in problem:  # what Python says of `[a]: b` and `{{ name }}: b`
        return _BadDocumentError(
            "a key of it is a list or a mapping: this document was not checked.", "Write keys as text.", line
        )
    duplicate = _DUPLICATE.search(problem)
    if duplicate:
        key = duplicate[1].strip('"')
        return _BadDocumentError(
            f"the key {key!r} is there twice: this document was not checked.",
            "Keep one of the two.",
            _second_line_of(key, document, line, int(duplicate[2] or 1)),
        )
    at = _AT_LINE.search(problem)
    return _BadDocumentError(
        f"this document is not valid YAML ({_AT_LINE.sub('', problem)}): it was not checked.",
        "Correct it and check again.",
        line + int(at[1]) - 1 if at else line,
    )


def _helm_template() -> _BadDocumentError:
    return _BadDocumentError(
        "this is a Helm template, not a manifest: it was not checked.",
        "Render the chart (helm template) and check what it renders.",
    )


def _second_line_of(key: str, document: str, line: int, mapping: int) -> int:
    """The line that repeats `key` in the mapping that starts at line `mapping` of the document."""
    pattern = re.compile(rf"""^([ \t-]*)["']?{re.escape(key)}["']?\s*:""")
    seen: set[int] = set()
    for number, text in enumerate(document.split("\n")[mapping - 1 :], start=mapping - 1):
        match = pattern.match(text)
        if not match:
            continue
        if "-" in match[1]:
            seen.clear()  # a new list item starts a new mapping
        if len(match[1]) in seen:
            return line + number
        seen.add(len(match[1]))
    return line + mapping - 1


def _objects(content: Any, file: str, line: int, text: str) -> Iterator[Manifest | ManifestProblem]:
    """The objects in a document; `text` is it as written, to find the lines of its items."""
    if isinstance(content, list):  # what `jq .items` leaves of a list
        for each in content:
            if isinstance(each, dict):
                yield from _objects(each, file, line, "")
        return
    if not isinstance(content, dict):
        return
    api_version, kind = content.get("apiVersion"), content.get("kind")
    if api_version is None or kind is None:
        return
    if not isinstance(api_version, str) or not isinstance(kind, str) or not api_version or not kind:
        raise _BadDocumentError(
            "apiVersion and kind must be text: this document was not checked.", "Quote them."
        )
    if "{{" in api_version or "{{" in kind:
        if _OF_HELM.search(f"{api_version}\n{kind}"):
            raise _helm_template()
        raise _BadDocumentError(
            "this is a template, not a manifest: it was not checked.", "Check what is made from it."
        )
    items = content.get("items")
    if kind == "List" and not isinstance(items, list):
        return
    if kind.endswith("List") and isinstance(items, list):
        inherited = {} if kind == "List" else {"apiVersion": api_version, "kind": kind.removesuffix("List")}
        lines = _lines_of_items(text, line, len(items))
        for item, at in zip(items, lines, strict=True):
            if isinstance(item, dict):
                yield from _objects({**inherited, **item}, file, at, "")
        return
    yield _manifest(GroupVersionKind.of(api_version, kind), content, file, line)


def _manifest(gvk: GroupVersionKind, content: Obj, file: str, line: int) -> Manifest | ManifestProblem:
    metadata = content.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    namespace = str(metadata.get("namespace") or "")
    name = str(metadata.get("name") or metadata.get("generateName") or "")
    try:
        try:
            raw = msgspec.json.encode(content)
        except TypeError:
            raw = msgspec.json.encode(_with_keys_of_text(content))
    except (TypeError, ValueError, RecursionError):  # keys without a text, halves of characters
        return ManifestProblem(
            file=file,
            line=line,
            what=f"{ObjectRef(gvk.api_version, gvk.kind, namespace, name)} was not checked:"
            " it holds what JSON cannot hold.",
            next_step="Correct it and check again.",
        )
    return Manifest(gvk=gvk, namespace=namespace, name=name, file=file, line=line, raw=raw)


def _with_keys_of_text(value: Any) -> Any:
    """`true: x` has the key "true", as kubectl reads it; a null key stays, which it refuses."""
    match value:
        case dict():
            return {
                str(key).lower() if isinstance(key, bool) else key: _with_keys_of_text(each)
                for key, each in value.items()
            }
        case list():
            return [_with_keys_of_text(each) for each in value]
        case _:
            return value


def _lines_of_items(text: str, line: int, count: int) -> list[int]:
    """Where each item of a list in block style begins; the list's own line where that cannot be told."""
    head = _ITEMS.search(text)
    first = _ITEM.match(text, head.end()) if head else None
    if head and first:
        dash = re.compile(rf"^{first[1]}- ", re.MULTILINE)
        found = [line + text.count("\n", 0, each.start()) for each in dash.finditer(text, head.end())]
        if len(found) == count:
            return found
    return [line] * count
