"""Which built-in group/version/kind is served in which minor, and what replaces it.

"Served" means with every API switched on; `ApiLifecycle.on_by_default` says what a cluster with
default flags serves. Facts end at a horizon, the newest minor known when they were gathered: past
it the answer is UNKNOWN, save that what is gone stays gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import Enum
from functools import cache

import msgspec

from seatrial.catalog.tables import read_table
from seatrial.cluster.objects import GroupKind, GroupVersionKind
from seatrial.cluster.version import Minor

_BETAS_OFF_SINCE = Minor(1, 24)  # KEP-3136: APIs that are new in beta start switched off


@cache
def api_catalog() -> ApiCatalog:
    """The facts that ship with this Seatrial."""
    from seatrial.catalog.releases import releases

    table = read_table("api-lifecycle")
    entries = [_entry(row) for row in table.rows]
    return ApiCatalog(entries, horizon=releases().horizon, gathered=table.gathered)


class Served(Enum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class RemovalStatus(Enum):
    """How sure a removal is: done, named upstream, or only what the default policy implies."""

    REMOVED = "removed"
    PLANNED_EXPLICIT = "planned-explicit"
    PLANNED_DEFAULT = "planned-default"


class ApiLifecycle(msgspec.Struct, frozen=True):
    """One built-in kind in one version, from its introduction to its removal."""

    gvk: GroupVersionKind
    resource: str  # plural; empty where the kind exists only in subresources
    namespaced: bool
    introduced: Minor
    deprecated: Minor | None
    removed: Minor | None
    removal_status: RemovalStatus | None
    replacement: GroupVersionKind | None
    on_by_default: bool
    short_names: tuple[str, ...]
    subresource_of: tuple[str, ...]
    sources: tuple[str, ...]

    def exists_in(self, minor: Minor) -> bool:
        return self.introduced <= minor and (self.removed is None or minor < self.removed)

    def deprecated_in(self, minor: Minor) -> bool:
        return self.deprecated is not None and self.deprecated <= minor

    @property
    def removal_is_planned(self) -> bool:
        """The removal lies past the horizon, and may slip."""
        return self.removal_status in (RemovalStatus.PLANNED_EXPLICIT, RemovalStatus.PLANNED_DEFAULT)


class ApiCatalog:
    def __init__(self, entries: list[ApiLifecycle], *, horizon: Minor, gathered: date) -> None:
        self.horizon = horizon
        self.gathered = gathered
        self._by_gvk = {entry.gvk: entry for entry in entries}
        self._by_group: dict[str, list[ApiLifecycle]] = {}
        for entry in entries:
            self._by_group.setdefault(entry.gvk.group, []).append(entry)

    def served(self, gvk: GroupVersionKind, minor: Minor) -> Served:
        """Whether an API server of `minor` serves `gvk`; UNKNOWN for add-ons and past the horizon."""
        entry = self._by_gvk.get(gvk)
        if entry is None:
            if gvk.group not in self._by_group or minor > self.horizon:
                return Served.UNKNOWN
            return Served.NO
        if minor > self.horizon:
            gone = entry.removed is not None and entry.removed <= self.horizon
            return Served.NO if gone else Served.UNKNOWN
        return Served.YES if entry.exists_in(minor) else Served.NO

    def lifecycle(self, gvk: GroupVersionKind) -> ApiLifecycle | None:
        return self._by_gvk.get(gvk)

    def deprecated(self, gvk: GroupVersionKind, minor: Minor) -> bool:
        """Whether `minor` still serves `gvk` but warns about it."""
        entry = self._by_gvk.get(gvk)
        return entry is not None and entry.exists_in(minor) and entry.deprecated_in(minor)

    def is_builtin(self, group: str) -> bool:
        """Whether Kubernetes itself owns this exact group (other `*.k8s.io` groups are add-ons)."""
        return group in self._by_group

    def in_group(self, group: str) -> tuple[ApiLifecycle, ...]:
        return tuple(self._by_group.get(group, ()))

    def versions_of(self, kind: GroupKind) -> tuple[ApiLifecycle, ...]:
        return tuple(entry for entry in self.in_group(kind.group) if entry.gvk.kind == kind.kind)

    def kinds(self, minor: Minor) -> Iterator[ApiLifecycle]:
        """Everything that `minor` serves with every API switched on; nothing is known past the horizon."""
        if minor <= self.horizon:
            yield from (entry for entry in self._by_gvk.values() if entry.exists_in(minor))

    def removed_in(self, minor: Minor) -> tuple[ApiLifecycle, ...]:
        return tuple(entry for entry in self._by_gvk.values() if entry.removed == minor)

    def __iter__(self) -> Iterator[ApiLifecycle]:
        return iter(self._by_gvk.values())


def _entry(row: dict[str, str]) -> ApiLifecycle:
    gvk = GroupVersionKind(row["group"], row["version"], row["kind"])
    introduced = Minor.parse(row["introduced"])
    return ApiLifecycle(
        gvk=gvk,
        resource=row["resource"],
        namespaced=row["namespaced"] == "true",
        introduced=introduced,
        deprecated=Minor.parse(row["deprecated"]) if row["deprecated"] else None,
        removed=Minor.parse(row["removed"]) if row["removed"] else None,
        removal_status=RemovalStatus(row["removal_status"]) if row["removal_status"] else None,
        replacement=parse_gvk(row["current_replacement"]) if row["current_replacement"] else None,
        on_by_default=_on_by_default(gvk, introduced),
        short_names=_words(row["short_names"], ","),
        subresource_of=_words(row["subresource_of"], ","),
        sources=_words(row["sources"], ";"),
    )


def parse_gvk(text: str) -> GroupVersionKind:
    """Read "apps/v1 Deployment" or "v1 Pod"."""
    api_version, _, kind = text.partition(" ")
    return GroupVersionKind.of(api_version, kind)


def _on_by_default(gvk: GroupVersionKind, introduced: Minor) -> bool:
    if "alpha" in gvk.version:
        return False
    if "beta" not in gvk.version:
        return True
    # Newer betas of an API that was on in beta before the rule stay on.
    return introduced < _BETAS_OFF_SINCE or gvk.group in _BETA_GROUPS_KEPT_ON


# flowcontrol v1beta3 came in 1.26, after the rule, and was on like v1beta2 before it.
_BETA_GROUPS_KEPT_ON = frozenset({"flowcontrol.apiserver.k8s.io"})


def _words(text: str, separator: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(separator) if word.strip())
