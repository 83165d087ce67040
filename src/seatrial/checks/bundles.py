"""Tells apart the sets of files that are never applied together: overlays, versions of one chart.

Within one set an object has one place. Where the same object is written in several, the files are parted at
the first folder in which these places differ, so that the budget of one overlay is never counted
against the pods of another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seatrial.cluster.manifests import Manifest

_Identity = tuple[str, str, str, str]


def bundles(manifests: Sequence[Manifest]) -> tuple[tuple[Manifest, ...], ...]:
    """The sets, in the order of their first file; one where no object is written twice."""
    return tuple(_parted(tuple(manifests), 0))


def _parted(manifests: tuple[Manifest, ...], depth: int) -> Iterator[tuple[Manifest, ...]]:
    if not _has_repetitions(manifests) or all(_folders(each)[depth:] == () for each in manifests):
        yield manifests
        return
    groups: dict[tuple[str, ...], list[Manifest]] = {}
    for each in manifests:
        groups.setdefault(_folders(each)[depth : depth + 1], []).append(each)
    for group in groups.values():
        yield from _parted(tuple(group), depth + 1)


def _has_repetitions(manifests: tuple[Manifest, ...]) -> bool:
    """Whether some object with a name is written in two files."""
    seen: dict[_Identity, str] = {}
    for each in manifests:
        gvk, name, file = each.gvk, each.name, each.file
        if name and seen.setdefault((gvk.group, gvk.kind, each.namespace, name), file) != file:
            return True
    return False


def _folders(manifest: Manifest) -> tuple[str, ...]:
    return tuple(manifest.file.split("/"))
