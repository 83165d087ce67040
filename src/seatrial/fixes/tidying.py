"""Small edits of pod templates that are surely right: frozen registries, renamed labels, profiles as fields.

The checks that find them say why; here is only the change, from the same facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from seatrial.catalog.images import Moved, image_moves
from seatrial.catalog.labels import legacy_labels
from seatrial.cluster.objects import Obj
from seatrial.cluster.version import Minor
from seatrial.fixes.confinement import app_armor_into_field, seccomp_into_field
from seatrial.fixes.rule import ByHand, Notes, part, parts, rename
from seatrial.fixes.yaml_source import plain

Tidying = Callable[[Obj, Minor, Notes], None]
"""Changes a pod's template in place, for a target; raises `ByHand` where a person has to."""


def tidy(obj: Obj, checks: frozenset[str], target: Minor, notes: Notes) -> tuple[str, ...]:
    """Make the edits of these checks in the object's pod template, if it has one.

    The answer is why some are not made: these leave the object as it is.
    """
    template = _pod_template(obj)
    if not part(template, "spec"):
        return ()
    refused: list[str] = []
    fixed_at_birth = False
    for change in (each for check, changes in TIDYINGS.items() if check in checks for each in changes):
        before = len(notes.texts)
        try:
            change(plain(template), target, Notes())
        except ByHand as why:
            refused.append(f"a person has to decide: {why}.")
            continue
        change(template, target, notes)
        may_change = obj["kind"] not in _FIXED_AT_BIRTH or (obj["kind"] == "Pod" and change is _images)
        fixed_at_birth |= len(notes.texts) > before and not may_change
    if fixed_at_birth:
        notes(f"This cannot change in a {obj['kind']} that exists: delete that before this one is applied.")
    return tuple(refused)


_FIXED_AT_BIRTH = ("Pod", "Job")


def _images(template: Obj, target: Minor, notes: Notes) -> None:
    spec = part(template, "spec")
    for container in [*parts(spec, "initContainers"), *parts(spec, "containers")]:
        image = str(container.get("image") or "")
        for move in image_moves():
            if move.state is Moved.FROZEN and image.startswith(move.prefix):
                container["image"] = f"{move.replacement}/{image.removeprefix(move.prefix)}"
                notes(f"{image} is taken from {move.replacement}: look that the tag is there.")
                break


def _labels(template: Obj, target: Minor, notes: Notes) -> None:
    renamed, spec = legacy_labels(), part(template, "spec")
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


def _pod_template(obj: Obj) -> Obj:
    """What holds the metadata and the spec of pods: of a Pod it is the object itself."""
    match obj.get("kind"):
        case "Pod":
            return obj
        case "CronJob":
            return part(obj, "spec", "jobTemplate", "spec", "template")
        case "Deployment" | "DaemonSet" | "StatefulSet" | "ReplicaSet" | "Job" | "ReplicationController":
            return part(obj, "spec", "template")
    return {}


TIDYINGS: dict[str, tuple[Tidying, ...]] = {
    "image-registry-ended": (_images,),
    "legacy-label-selected": (_labels,),
    "pod-security-annotation": (seccomp_into_field, app_armor_into_field),
}
"""By the id of the check that finds what they change."""
