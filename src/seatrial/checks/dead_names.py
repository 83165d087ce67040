"""Resources that Kubernetes once had, by the names that rules use: what the target no longer knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache

from seatrial.catalog import ApiCatalog
from seatrial.checks.check import Context
from seatrial.cluster.version import Minor


class Fate(Enum):
    ALIVE = "alive"
    """Or unknown: add-ons, wildcards and misspellings are nobody's fault here."""
    DIES = "dies"
    """The cluster has it, the target has not."""
    DEAD = "dead"
    """The cluster has lost it already."""


def fate_of(
    context: Context, groups: Iterable[str], versions: Iterable[str], resources: Iterable[str]
) -> Fate:
    """What the target makes of a rule over all these combinations; alive as soon as one of them is."""
    now = context.snapshot.meta.minor
    names = (
        (group, version, resource.partition("/")[0])
        for group in groups
        for version in versions
        for resource in resources
    )
    worst: Fate | None = None
    for group, version, plural in names:
        fate = _fate(context.apis, now, context.target, group, version, plural)
        if fate is Fate.ALIVE:
            return fate
        worst = fate if worst is not Fate.DIES else worst
    return worst or Fate.ALIVE


@lru_cache(maxsize=1 << 14)
def _fate(apis: ApiCatalog, now: Minor, target: Minor, group: str, version: str, plural: str) -> Fate:
    if group == "*" or target > apis.horizon:
        return Fate.ALIVE
    known = [
        (each.introduced, each.removed)
        for each in apis.in_group(group)
        if plural in ("*", each.resource) and version in ("*", each.gvk.version)
    ]
    if not known or any(_exists(span, target) for span in known):
        return Fate.ALIVE
    if all(introduced > target for introduced, _ in known):
        return Fate.ALIVE
    return Fate.DIES if any(_exists(span, now) for span in known) else Fate.DEAD


def _exists(span: tuple[Minor, Minor | None], minor: Minor) -> bool:
    introduced, removed = span
    return introduced <= minor and (removed is None or minor < removed)


def spelled(groups: Iterable[str], resources: Iterable[str], versions: Iterable[str] = ()) -> str:
    """ "networking.k8s.io/v1beta1 ipaddresses", as rules name it."""
    return "; ".join(_each(groups, resources, versions))


def _each(groups: Iterable[str], resources: Iterable[str], versions: Iterable[str]) -> Iterator[str]:
    for group in sorted(groups):
        for version in sorted(versions) or [""]:
            name = "/".join(part for part in (group or "core", version if version != "*" else "") if part)
            yield f"{name} {', '.join(sorted(resources))}"
