"""Reads all manifests under some paths: files as they are, kustomizations and charts as they render."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from seatrial.cluster.manifests import Manifest, ManifestProblem, Manifests, parse_manifests
from seatrial.cluster.version import Minor
from seatrial.errors import BadInput, SeatrialError
from seatrial.files.finding import Found, find
from seatrial.files.side_by_side import read_side_by_side
from seatrial.files.text_file import read_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What rendering depends on."""

    target: Minor
    values: tuple[bytes, ...] = field(default=(), repr=False)
    """Values files for the charts; later ones win."""
    environment: Mapping[str, str] = field(repr=False)
    """Of this process, for finding kubectl and Helm."""
    folder: Path
    """The working directory."""


async def read_manifests(paths: Iterable[Path], reading: Reading) -> Manifests:
    """Raises `BadInput` for a path that does not exist or a folder that cannot be read.

    What cannot be read or rendered further down is a problem in the answer.
    """
    found = find(paths)
    if reading.values and not found.charts:
        raise BadInput("values were given, and there is no chart.", next_step="Leave out --values.")
    read = [_read_file(file, named=True) for file in found.named]
    read += read_side_by_side(found.files, partial(_read_file, named=False))
    if found.kustomizations or found.charts:
        read += await _rendered(found, reading)
    return Manifests(
        found=_each_once(read),
        problems=(*found.problems, *(problem for each in read for problem in each.problems)),
        files=sum(each.files for each in read),
    )


def _read_file(file: Path, *, named: bool) -> Manifests:
    text = read_text(file, named=named)
    if isinstance(text, ManifestProblem):
        return Manifests((), (text,), 1)
    if not named and not _may_hold_objects(file, text):
        return Manifests(files=1)
    return parse_manifests(text, "standard input" if str(file) == "-" else str(file))


def _may_hold_objects(file: Path, text: str) -> bool:
    """JSON that people keep beside manifests is often not quite JSON (comments): leave it alone."""
    return file.suffix.lower() != ".json" or '"apiVersion"' in text


async def _rendered(found: Found, reading: Reading) -> list[Manifests]:
    """One program for each at a time, no more of them than there are processors."""
    slots = asyncio.Semaphore(os.cpu_count() or 1)

    async def within(rendering: Coroutine[Any, Any, Manifests]) -> Manifests:
        async with slots:
            return await rendering

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(within(each)) for each in [*_kustomizations(found, reading)]]
        tasks += [group.create_task(within(each)) for each in await _charts(found, reading)]
    return [each.result() for each in tasks]


def _kustomizations(found: Found, reading: Reading) -> list[Coroutine[Any, Any, Manifests]]:
    if not found.kustomizations:
        return []
    from seatrial.files.kustomize import find_kubectl, render_kustomization

    kubectl = find_kubectl(reading.environment, reading.folder)
    return [render_kustomization(folder, kubectl) for folder in found.kustomizations]


async def _charts(found: Found, reading: Reading) -> list[Coroutine[Any, Any, Manifests]]:
    if not found.charts:
        return []
    from seatrial.charts import HelmBinary, find_helm
    from seatrial.files.chart import render_chart

    helm: HelmBinary | SeatrialError
    try:
        helm = await find_helm(environment=reading.environment, folder=reading.folder)
    except SeatrialError as problem:
        helm = problem
    return [render_chart(chart, helm, reading.target, reading.values) for chart in found.charts]


def _each_once(read: Iterable[Manifests]) -> tuple[Manifest, ...]:
    """Two overlays of one base may render the very same object from the very same line."""
    seen: dict[tuple[object, ...], Manifest] = {}
    for each in read:
        for manifest in each.found:
            key = (manifest.ref, manifest.location)
            known = seen.get(key)
            if known is None:
                seen[key] = manifest
            elif msgspec.json.encode(known.document) != msgspec.json.encode(manifest.document):
                seen[(*key, len(seen))] = manifest
    return tuple(seen.values())
