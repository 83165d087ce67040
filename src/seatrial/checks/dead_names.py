"""Resources that Kubernetes once had, by the names that rules use: what the target no longer knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

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
    fates = {
        _fate(context, group, version, resource)
        for group in groups
        for version in versions
        for resource in resources
    }
    for fate in (Fate.ALIVE, Fate.DIES):
        if fate in fates:
            return fate
    return Fate.DEAD if fates else Fate.ALIVE


def _fate(context: Context, group: str, version: str, resource: str) -> Fate:
    plural = resource.partition("/")[0]
    if group == "*":
        return Fate.ALIVE
    known = [
        (each.introduced, each.removed)
        for each in context.apis.in_group(group)
        if plural in ("*", each.resource) and version in ("*", each.gvk.version)
    ]
    if not known or context.target > context.apis.horizon:
        return Fate.ALIVE
    if any(_exists(span, context.target) for span in known):
        return Fate.ALIVE
    if all(introduced > context.target for introduced, _ in known):
        return Fate.ALIVE
    now = context.snapshot.meta.minor
    return Fate.DIES if any(_exists(span, now) for span in known) else Fate.DEAD


def _exists(span: tuple[Minor, Minor | None], minor: Minor) -> bool:
    introduced, removed = span
    return introduced <= minor and (removed is None or minor < removed)


def spelled(groups: Iterable[str], resources: Iterable[str], versions: Iterable[str] = ()) -> str:
    """ "networking.k8s.io/v1beta1 ipaddresses", as rules name it."""
    return ", ".join(_each(groups, resources, versions))


def _each(groups: Iterable[str], resources: Iterable[str], versions: Iterable[str]) -> Iterator[str]:
    for group in sorted(groups):
        for version in sorted(versions) or [""]:
            name = "/".join(part for part in (group or "core", version if version != "*" else "") if part)
            yield f"{name} {' '.join(sorted(resources))}"
