"""What the managed services do by themselves: how long a drain may last, and which objects are theirs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from fnmatch import fnmatchcase
from functools import cache, lru_cache

import msgspec

from seatrial.catalog.tables import read_table


class DrainLimit(msgspec.Struct, frozen=True):
    """How long the provider waits for one node's pods to leave."""

    provider: str
    longest: timedelta
    then: str
    adjustable: str
    source: str

    @property
    def minutes(self) -> int:
        return int(self.longest.total_seconds() // 60)


_IN_VERSIONS = (("-eks-", "eks"), ("-gke.", "gke"))
_IN_NODE_LABELS = (
    ("eks.amazonaws.com/", "eks"),
    ("cloud.google.com/gke-", "gke"),
    ("kubernetes.azure.com/", "aks"),
)
_IN_HOSTS = (
    (".eks.amazonaws.com", "eks"),
    (".eks.amazonaws.com.cn", "eks"),
    (".gke.goog", "gke"),
    (".azmk8s.io", "aks"),
    (".k8s.fr-par.scw.cloud", "kapsule"),
    (".k8s.nl-ams.scw.cloud", "kapsule"),
    (".k8s.pl-waw.scw.cloud", "kapsule"),
)


def provider_by_signs(server_version: str, node_labels: Iterable[str] = (), host: str = "") -> str:
    """ "eks", "gke", "aks"…, by the server's version, the keys of nodes' labels or the server's host name;
    empty when none of them tells."""
    for sign, provider in _IN_VERSIONS:
        if sign in server_version:
            return provider
    for end, provider in _IN_HOSTS:
        if host.endswith(end):
            return provider
    for key in node_labels:
        for start, provider in _IN_NODE_LABELS:
            if key.startswith(start):
                return provider
    return ""


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


def is_provider_ingress(annotation: str) -> bool:
    """The provider's controller goes by this value of kubernetes.io/ingress.class, and by no IngressClass."""
    return _is_theirs("ingress-annotation", annotation)


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
