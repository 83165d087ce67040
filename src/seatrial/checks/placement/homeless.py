"""Turns pods without a place into findings: one for each workload, as grave as the lack of a new node."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from seatrial.checks.check import Context, Section
from seatrial.checks.placement.drain import Homeless, Obstacle, homeless_pods
from seatrial.checks.placement.replacement import Replacement, Replacements
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Deployment, Node, Pod

READS = (Node, Pod, Deployment, Section.PROVIDER)
BRINGS = {
    Replacement.NONE: "",
    Replacement.LIKELY: " That holds only if the new node does not come first.",
}


class Stranded(msgspec.Struct, frozen=True):
    """Pods that have one thing in common and nowhere to go."""

    pods: tuple[Homeless, ...]
    replacement: Replacement

    @property
    def severity(self) -> Severity:
        return Severity.WARNING if self.replacement is Replacement.NONE else Severity.INFO

    @property
    def nodes(self) -> tuple[str, ...]:
        return tuple(sorted({each.node.name for each in self.pods}))


def stranded(
    context: Context, obstacles: frozenset[Obstacle], key: Callable[[Homeless], object]
) -> Iterator[Stranded]:
    """Grouped by `key`; without the nodes for which a new one comes first anyway."""
    replacements = Replacements(context)
    groups: dict[object, list[Homeless]] = {}
    worst: dict[object, Replacement] = {}
    for each in homeless_pods(context.snapshot):
        if each.obstacle not in obstacles:
            continue
        replacement = replacements.of(each.node)
        if replacement is Replacement.FIRST:
            continue
        group = key(each)
        groups.setdefault(group, []).append(each)
        worst[group] = min(worst.get(group, replacement), replacement)
    for group, found in groups.items():
        yield Stranded(tuple(found), worst[group])


def workload_of(each: Homeless) -> tuple[str, str, str]:
    return workload_of_pod(each.pod)


def workload_of_pod(pod: Pod) -> tuple[str, str, str]:
    """Namespace, kind and name of what made the pod; the pod itself where nothing did."""
    owner = pod.controller
    if owner is None:
        return pod.namespace, "Pod", pod.name
    return pod.namespace, owner.kind, owner.name
