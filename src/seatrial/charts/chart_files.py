"""The files of a chart, from a folder or a .tgz, read into memory within bounds and nothing unpacked.

Charts come from strangers: a path that leaves the archive, a link, or an archive that grows without
end is refused. What Helm would skip (see .helmignore) is skipped and packed subcharts are opened, so
that a folder and the .tgz that `helm package` makes of it look alike and have the same digest.
"""

from __future__ import annotations

import fnmatch
import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Any

import ryaml

from seatrial.errors import BadInput, NotFound

_MOST_FILES = 10_000
_LARGEST_FILE = 16 << 20  # bytes
_LARGEST_CHART = 64 << 20  # bytes, all files together
_LARGEST_ARCHIVE = _LARGEST_CHART + 2048 * _MOST_FILES  # bytes; each file has a header and is padded
_DEEPEST = 8  # charts inside charts


def read_chart_files(path: Path) -> dict[str, bytes]:
    """Content by path inside the chart ("templates/deployment.yaml"), sorted by path."""
    budget = _Budget(path)
    try:
        if path.is_dir():
            found = _read_folder(path, budget)
        elif path.is_file():
            with path.open("rb") as archive:
                found = _read_archive(path, archive, budget)
        else:
            raise NotFound(
                "there is no such chart.", where=str(path), next_step="Name a chart's folder or its .tgz."
            )
        found = _open_subcharts(path, found, budget, _DEEPEST)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error):
        raise _refused(path, "it is not a chart archive, or it is damaged") from None
    except OSError as problem:
        raise _refused(path, f"it cannot be read: {problem.strerror or problem}") from None
    if "Chart.yaml" not in found:
        raise _refused(path, "it has no Chart.yaml")
    return dict(sorted(found.items()))


def digest(files: Mapping[str, bytes]) -> str:
    """The content's identity, "sha256:…"; line ends and the way Chart.yaml is written down do not count."""
    total = hashlib.sha256()
    for name in sorted(files):
        path = PurePosixPath(name)
        if path.name in ("Chart.lock", "requirements.lock"):
            continue  # holds a time; what it locks lies in charts/ and does count
        content = files[name]
        if path.name == "Chart.yaml" and (
            path.parent == PurePosixPath() or path.parent.parent.name == "charts"
        ):
            content = _canonical(content)  # `helm package` writes it anew
        content = content.replace(b"\r\n", b"\n")
        total.update(f"{len(name.encode())} {len(content)} {name}\n".encode())
        total.update(content)
    return f"sha256:{total.hexdigest()}"


def _canonical(chart_yaml: bytes) -> bytes:
    try:
        meta: Any = ryaml.loads(chart_yaml.decode())
    except ValueError:
        return chart_yaml
    if isinstance(meta, dict):
        meta = {key: str(value) if key == "appVersion" else value for key, value in meta.items()}
    return json.dumps(meta, sort_keys=True, default=str).encode()


def _read_folder(root: Path, budget: _Budget) -> dict[str, bytes]:
    ignored = _ignore_rules(root / ".helmignore")
    found: dict[str, bytes] = {}
    for folder, subfolders, names in os.walk(root):
        inside = PurePosixPath(Path(folder).relative_to(root).as_posix())
        subfolders[:] = sorted(each for each in subfolders if not _is_ignored(inside / each, True, ignored))
        for name in (*subfolders, *names):
            if (file := root / inside / name).is_symlink() and not _is_inside(root, file):
                raise _refused(root, f"{inside / name} is a link that leaves the chart")
        for name in sorted(names):
            relative = inside / name
            if _is_ignored(relative, False, ignored):
                continue
            file = root / relative
            if not file.is_file():
                continue
            budget.take(str(relative), file.stat().st_size)
            found[str(relative)] = file.read_bytes()
    return found


def _is_inside(root: Path, link: Path) -> bool:
    """Helm follows links inside a chart folder: one that leaves it puts a file of ours into a release."""
    try:
        return link.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # links in a circle
        return False


def _read_archive(path: Path, source: IO[bytes], budget: _Budget) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    # unzipped apart: tarfile's own "r|gz" stumbles over the extra header that Helm writes
    with gzip.open(source) as plain, tarfile.open(fileobj=_Bounded(path, plain), mode="r|") as archive:
        for member in archive:
            if member.isdir() or member.type in (tarfile.XHDTYPE, tarfile.XGLTYPE):
                budget.take(member.name, 0)
                continue
            relative = _inside_chart(path, member.name)
            if not member.isreg():
                raise _refused(path, f"{member.name} is not a plain file")
            budget.take(member.name, member.size)
            content = archive.extractfile(member)
            if content is not None:
                found[relative] = content.read()
    return found


def _open_subcharts(path: Path, files: dict[str, bytes], budget: _Budget, depth: int) -> dict[str, bytes]:
    """Replace `charts/name-1.2.3.tgz` by the files of `charts/name/`, as `helm package` does."""
    opened: dict[str, bytes] = {}
    for name, content in files.items():
        file = PurePosixPath(name)
        if file.suffix != ".tgz" or file.parent.name != "charts":
            opened[name] = content
            continue
        if not depth:
            raise _refused(path, f"charts lie more than {_DEEPEST} deep in one another")
        inner = _read_archive(path, io.BytesIO(content), budget)
        subchart = file.parent / _name_of(inner, file.stem)
        for each, data in _open_subcharts(path, inner, budget, depth - 1).items():
            opened[str(subchart / each)] = data
    return opened


def _name_of(files: Mapping[str, bytes], otherwise: str) -> str:
    try:
        meta: Any = ryaml.loads(files.get("Chart.yaml", b"").decode())
    except ValueError:
        return otherwise
    name = meta.get("name") if isinstance(meta, dict) else None
    return name if isinstance(name, str) and re.fullmatch(r"[\w.-]+", name) and name != ".." else otherwise


def _inside_chart(path: Path, name: str) -> str:
    """The name without the chart's own folder, which every chart archive has."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith("/") or ".." in parts or ":" in parts[0] or len(parts) < 2:
        raise _refused(path, f"{name[:80]!r} lies outside the chart's folder")
    return str(PurePosixPath(*parts[1:]))


class _Bounded(io.RawIOBase):
    """Ends an archive that unpacks to too much, also where no file of it is to blame.

    tarfile reads long names and extended headers into memory by itself, however long they say they are.
    """

    def __init__(self, path: Path, plain: gzip.GzipFile) -> None:
        super().__init__()
        self._path, self._plain = path, plain
        self._left = _LARGEST_ARCHIVE

    def read(self, size: int = -1) -> bytes:
        read = self._plain.read(size)
        self._left -= len(read)
        if self._left < 0:
            raise _refused(self._path, f"it unpacks to more than {_LARGEST_ARCHIVE >> 20} MiB")
        return read


class _Budget:
    """Counts what was read and refuses more than a chart can sensibly hold."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files = 0
        self._bytes = 0

    def take(self, name: str, size: int) -> None:
        self._files += 1
        self._bytes += size
        if size > _LARGEST_FILE:
            raise _refused(self._path, f"{name[:80]} is larger than {_LARGEST_FILE >> 20} MiB")
        if self._files > _MOST_FILES or self._bytes > _LARGEST_CHART:
            raise _refused(
                self._path, f"it holds more than {_MOST_FILES} files or {_LARGEST_CHART >> 20} MiB"
            )


def _ignore_rules(file: Path) -> tuple[str, ...]:
    if not file.is_file():
        return ()
    lines = (line.strip() for line in file.read_text(encoding="utf-8", errors="replace").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def _is_ignored(path: PurePosixPath, is_folder: bool, rules: Iterable[str]) -> bool:
    """Helm's own rules: shell patterns on the name, or on the path when there is a slash; `!` inverts."""
    if path.name == ".helmignore":
        return False
    for rule in rules:
        wanted = not rule.startswith("!")
        pattern = rule.lstrip("!")
        if pattern.endswith("/"):
            if not is_folder:
                continue
            pattern = pattern.rstrip("/")
        if "/" in pattern:
            matched = fnmatch.fnmatchcase(str(path), pattern.lstrip("/"))
        else:
            matched = fnmatch.fnmatchcase(path.name, pattern)
        if matched == wanted:
            return True
    return False


def _refused(path: Path, why: str) -> BadInput:
    return BadInput(f"this chart cannot be used: {why}.", where=str(path), next_step="Fetch the chart again.")
