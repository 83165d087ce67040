"""Renders a kustomization with `kubectl kustomize`, and finds the line that each object is written at.

Kustomizations come from strangers as charts do. Plugins, functions and Helm are off, which is kubectl's
default; files outside of a kustomization's folder are refused by kubectl; nothing is fetched: a proxy that
is not there and an empty PATH (Git is what would fetch) see to that, should we have overlooked something.

Where an object is from, Kustomize itself says when it is asked to (`buildMetadata`); so it is given a
kustomization of ours, in a folder of its own, that takes in the user's and asks.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import ryaml
from msgspec.structs import replace

from seatrial.cluster.foreign_text import fit_to_show
from seatrial.cluster.manifests import Manifest, ManifestProblem, Manifests, parse_manifests
from seatrial.errors import SeatrialError
from seatrial.files.child import run_child
from seatrial.files.kustomization import Kustomization, below, kustomization_in
from seatrial.files.text_file import read_text

_ORIGIN = "config.kubernetes.io/origin"
_FETCHED = (".tools/v37/kubectl", ".tools/v29/kubectl")  # where `make setup` puts those that it fetches
_LONGEST = 600  # characters of kubectl's text that reach a person


def find_kubectl(environment: Mapping[str, str], folder: Path) -> Path | None:
    """The one on PATH, one installed beside this Python, or a fetched one; None where there is none."""
    beside = Path(sys.executable).with_name("kubectl")
    on_path = shutil.which("kubectl", path=environment.get("PATH", os.defpath))
    fetched = (root / each for root in (folder, Path(__file__).parents[3]) for each in _FETCHED)
    candidates = [Path(on_path).absolute()] if on_path else []
    return next((each for each in (*candidates, beside, *fetched) if os.access(each, os.X_OK)), None)


async def render_kustomization(folder: Path, kubectl: Path | None) -> Manifests:
    """The objects that it makes, each with the place where it is written.

    When it cannot be rendered that is a problem, and the files that it takes in are read as they are.
    """
    kustomization = kustomization_in(folder)
    assert kustomization is not None  # noqa: S101  the caller found it
    remote = sorted({each for found in below(kustomization) for each in found.remote})
    if remote:
        return _as_it_is(
            folder,
            kustomization,
            f"it builds on something elsewhere ({', '.join(remote[:3])}), and nothing is fetched.",
            f"Give what it renders: kubectl kustomize {folder} | seatrial check -",
        )
    if kubectl is None:
        return _as_it_is(
            folder,
            kustomization,
            "it needs kubectl, and none was found.",
            "Install kubectl, and put it on PATH.",
        )
    try:
        text, base = await _rendered(kustomization, kubectl)
    except SeatrialError as problem:
        return _as_it_is(folder, kustomization, problem.what, problem.next_step)
    read = parse_manifests(text, str(folder))
    places = _Places(folder, kustomization, base)
    return Manifests(tuple(places.put(each) for each in read.found), read.problems, 1)


async def _rendered(kustomization: Kustomization, kubectl: Path) -> tuple[str, Path]:
    """What it renders, and the folder that the notes in it are relative to."""
    with _asking(kustomization) as own:
        command = [str(kubectl), "kustomize", str(own)]
        ended = await run_child(command, folder=own, environment=_environment(own))
    if ended.code:
        said = ended.said.replace(f"{own}/", "").removeprefix("error: ")
        parts = {part for each in below(kustomization) for file in each.mentioned for part in file.parts}
        names = [*kustomization.folder.parts, *parts]
        raise SeatrialError(
            f"kubectl kustomize failed: {fit_to_show(said, names=names, longest=_LONGEST)}",
            next_step=f"Run it by hand: kubectl kustomize {kustomization.folder}",
        )
    return ended.out.decode(errors="replace"), own


@contextmanager
def _asking(kustomization: Kustomization) -> Iterator[Path]:
    """A folder with a kustomization that takes in this one, and asks where each object is from."""
    with tempfile.TemporaryDirectory(prefix="seatrial-") as scratch:  # made with mode 0700
        own = Path(scratch).resolve()
        asked: dict[str, Any] = {
            "buildMetadata": ["originAnnotations"],
            "resources": [os.path.relpath(kustomization.folder, own)],
        }
        (own / "kustomization.yaml").write_bytes(msgspec.json.encode(asked))
        yield own


def _environment(own: Path) -> dict[str, str]:
    nowhere = "http://127.0.0.1:9"
    return {
        "HOME": str(own),
        "KUBECONFIG": os.devnull,
        "KUBERC": "off",
        "PATH": "",
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), nowhere),
    }


def _as_it_is(folder: Path, kustomization: Kustomization, why: str, next_step: str) -> Manifests:
    """What can be said without rendering: whole objects that are written there, patches left out."""
    problem = ManifestProblem(
        file=str(folder), what=f"this kustomization was not rendered: {why}", next_step=next_step
    )
    found: list[Manifest] = []
    problems = [problem]
    for file in dict.fromkeys(file for each in below(kustomization) for file in each.resources):
        text = read_text(file)
        if isinstance(text, str):
            read = parse_manifests(text, shown(file, folder))
            found += read.found
            problems += read.problems
        else:
            problems.append(replace(text, file=shown(file, folder)))
    return Manifests(tuple(found), tuple(problems), 1)


def shown(file: Path, folder: Path) -> str:
    """A real path as the user would write it, who named `folder`."""
    real = folder.resolve()
    if file.is_relative_to(real):
        return str(folder / file.relative_to(real))
    return str(file) if folder.is_absolute() else os.path.relpath(file)


@dataclass(slots=True)
class _Places:
    """Where the objects of one rendering are written."""

    folder: Path
    kustomization: Kustomization
    base: Path
    """What notes of origin are relative to."""
    _read: dict[Path, tuple[Manifest, ...]] = field(default_factory=dict)

    def put(self, manifest: Manifest) -> Manifest:
        """The object without Kustomize's note, at its file and line, or at what generated it."""
        document = manifest.document
        metadata = document.get("metadata")
        annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
        origin = annotations.pop(_ORIGIN, "") if isinstance(annotations, dict) else ""
        if isinstance(metadata, dict) and annotations == {}:
            del metadata["annotations"]
        path, generated = self._file(origin)
        where = shown(path, self.folder)
        return replace(
            manifest,
            raw=msgspec.json.encode(document),
            file=where,
            line=0 if generated else self._line(path, manifest),
        )

    def _file(self, origin: str) -> tuple[Path, bool]:
        try:
            said = ryaml.loads(origin) if origin else None
        except ValueError:
            said = None
        written = said.get("path") if isinstance(said, dict) else None
        configured = said.get("configuredIn") if isinstance(said, dict) else None
        for text, generated in ((written, False), (configured, True)):
            if isinstance(text, str):
                real = Path(os.path.normpath(self.base / text))
                if real.exists():
                    return real, generated
        return self.kustomization.file, True

    def _line(self, file: Path, manifest: Manifest) -> int:
        """Of the object of this kind whose name it still bears: Kustomize may add to names."""
        if file not in self._read:
            text = read_text(file)
            self._read[file] = parse_manifests(text, str(file)).found if isinstance(text, str) else ()
        same = [each for each in self._read[file] if each.gvk.kind == manifest.gvk.kind]
        same = sorted((each for each in same if each.name in manifest.name), key=lambda each: -len(each.name))
        return same[0].line if same else 0
