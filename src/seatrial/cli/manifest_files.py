"""Finds and reads manifests under the paths that a user named."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from seatrial.cluster.manifests import Manifest, ManifestProblem, Manifests, parse_manifests
from seatrial.errors import BadInput

_ENDINGS = (".yaml", ".yml", ".json")
_LARGEST = 64 << 20  # bytes; a manifest is a few KB, a dump of a large cluster some MB


def read_manifests(paths: list[Path]) -> Manifests:
    """Read files whatever their name, and the YAML and JSON files of folders; "-" is standard input.

    Raises `BadInput` for a path that does not exist or a folder that cannot be read; what goes wrong
    further down is a problem in the answer.
    """
    found: list[Manifest] = []
    problems: list[ManifestProblem] = []
    files = 0
    for file in _files(paths, problems):
        files += 1
        text = _text(file, problems)
        if text is not None and (file in paths or _may_hold_objects(file, text)):
            one = parse_manifests(text, "standard input" if str(file) == "-" else str(file))
            found.extend(one.found)
            problems.extend(one.problems)
    return Manifests(tuple(found), tuple(problems), files)


def _may_hold_objects(file: Path, text: str) -> bool:
    """JSON that people keep beside manifests is often not quite JSON (comments): leave it alone."""
    return file.suffix.lower() != ".json" or '"apiVersion"' in text


def _files(paths: list[Path], problems: list[ManifestProblem]) -> Iterator[Path]:
    for path in paths:
        if str(path) == "-":
            yield path
        elif path.is_dir():
            yield from _in_folder(path, problems)
        elif path.exists():
            yield path
        else:
            raise BadInput("there is no such file or folder.", where=str(path), next_step="Check the path.")


def _in_folder(folder: Path, problems: list[ManifestProblem]) -> Iterator[Path]:
    if not os.access(folder, os.R_OK | os.X_OK):
        raise BadInput("this folder cannot be read.", where=str(folder), next_step="Check its permissions.")

    def unreadable(error: OSError) -> None:
        problems.append(
            ManifestProblem(
                file=str(error.filename),
                what="this folder cannot be read.",
                next_step="Check its permissions.",
            )
        )

    for root, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if "Chart.yaml" in names and "templates" in folders:
            folders.remove("templates")
            problems.append(
                ManifestProblem(
                    file=root,
                    what="this is a Helm chart: its templates were not checked.",
                    next_step="Render it (helm template) and check what it renders.",
                )
            )
        for name in sorted(names):
            if name.lower().endswith(_ENDINGS) and not name.startswith("."):
                yield Path(root, name)


def _text(file: Path, problems: list[ManifestProblem]) -> str | None:
    try:
        if str(file) == "-":
            raw = sys.stdin.buffer.read(_LARGEST + 1)
        elif not file.is_file():
            raise OSError("it is not a regular file")
        else:
            with file.open("rb") as stream:
                raw = stream.read(_LARGEST + 1)
        if len(raw) > _LARGEST:
            raise OSError(f"it is larger than {_LARGEST >> 20} MiB")
        return raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8")
    except UnicodeDecodeError:
        why = "it is not text in UTF-8"
    except OSError as error:
        why = error.strerror or str(error)
    problems.append(
        ManifestProblem(
            file=str(file), what=f"this file was not checked: {why}.", next_step="Correct it and check again."
        )
    )
    return None
