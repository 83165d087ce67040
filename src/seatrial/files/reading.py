"""Reads all manifests under some paths: files as they are, kustomizations and charts as they render."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from seatrial.cluster.manifests import Manifest, ManifestProblem, Manifests, parse_manifests
from seatrial.errors import BadInput
from seatrial.files.finding import find
from seatrial.files.setting import Reading
from seatrial.files.side_by_side import read_side_by_side
from seatrial.files.text_file import read_text


def read_manifests(
    paths: Iterable[Path], reading: Reading, meanwhile: Callable[[], None] = lambda: None
) -> Manifests:
    """Raises `BadInput` for a path that does not exist or a folder that cannot be read.

    What cannot be read or rendered further down is a problem in the answer. `meanwhile` is done once, while
    other processes read.
    """
    found = find(paths)
    if reading.values and not found.charts:
        raise BadInput("values were given, and there is no chart.", next_step="Leave out --values.")
    read = [_read_file(str(file), named=True) for file in found.named]
    read += read_side_by_side(found.files, partial(_read_file, named=False), meanwhile)
    if found.kustomizations or found.charts:
        from seatrial.files.rendering import render_found

        read += render_found(found, reading)
    return Manifests(
        found=_each_once(read),
        problems=(*found.problems, *(problem for each in read for problem in each.problems)),
        files=sum(each.files for each in read),
    )


def _read_file(file: str, *, named: bool) -> Manifests:
    text = read_text(file, named=named)
    if isinstance(text, ManifestProblem):
        return Manifests((), (text,), 1)
    if not named and not _may_hold_objects(file, text):
        return Manifests(files=1)
    return parse_manifests(text, "standard input" if file == "-" else file)


def _may_hold_objects(file: str, text: str) -> bool:
    """JSON that people keep beside manifests is often not quite JSON (comments): leave it alone."""
    return not file.lower().endswith(".json") or '"apiVersion"' in text


def _each_once(read: Iterable[Manifests]) -> tuple[Manifest, ...]:
    """Two overlays of one base may render the very same object from the very same line."""
    seen: dict[tuple[object, ...], Manifest] = {}
    for each in read:
        for manifest in each.found:
            key = (manifest.ref, manifest.location)
            known = seen.get(key)
            if known is None:
                seen[key] = manifest
            elif known.raw != manifest.raw:
                seen[(*key, len(seen))] = manifest
    return tuple(seen.values())
