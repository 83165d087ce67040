"""The least that an identity must be allowed so that the chosen checks see everything: read only.

Secrets are left out unless they are asked for: listing them shows their values to whoever may, even
where Seatrial keeps nothing but names. The checks that need them are named instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from seatrial.catalog import ApiCatalog
from seatrial.checks.check import Check, Section
from seatrial.cluster.models import ConfigMap, Namespace, Secret
from seatrial.cluster.snapshot import NEVER_READ
from seatrial.cluster.version import Minor

_SECRETS = ("", "secrets")
_MINORS = 10
"""How far back a cluster may be that is still asked for."""
_DISCOVERY = ("/api", "/api/*", "/apis", "/apis/*", "/version")


class Permissions(msgspec.Struct, frozen=True):
    resources: tuple[tuple[str, str], ...]
    """(API group, plural) that must be listed in all namespaces, sorted."""
    metrics: bool
    """Whether /metrics of the API server is read."""
    without_secrets: tuple[str, ...]
    """Ids of checks that stay incomplete because Secrets are left out."""
    without_custom: tuple[str, ...]
    """Ids of checks that stay incomplete because groups of custom resources were not named."""


def permissions(
    checks: Iterable[Check], apis: ApiCatalog, *, secrets: bool = False, groups: Iterable[str] = ()
) -> Permissions:
    """What `checks` read; `groups` are API groups of custom resources that may be listed whole."""
    resources = {(Namespace.API.group, Namespace.PLURAL)}  # their labels say whom to ask
    metrics = False
    wanting_secrets: set[str] = set()
    wanting_custom: set[str] = set()
    named = tuple(groups)
    for check in checks:
        for wanted in check.reads:
            match wanted:
                case Section.METRICS:
                    metrics = True
                case Section.CLUSTER:
                    resources |= _that_lost_a_version(apis)
                case Section.RELEASES:
                    wanting_secrets.add(check.id)
                case Section.CUSTOM_RESOURCES:
                    wanting_custom.add(check.id)
                case Section():
                    pass
                case kind if kind is Secret:
                    wanting_secrets.add(check.id)
                case kind:
                    resources.add((kind.API.group, kind.PLURAL))
    if wanting_custom:
        resources |= {(group, "*") for group in named}
    if wanting_secrets and secrets:
        resources |= {_SECRETS, (ConfigMap.API.group, ConfigMap.PLURAL)}
    return Permissions(
        resources=tuple(sorted(resources)),
        metrics=metrics,
        without_secrets=() if secrets else tuple(sorted(wanting_secrets)),
        without_custom=() if named else tuple(sorted(wanting_custom)),
    )


def _that_lost_a_version(apis: ApiCatalog) -> set[tuple[str, str]]:
    """Kinds whose objects may remember a removed version, where a cluster of our days has them."""
    days = [Minor(apis.horizon.major, apis.horizon.minor - back) for back in range(_MINORS)]
    return {
        (each.gvk.group, each.resource)
        for each in apis
        if each.removed is not None and each.resource and not each.resource.endswith("reviews")
        if (each.gvk.group, each.resource) not in NEVER_READ
        if any(other.exists_in(minor) for other in apis.versions_of(each.gvk.group_kind) for minor in days)
    }


def cluster_role(allowed: Permissions, name: str) -> dict[str, Any]:
    """A ClusterRole, one rule for each API group."""
    by_group: dict[str, list[str]] = {}
    for group, plural in allowed.resources:
        by_group.setdefault(group, []).append(plural)
    rules: list[dict[str, Any]] = [
        {"apiGroups": [group], "resources": plurals, "verbs": ["list"]} for group, plurals in by_group.items()
    ]
    rules.append(
        {"apiGroups": [""], "resources": ["namespaces"], "resourceNames": ["kube-system"], "verbs": ["get"]}
    )
    urls = [*_DISCOVERY, *(["/metrics"] if allowed.metrics else [])]
    rules.append({"nonResourceURLs": urls, "verbs": ["get"]})
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": rules,
    }


def rule_allowing(group: str, plural: str) -> str:
    """The rule that would let one thing be listed, on one line of YAML."""
    return f'{{apiGroups: ["{group}"], resources: ["{plural}"], verbs: ["list"]}}'
