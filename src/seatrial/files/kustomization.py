"""What a kustomization names: the files that it takes in, the kustomizations it builds on, what is remote.

This decides what is rendered and what is read as it is; what the file means is Kustomize's own business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ryaml

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_GROUP = "kustomize.config.k8s.io/"
_LARGEST = 4 << 20  # bytes
_REMOTE = re.compile(r"://|^git@|^(?:github|gitlab|bitbucket)\.\w+[/:]|[?&](?:ref|version)=|(?<!^)//")


@dataclass(frozen=True, slots=True)
class Kustomization:
    file: Path
    resources: tuple[Path, ...] = ()
    """Local files that it takes in as whole objects."""
    mentioned: frozenset[Path] = frozenset()
    """Every local file that it names: resources, patches, what generators read."""
    includes: tuple[Path, ...] = ()
    """Folders with kustomizations, which it builds on."""
    remote: tuple[str, ...] = ()
    """What would be fetched from elsewhere."""
    is_component: bool = False
    """A part that only another kustomization can take in."""

    @property
    def folder(self) -> Path:
        return self.file.parent


def kustomization_in(folder: Path) -> Kustomization | None:
    """The kustomization of the folder; None where it has none. Paths in it are absolute, links followed."""
    folder = folder.resolve()
    file = next((folder / name for name in NAMES if (folder / name).is_file()), None)
    if file is None:
        return None
    try:
        content = _content(file)
    except (OSError, ValueError):
        return Kustomization(file)  # Kustomize will say what is wrong with it
    if content is None:
        return Kustomization(file)
    if not isinstance(content, dict) or not str(content.get("apiVersion") or _GROUP).startswith(_GROUP):
        return None  # Flux has a kind of this name, and people name its files so
    built_on = [each for key in ("resources", "bases", "components") for each in _texts(content.get(key))]
    local = {text: _inside(folder, text) for text in _texts(content)}
    files = frozenset(path for path in local.values() if path is not None and path.is_file())
    return Kustomization(
        file,
        resources=tuple(path for each in built_on if (path := local.get(each)) is not None and path in files),
        mentioned=files,
        includes=tuple(path for each in built_on if (path := local.get(each)) is not None and path.is_dir()),
        remote=tuple(each for each in built_on if local.get(each) is None and _REMOTE.search(each)),
        is_component=content.get("kind") == "Component",
    )


def texts_in(file: Path) -> tuple[str, ...]:
    """Everything in a kustomization that may name a file or folder, seen from its own."""
    try:
        return tuple(_texts(_content(file)))
    except (OSError, ValueError):
        return ()


def below(kustomization: Kustomization) -> Iterator[Kustomization]:
    """It and all that it builds on, each once."""
    seen: set[Path] = set()
    waiting = [kustomization]
    while waiting:
        each = waiting.pop()
        if each.file not in seen:
            seen.add(each.file)
            yield each
            waiting += [found for folder in each.includes if (found := kustomization_in(folder)) is not None]


def _content(file: Path) -> Any:
    with file.open("rb") as stream:
        return ryaml.loads(stream.read(_LARGEST).decode("utf-8-sig"))


def _texts(node: Any) -> Iterator[str]:
    match node:
        case str():
            yield node
            key, _, file = node.partition("=")  # generators: name=file
            if key and file:
                yield file
        case dict():
            for value in node.values():
                yield from _texts(value)
        case list():
            for each in node:
                yield from _texts(each)


def _inside(folder: Path, text: str) -> Path | None:
    """The file or folder that a text names, if there is one."""
    if not text or len(text) > 1000 or "\n" in text or "\0" in text:
        return None
    try:
        path = (folder / text).resolve()
        return path if path.exists() else None
    except (OSError, RuntimeError):
        return None
