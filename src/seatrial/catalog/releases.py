"""Release and end-of-life dates, kubelet skew and the providers' support windows, per minor.

Dates are days in UTC. A source that names only a month is read as its first day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import Enum
from functools import cache

import msgspec

from seatrial.catalog.tables import read_table
from seatrial.cluster.version import Minor, Version
from seatrial.errors import BadInput


@cache
def releases() -> ReleaseCatalog:
    """The facts that ship with this Seatrial."""
    table = read_table("k8s-releases")
    found = {release.minor: release for release in (_release(row) for row in table.rows)}
    return ReleaseCatalog(found, gathered=table.gathered)


class ProviderName(Enum):
    EKS = "eks"
    GKE = "gke"
    AKS = "aks"
    KAPSULE = "kapsule"

    @classmethod
    def parse(cls, text: str) -> ProviderName:
        name = text.strip().lower()
        try:
            return cls("kapsule" if name == "scaleway" else name)
        except ValueError:
            known = ", ".join(provider.value for provider in cls)
            raise BadInput(f"{text!r} is not a provider that we know.", next_step=f"Use {known}.") from None


class ProviderWindow(msgspec.Struct, frozen=True):
    """When a provider offers and supports a minor; None where the source gives no date."""

    provider: ProviderName
    available: date | None
    end_standard: date | None
    end_extended: date | None  # extended or long-term support, paid or opt-in

    @property
    def end(self) -> date | None:
        """The last day of any support."""
        return self.end_extended or self.end_standard


class Release(msgspec.Struct, frozen=True):
    minor: Minor
    released: date
    maintenance: date | None
    end_of_life: date | None
    latest_patch: Version | None
    latest_patch_on: date | None
    min_kubelet: Minor
    max_kubelet: Minor
    providers: tuple[ProviderWindow, ...]
    sources: tuple[str, ...]
    notes: str

    def window(self, provider: ProviderName) -> ProviderWindow | None:
        return next((window for window in self.providers if window.provider is provider), None)


class BeyondHorizon(BadInput):
    """Asked about a minor that is newer than our facts."""

    def __init__(self, minor: Minor, horizon: Minor, gathered: date) -> None:
        super().__init__(
            f"Seatrial does not know Kubernetes {minor}: its facts were gathered on {gathered} and end at"
            f" {horizon}.",
            next_step=f"Ask about a minor up to {horizon}, or install a newer Seatrial.",
        )
        self.minor = minor


class NoSuchMinor(BadInput):
    """Asked about a minor that was never released and is not next in line."""

    def __init__(self, minor: Minor, horizon: Minor) -> None:
        super().__init__(
            f"there is no Kubernetes {minor}.", next_step=f"The newest minor that we know is {horizon}."
        )
        self.minor = minor


class ReleaseCatalog:
    # Three minors a year: past this many the number is a slip of the finger, not a newer release.
    PLAUSIBLE_AHEAD = 12

    def __init__(self, found: Mapping[Minor, Release], *, gathered: date) -> None:
        self._by_minor = dict(sorted(found.items()))
        self.gathered = gathered
        self.horizon = max(self._by_minor)

    def of(self, minor: Minor) -> Release:
        """The facts about `minor`; raises `BeyondHorizon` or `NoSuchMinor`."""
        release = self._by_minor.get(minor)
        if release is not None:
            return release
        ahead = minor.minor - self.horizon.minor
        if minor.major == self.horizon.major and 0 < ahead <= self.PLAUSIBLE_AHEAD:
            raise BeyondHorizon(minor, self.horizon, self.gathered)
        raise NoSuchMinor(minor, self.horizon)

    def get(self, minor: Minor) -> Release | None:
        return self._by_minor.get(minor)

    @property
    def all(self) -> tuple[Release, ...]:
        """Oldest first."""
        return tuple(self._by_minor.values())


def _release(row: Mapping[str, str]) -> Release:
    windows = (
        _window(row, ProviderName.EKS, "eks_release", "eks_end_standard", "eks_end_extended"),
        _window(row, ProviderName.GKE, "gke_regular_available", "gke_end_standard", ""),
        _window(row, ProviderName.AKS, "aks_ga", "aks_end", "aks_lts_end"),
        _window(row, ProviderName.KAPSULE, "scaleway_release", "scaleway_deprecation", "scaleway_end"),
    )
    released = _day(row["release_date"])
    assert released is not None, row["minor"]  # noqa: S101  every row has one; the tests prove it
    return Release(
        minor=Minor.parse(row["minor"]),
        released=released,
        maintenance=_day(row["maintenance_mode_start"]),
        end_of_life=_day(row["end_of_life"]),
        latest_patch=Version.parse(row["latest_patch_known"]) if row["latest_patch_known"] else None,
        latest_patch_on=_day(row["latest_patch_date"]),
        min_kubelet=Minor.parse(row["min_kubelet"]),
        max_kubelet=Minor.parse(row["max_kubelet"]),
        providers=tuple(window for window in windows if window is not None),
        sources=tuple(source.strip() for source in row["sources"].split(";")),
        notes=row["notes"],
    )


def _window(
    row: Mapping[str, str], provider: ProviderName, available: str, standard: str, extended: str
) -> ProviderWindow | None:
    window = ProviderWindow(
        provider, _day(row[available]), _day(row[standard]), _day(row[extended]) if extended else None
    )
    return window if window.available or window.end_standard else None


def _day(text: str) -> date | None:
    if not text:
        return None
    return date.fromisoformat(text if text.count("-") == 2 else f"{text}-01")
