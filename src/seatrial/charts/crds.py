"""Applies a chart's CustomResourceDefinitions before the chart, because Helm never updates them.

Helm installs what lies in `crds/` once and leaves it alone on every upgrade. So we apply them by
server-side apply and wait until the API serves them. A version that objects are still stored in must
not vanish: the API server would refuse, or the objects could no longer be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from seatrial.charts.reader import Applier, Reader
from seatrial.clock import Clock
from seatrial.cluster.helm_release import manifest_objects
from seatrial.cluster.objects import GroupVersionResource, Obj
from seatrial.errors import BadInput, Conflict, NotFound, TemporaryError

CRDS = GroupVersionResource("apiextensions.k8s.io", "v1", "customresourcedefinitions")
FIELD_MANAGER = "seatrial-crds"
_LOOK_EVERY = 1.0  # seconds


async def apply_crds(
    crds: Sequence[Obj],
    reader: Reader,
    applier: Applier,
    clock: Clock,
    *,
    force: bool = True,
    patience: float = 60.0,
) -> tuple[str, ...]:
    """Apply, wait until established, and return the names; harmless when done twice.

    Nothing is applied when one of them would drop a version that is still stored (`Conflict`). `force`
    takes the fields over from the Helm that installed them; a caller who knows of another owner
    passes false. A CRD that a chart's templates own is left to Helm.
    """
    live = {name: await _live(reader, name) for name in map(_name, crds)}
    for crd in crds:
        _refuse_old_api(crd)
        current = live[_name(crd)]
        gone = vanishing_versions(current, crd) if current else ()
        if gone:
            raise Conflict(
                f"objects are still stored in {', '.join(gone)}, which the new definition drops.",
                where=f"customresourcedefinition/{_name(crd)}",
                next_step="Rewrite the objects in a version that stays, then take the old one "
                "out of status.storedVersions.",
            )
    ours = [crd for crd in crds if not owned_by_templates(live[_name(crd)])]
    for crd in ours:
        await applier.apply(CRDS, crd, field_manager=FIELD_MANAGER, force=force)
    for crd in ours:
        await _wait_established(crd, reader, clock, patience)
    return tuple(map(_name, ours))


def vanishing_versions(live: Obj, new: Obj) -> tuple[str, ...]:
    """Versions in which objects may be stored now and that `new` no longer has."""
    stored = (live.get("status") or {}).get("storedVersions") or ()
    kept = {each.get("name") for each in (new.get("spec") or {}).get("versions") or ()}
    return tuple(version for version in stored if version not in kept)


def crds_in_manifest(manifest: str) -> tuple[Obj, ...]:
    """The CRDs that a chart renders from its templates, as some do to have Helm update them."""
    return tuple(obj for obj in manifest_objects(manifest) if obj.get("kind") == "CustomResourceDefinition")


def owned_by_templates(live: Obj | None) -> bool:
    """Whether a release owns it: Helm marks what it rendered, and not what it took from `crds/`."""
    annotations = ((live or {}).get("metadata") or {}).get("annotations") or {}
    return "meta.helm.sh/release-name" in annotations


def is_established(crd: Obj) -> bool:
    return _condition(crd, "Established") == "True"


async def _wait_established(crd: Obj, reader: Reader, clock: Clock, patience: float) -> None:
    end = clock.monotonic() + patience
    name = _name(crd)
    while True:
        live = await _live(reader, name)
        if live and is_established(live):
            return
        if live and _condition(live, "NamesAccepted") == "False":
            raise Conflict(
                "its names are taken by another definition.",
                where=f"customresourcedefinition/{name}",
                next_step="Remove the definition that has them.",
            )
        if clock.monotonic() >= end:
            raise TemporaryError(
                f"it was not established within {patience:.0f} seconds.",
                where=f"customresourcedefinition/{name}",
                next_step=f"Look at its conditions: kubectl describe crd {name}",
            )
        await clock.sleep(_LOOK_EVERY)


async def _live(reader: Reader, name: str) -> Obj | None:
    try:
        return await reader.get(CRDS, name)
    except NotFound:
        return None


def _refuse_old_api(crd: Obj) -> None:
    if crd.get("apiVersion") != "apiextensions.k8s.io/v1":
        raise BadInput(
            f"it is written in {crd.get('apiVersion')}, which no supported Kubernetes serves.",
            where=f"customresourcedefinition/{_name(crd)}",
            next_step="Use a newer version of the chart.",
        )


def _condition(crd: Obj, kind: str) -> str:
    conditions: Iterable[Obj] = (crd.get("status") or {}).get("conditions") or ()
    return next((str(each.get("status")) for each in conditions if each.get("type") == kind), "")


def _name(crd: Obj) -> str:
    return str((crd.get("metadata") or {}).get("name") or "")
