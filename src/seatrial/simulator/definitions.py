"""Custom resources: what a CustomResourceDefinition makes the cluster serve, and with which schema.

Also the one place that knows the schema of any served version, built-in or custom.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seatrial.cluster.objects import GroupVersionKind, GroupVersionResource, Obj
from seatrial.cluster.version import Minor
from seatrial.schemas.kind import KindSchema
from seatrial.schemas.published import Schemas, published_minors, schemas_for
from seatrial.simulator.status import invalid
from seatrial.simulator.store import Event, ObjectStore, ResourceKey, decode
from seatrial.simulator.surface import Served, Surface

CRDS = ResourceKey("apiextensions.k8s.io", "customresourcedefinitions")
CLEANUP = "customresourcecleanup.apiextensions.k8s.io"


@dataclass(frozen=True, slots=True)
class CustomVersion:
    """What one version of a CRD says beyond what discovery shows."""

    schema: KindSchema
    raw_schema: dict[str, Any]
    columns: tuple[dict[str, Any], ...]
    scale: dict[str, str] | None
    selectable: tuple[str, ...]


class Definitions:
    """Follows the CRDs in a store and keeps the surface (which an upgrade replaces) in step."""

    def __init__(self, store: ObjectStore, surface: Callable[[], Surface]) -> None:
        self._store = store
        self._surface = surface
        self._custom: dict[GroupVersionResource, CustomVersion] = {}
        store.subscribe(self._seen)

    def schema(self, served: Served) -> KindSchema | None:
        """None where nothing was published: such objects are taken as they are."""
        custom = self._custom.get(served.gvr)
        if custom is not None:
            return custom.schema
        return schemas_of(self._surface().minor).kind(served.gvk)

    def custom(self, served: Served) -> CustomVersion | None:
        return self._custom.get(served.gvr)

    def reload(self) -> None:
        """Register every stored CRD with the present surface."""
        self._custom.clear()
        for record in self._store.records(CRDS):
            self._define(self._store.shared(record))

    def _seen(self, event: Event) -> None:
        if event.key != CRDS:
            return
        if event.type == "DELETED":
            self._surface().undefine(event.name)
            gone = [gvr for gvr in self._custom if str(gvr) == event.name]
            for gvr in gone:
                del self._custom[gvr]
            return
        crd = event.obj()
        if event.previous is None or decode(event.previous)["spec"] != crd["spec"]:
            self._define(crd)

    def _define(self, crd: Obj) -> None:
        surface = self._surface()
        meta_of = schemas_of(surface.minor).kind(GroupVersionKind("", "v1", "ConfigMap"))
        served = []
        for version in crd["spec"].get("versions") or ():
            one = _served(crd, version)
            served.append(one)
            raw = (version.get("schema") or {}).get("openAPIV3Schema") or {}
            if meta_of is not None:
                schema = KindSchema.from_crd(
                    raw,
                    gvk=one.gvk,
                    metadata=meta_of,
                    preserve_unknown=bool(crd["spec"].get("preserveUnknownFields")),
                )
                self._custom[one.gvr] = CustomVersion(
                    schema=schema,
                    raw_schema=raw,
                    columns=tuple(version.get("additionalPrinterColumns") or ()),
                    scale=(version.get("subresources") or {}).get("scale"),
                    selectable=tuple(
                        field["jsonPath"].lstrip(".") for field in version.get("selectableFields") or ()
                    ),
                )
        surface.define(crd["metadata"]["name"], served)


def schemas_of(minor: Minor) -> Schemas:
    """The published schemas of a minor, or of the nearest one that has any."""
    known = published_minors()
    return schemas_for(min(max(minor, known[0]), known[-1]))


def _served(crd: Obj, version: dict[str, Any]) -> Served:
    spec = crd["spec"]
    names, group = spec["names"], spec["group"]
    subresources = tuple(name for name in ("scale", "status") if name in (version.get("subresources") or {}))
    warning = ""
    if version.get("deprecated"):
        warning = version.get("deprecationWarning") or (
            f"{group}/{version['name']} {names['kind']} is deprecated"
        )
    return Served(
        gvr=GroupVersionResource(group, version["name"], names["plural"]),
        kind=names["kind"],
        key=ResourceKey(group, names["plural"]),
        namespaced=spec.get("scope") == "Namespaced",
        singular=names.get("singular") or names["kind"].lower(),
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        subresources=subresources,
        deprecation_warning=warning,
        custom=crd["metadata"]["name"],
        stored=bool(version.get("storage")),
        hidden=not version.get("served"),
    )


def establish(crd: Obj, now: str) -> None:
    """Judge a CRD as it is written: refuse a wrong one (422), else accept its names at once."""
    spec = crd["spec"]
    names, name = spec["names"], crd["metadata"]["name"]
    causes = []
    wanted = f"{names.get('plural')}.{spec.get('group')}"
    if name != wanted:
        message = f'Invalid value: "{name}": must be spec.names.plural+"."+spec.group'
        causes.append(("FieldValueInvalid", "metadata.name", message))
    versions = spec.get("versions") or []
    stored = [version["name"] for version in versions if version.get("storage")]
    if len(stored) != 1:
        message = "Invalid value: must have exactly one version marked as storage version"
        causes.append(("FieldValueInvalid", "spec.versions", message))
    for index, version in enumerate(versions):
        if not (version.get("schema") or {}).get("openAPIV3Schema"):
            message = "Required value: schemas are required"
            path = f"spec.versions[{index}].schema.openAPIV3Schema"
            causes.append(("FieldValueRequired", path, message))
    if causes:
        raise invalid(CRDS.group, "CustomResourceDefinition", name, causes)
    status = crd.setdefault("status", {})
    status["acceptedNames"] = dict(names)
    known = status.setdefault("storedVersions", [])
    if stored[0] not in known:
        known.append(stored[0])
    conditions = status.setdefault("conditions", [])
    for kind, reason, message in _ACCEPTED:
        if not any(condition["type"] == kind for condition in conditions):
            conditions.append(
                {
                    "type": kind,
                    "status": "True",
                    "reason": reason,
                    "message": message,
                    "lastTransitionTime": now,
                }
            )
    finalizers = crd["metadata"].setdefault("finalizers", [])
    if CLEANUP not in finalizers and not crd["metadata"].get("deletionTimestamp"):
        finalizers.append(CLEANUP)


_ACCEPTED = (
    ("NamesAccepted", "NoConflicts", "no conflicts found"),
    ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
)
