"""Walks the paths that a user named and tells apart what is read, what Kustomize and what Helm renders.

A kustomization that another one builds on is part of that one; a file that a kustomization takes in is
checked as that one renders it, and not a second time as it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from seatrial.cluster.manifests import ManifestProblem
from seatrial.errors import BadInput
from seatrial.files.kustomization import NAMES, Kustomization, below, kustomization_in

_MANIFESTS = (".yaml", ".yml", ".json")
_ARCHIVES = (".tgz", ".tar.gz")


@dataclass(slots=True)
class Found:
    named: list[Path] = field(default_factory=list)
    """Files that the user named: read whatever they are called."""
    files: list[str] = field(default_factory=list)
    """Found below a folder; text, since thousands of paths take a while to make."""
    kustomizations: list[Path] = field(default_factory=list)
    """Folders to render, as the user would name them."""
    charts: list[Path] = field(default_factory=list)
    problems: list[ManifestProblem] = field(default_factory=list)


def find(paths: Iterable[Path]) -> Found:
    """Raises `BadInput` for a path that does not exist or a folder that cannot be read.

    What goes wrong further down is a problem in the answer.
    """
    found = Found()
    folders: list[Path] = []
    for path in dict.fromkeys(paths):
        if not _is_text(str(path)):
            raise BadInput(
                "its name is not text in UTF-8.", where=_as_text(str(path)), next_step="Rename it and repeat."
            )
        if str(path) != "-" and path.is_dir():
            folders.append(path)
        elif str(path) == "-":
            found.named.append(path)
        elif not path.exists():
            raise BadInput("there is no such file or folder.", where=str(path), next_step="Check the path.")
        elif path.name in NAMES and kustomization_in(path.parent) is not None:
            folders.append(path.parent)
        elif path.name.lower().endswith(_ARCHIVES):
            found.charts.append(path)
        else:
            found.named.append(path)
    walked: dict[Path, Path] = {}  # real folder of a kustomization → as the user would name it
    for folder in dict.fromkeys(folders):
        _walk(folder, found, walked)
    _settle_kustomizations(found, walked, {each.resolve() for each in folders})
    _leave_out_names_that_are_no_text(found)
    return found


def _walk(folder: Path, found: Found, kustomizations: dict[Path, Path]) -> None:
    if not os.access(folder, os.R_OK | os.X_OK):
        raise BadInput("this folder cannot be read.", where=str(folder), next_step="Check its permissions.")

    def unreadable(error: OSError) -> None:
        found.problems.append(
            ManifestProblem(
                file=_as_text(str(error.filename)),
                what="this folder cannot be read.",
                next_step="Check its permissions.",
            )
        )

    for root, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if "Chart.yaml" in names:
            folders.clear()  # its parts are no manifests by themselves
            found.charts.append(Path(root))
            continue
        if any(name in NAMES for name in names) and kustomization_in(Path(root)) is not None:
            kustomizations.setdefault(Path(root).resolve(), Path(root))
            names = [name for name in names if name not in NAMES]
        place = str(Path(root))
        for name in sorted(names):
            low = name.lower()
            if name.startswith("."):
                continue
            if low.endswith(_MANIFESTS):
                found.files.append(name if place == "." else f"{place}{os.sep}{name}")
            elif low.endswith(_ARCHIVES) and _is_chart(Path(root, name)):
                found.charts.append(Path(root, name))


def _is_chart(archive: Path) -> bool:
    """Whether the first files of an archive look like a chart's; `helm package` puts Chart.yaml first."""
    import tarfile

    try:
        with tarfile.open(archive, "r|gz") as members:
            for number, member in enumerate(members):
                if member.name.count("/") == 1 and member.name.endswith("/Chart.yaml"):
                    return True
                if number > 100:
                    break
    except (tarfile.TarError, EOFError, OSError, ValueError):
        return False
    return False


def _settle_kustomizations(found: Found, walked: dict[Path, Path], asked: set[Path]) -> None:
    """Render those that nothing else takes in, or that were named; drop the files that they take in."""
    known = {real: each for real in walked if (each := kustomization_in(real)) is not None}
    built_on = {folder for each in known.values() for folder in each.includes if folder != each.folder}
    roots = [
        real
        for real, each in known.items()
        if (real in asked or real not in built_on) and not each.is_component
    ]
    reached = _reached(known[real] for real in roots)
    for real, each in known.items():  # in a circle none is the first: Kustomize says so
        if real not in reached and not each.is_component:
            roots.append(real)
            reached |= _reached([each])
    taken = {file for real in reached for file in reached[real].mentioned}
    taken |= {_real(file) for file in found.named}
    found.kustomizations += [walked[real] for real in sorted(roots)]
    found.files = [file for file in dict.fromkeys(found.files) if not taken or _real(file) not in taken]


def _leave_out_names_that_are_no_text(found: Found) -> None:
    """Neither JSON nor a diff could hold such a name, and one of them would cost the whole report."""
    below_folders = [*found.files, *map(str, found.kustomizations), *map(str, found.charts)]
    if _is_text("\n".join(below_folders)):
        return
    found.files = [file for file in found.files if _is_text(file)]
    found.kustomizations = [folder for folder in found.kustomizations if _is_text(str(folder))]
    found.charts = [chart for chart in found.charts if _is_text(str(chart))]
    found.problems += [
        ManifestProblem(
            file=_as_text(name),
            what="its name is not text in UTF-8: it was not checked.",
            next_step="Rename it and check again.",
        )
        for name in below_folders
        if not _is_text(name)
    ]


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:  # bytes of a name that are no UTF-8 stand in it as half characters
        return False
    return True


def _as_text(name: str) -> str:
    return os.fsencode(name).decode(errors="replace")


def _reached(roots: Iterable[Kustomization]) -> dict[Path, Kustomization]:
    return {each.folder: each for root in roots for each in below(root)}


def _real(file: str | Path) -> Path:
    """Links followed; one that leads in a circle stays as it is."""
    return Path(os.path.realpath(file))
