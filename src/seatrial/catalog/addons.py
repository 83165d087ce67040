"""When well-known add-ons deprecate and remove versions of their custom resources.

Versions here are the component's own ("v1.6.0" of cert-manager), never the cluster's.
"""

from __future__ import annotations

from functools import cache

import msgspec

from seatrial.catalog.tables import read_table
from seatrial.cluster.objects import GroupVersionKind


@cache
def addon_catalog() -> AddonCatalog:
    """The facts that ship with this Seatrial."""
    return AddonCatalog([_entry(row) for row in read_table("addons-lifecycle").rows])


class AddonLifecycle(msgspec.Struct, frozen=True):
    """One custom kind in one version; component versions as the component writes them, "" unknown."""

    gvk: GroupVersionKind
    component: str
    first_seen_in: str
    deprecated_in: str
    removed_in: str
    crd_entry_dropped_in: str
    replacement: str  # for a person: may name several kinds
    resource: str
    namespaced: bool | None
    sources: tuple[str, ...]
    notes: str


class AddonCatalog:
    def __init__(self, entries: list[AddonLifecycle]) -> None:
        self._by_gvk = {entry.gvk: entry for entry in entries}
        self._by_component: dict[str, list[AddonLifecycle]] = {}
        for entry in entries:
            self._by_component.setdefault(entry.component, []).append(entry)

    def lifecycle(self, gvk: GroupVersionKind) -> AddonLifecycle | None:
        return self._by_gvk.get(gvk)

    def of_component(self, component: str) -> tuple[AddonLifecycle, ...]:
        return tuple(self._by_component.get(component, ()))

    @property
    def components(self) -> tuple[str, ...]:
        return tuple(sorted(self._by_component))

    @property
    def all(self) -> tuple[AddonLifecycle, ...]:
        return tuple(self._by_gvk.values())


def _entry(row: dict[str, str]) -> AddonLifecycle:
    return AddonLifecycle(
        gvk=GroupVersionKind(row["group"], row["version"], row["kind"]),
        component=row["component"],
        first_seen_in=row["first_seen_in"],
        deprecated_in=row["deprecated_in"],
        removed_in=row["removed_in"],
        crd_entry_dropped_in=row["crd_entry_dropped_in"],
        replacement=row["replacement"],
        resource=row["resource"],
        namespaced={"true": True, "false": False}.get(row["namespaced"]),
        sources=tuple(source.strip() for source in row["sources"].split(";")),
        notes=row["notes"],
    )
