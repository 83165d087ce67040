"""What the managed services do by themselves: how long a drain may last, and which objects are theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from functools import cache, lru_cache

from seatrial.catalog.tables import read_table


@dataclass(frozen=True, slots=True)
class DrainLimit:
    """How long the provider waits for one node's pods to leave."""

    provider: str
    longest: timedelta
    then: str
    adjustable: str
    source: str

    @property
    def minutes(self) -> int:
        return int(self.longest.total_seconds() // 60)


@cache
def drain_limits() -> tuple[DrainLimit, ...]:
    """The shortest first."""
    found = [
        DrainLimit(
            provider=row["provider"],
            longest=timedelta(minutes=int(row["drain_minutes"])),
            then=row["then"],
            adjustable=row["adjustable"],
            source=row["source"],
        )
        for row in read_table("provider-limits").rows
    ]
    return tuple(sorted(found, key=lambda each: each.longest))


def is_system_namespace(name: str) -> bool:
    """Kubernetes or the provider keeps its own workloads there."""
    return _is_theirs("namespace", name)


def is_provider_webhook(name: str, provider: str = "") -> bool:
    """The provider made this webhook configuration, and answers for it; "" stands for any of them."""
    return _is_theirs("webhook", name, provider)


def is_provider_policy(name: str, provider: str = "") -> bool:
    """As for webhooks, of admission policies."""
    return _is_theirs("policy", name, provider)


def is_provider_crd(name: str) -> bool:
    """The provider brought this custom resource definition ("PLURAL.GROUP"), and upgrades it."""
    return _is_theirs("crd", name)


@lru_cache(maxsize=4096)
def _is_theirs(what: str, name: str, provider: str = "") -> bool:
    return any(fnmatchcase(name, pattern) for pattern in _patterns(what, provider))


@cache
def _patterns(what: str, provider: str) -> tuple[str, ...]:
    return tuple(
        row["pattern"]
        for row in read_table("provider-objects").rows
        if row["what"] == what and (not provider or row["provider"] in ("any", provider))
    )
