"""Manifests as a snapshot, so that a check of live objects reads files without knowing it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from seatrial.cluster.manifests import Manifest, ManifestProblem
from seatrial.cluster.models import KINDS
from seatrial.cluster.models.metadata import Resource, decode
from seatrial.cluster.objects import GroupKind, GroupVersionResource, ObjectRef
from seatrial.cluster.snapshot import ResourceList, Snapshot, SnapshotMeta
from seatrial.cluster.version import Minor
from seatrial.errors import BadFormat

_TYPED = {kind.group_kind(): kind for kind in KINDS}
_Place = tuple[str, str, str]
"""Kind, namespace, name: what tells two objects in files apart, whatever version they are written in."""


@dataclass(frozen=True, slots=True)
class FilesAsSnapshot:
    snapshot: Snapshot
    problems: tuple[ManifestProblem, ...]
    places: dict[_Place, str]

    def location_of(self, ref: ObjectRef) -> str:
        """file:line of the object, or nothing."""
        return self.places.get((ref.kind, ref.namespace, ref.name), "")


def as_snapshot(manifests: Iterable[Manifest], target: Minor, subject: str) -> FilesAsSnapshot:
    """Every typed kind has a list; an object that is not of its kind's shape becomes a problem."""
    items: dict[GroupKind, list[tuple[bytes, Resource]]] = {kind: [] for kind in _TYPED}
    problems: list[ManifestProblem] = []
    places: dict[_Place, str] = {}
    for each in manifests:
        kind = each.gvk.group_kind
        if kind not in _TYPED:
            continue
        problem = _take(each, items[kind])
        if problem is None:
            places.setdefault((each.gvk.kind, each.namespace, each.name), each.location)
        else:
            problems.append(problem)
    meta = SnapshotMeta(
        cluster=subject,
        uid="",
        server_version=f"v{target}.0",
        captured_at=datetime(1970, 1, 1, tzinfo=UTC),
        seatrial="",
    )
    lists = tuple(_listed(kind, tuple(raw for raw, _ in found)) for kind, found in items.items())
    snapshot = Snapshot(meta, resources=lists)
    for kind, found in items.items():
        snapshot.remember(_TYPED[kind], tuple(decoded for _, decoded in found))
    return FilesAsSnapshot(snapshot, tuple(problems), places)


def _take(manifest: Manifest, items: list[tuple[bytes, Resource]]) -> ManifestProblem | None:
    try:
        items.append((manifest.raw, decode(_TYPED[manifest.gvk.group_kind], manifest.raw)))
    except BadFormat as bad:
        return ManifestProblem(
            file=manifest.file,
            line=manifest.line,
            what=f"{manifest.ref} was not checked: {bad.what}",
            next_step="Put it in quotes: kubectl takes it for a number or a yes or no."
            if "Expected `str`, got `" in bad.what
            else "Correct it and check again.",
        )
    return None


def _listed(kind: GroupKind, items: tuple[bytes, ...]) -> ResourceList:
    model = _TYPED[kind]
    return ResourceList(
        gvr=GroupVersionResource(kind.group, model.API.version, model.PLURAL),
        kind=kind.kind,
        namespaced=True,
        items=items,
    )
