"""Small edits of pod templates that are surely right: images of a frozen registry, labels that were renamed.

The checks that find them say why; here is only the change, from the same facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from seatrial.catalog.images import Moved, image_moves
from seatrial.catalog.labels import legacy_labels
from seatrial.cluster.objects import Obj
from seatrial.fixes.rule import Notes, part, parts, rename

Tidying = Callable[[Obj, Notes], None]
"""Changes a pod's spec in place."""


def tidy(obj: Obj, checks: frozenset[str], notes: Notes) -> None:
    """Make the edits of these checks in the object's pod template, if it has one."""
    spec = _pod_spec(obj)
    if spec:
        for check, change in TIDYINGS.items():
            if check in checks:
                change(spec, notes)


def _images(spec: Obj, notes: Notes) -> None:
    for container in [*parts(spec, "initContainers"), *parts(spec, "containers")]:
        image = str(container.get("image") or "")
        for move in image_moves():
            if move.state is Moved.FROZEN and image.startswith(move.prefix):
                container["image"] = f"{move.replacement}/{image.removeprefix(move.prefix)}"
                notes(f"{image} is taken from {move.replacement}: look that the tag is there.")
                break


def _labels(spec: Obj, notes: Notes) -> None:
    renamed = legacy_labels()
    selector = part(spec, "nodeSelector")
    for key in list(selector):
        if key in renamed and renamed[key].replacement not in selector:
            rename(selector, key, renamed[key].replacement)
            _note(notes, key)
    for holder, field in _selecting(spec):
        key = str(holder.get(field) or "")
        if key in renamed:
            holder[field] = renamed[key].replacement
            _note(notes, key)


def _selecting(spec: Obj) -> Iterator[tuple[Obj, str]]:
    """Where else a pod names a label of nodes."""
    node = part(spec, "affinity", "nodeAffinity")
    terms = parts(node, "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
    terms += [
        part(each, "preference") for each in parts(node, "preferredDuringSchedulingIgnoredDuringExecution")
    ]
    for term in terms:
        yield from ((each, "key") for each in parts(term, "matchExpressions"))
    for side in ("podAffinity", "podAntiAffinity"):
        affinity = part(spec, "affinity", side)
        yield from (
            (e, "topologyKey") for e in parts(affinity, "requiredDuringSchedulingIgnoredDuringExecution")
        )
        for each in parts(affinity, "preferredDuringSchedulingIgnoredDuringExecution"):
            yield part(each, "podAffinityTerm"), "topologyKey"
    yield from ((each, "topologyKey") for each in parts(spec, "topologySpreadConstraints"))


def _note(notes: Notes, key: str) -> None:
    label = legacy_labels()[key]
    notes(f"{key} is {label.replacement} since {label.since}: the nodes must have it.")


def _pod_spec(obj: Obj) -> Obj:
    paths: dict[Any, tuple[str, ...]] = {
        "Pod": ("spec",),
        "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    }
    workloads = ("Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "Job", "ReplicationController")
    path = paths.get(obj.get("kind")) or (
        ("spec", "template", "spec") if obj.get("kind") in workloads else None
    )
    return part(obj, *path) if path else {}


TIDYINGS: dict[str, Tidying] = {"image-registry-ended": _images, "legacy-label-selected": _labels}
"""By the id of the check that finds what they change."""
