"""Profiles of seccomp and AppArmor move from annotations into the security context.

What an annotation means as a field is what the API server took it for: Kubernetes 1.26, pkg/api/pod and
pkg/registry/core/pod/strategy.go (seccomp); 1.30 and later, the same files (AppArmor).
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.catalog.releases import releases
from seatrial.catalog.turning_points import turning_point
from seatrial.cluster.objects import Obj
from seatrial.cluster.version import Minor
from seatrial.fixes.rule import ByHand, Notes, part, parts
from seatrial.fixes.yaml_source import in_stead_of

_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP, _APP_ARMOR_FIELD = "seccompProfile", "appArmorProfile"
_LOCAL = "localhost/"


def seccomp_into_field(template: Obj, target: Minor, notes: Notes) -> None:
    """What the target ignores as an annotation: those of the pod, and of each container."""
    annotations, spec = _annotations(template), part(template, "spec")
    ignored = turning_point("seccomp-annotations-ignored")
    bare = [each for each in _containers(spec) if not _has(each, _SECCOMP)]
    if not ignored.reached_by(target) or _has(spec, _SECCOMP) or not bare:
        return
    moves = [(spec, _SECCOMP_POD), *((each, f"{_SECCOMP_CONTAINER}{each.get('name')}") for each in bare)]
    for holder, key in moves:
        if key in annotations:
            profile = _profile(annotations, key, "runtime/default", "docker/default")
            local = str(profile.get("localhostProfile") or "")
            if local.startswith("/") or ".." in local.split("/"):
                raise ByHand(f"{key} names {local}, which is no path below the kubelet's folder of profiles")
            if profile["type"] == "Unconfined":
                raise ByHand(
                    f"{key} says unconfined; as a field the Pod Security levels refuse that, and without it"
                    " most kubelets confine nothing either"
                )
            _move(template, key, holder, _SECCOMP, profile)
            notes(
                f"{key} was not read since {ignored.minor}: as a field the profile takes effect again; see"
                " that the pods still run."
            )


def app_armor_into_field(template: Obj, target: Minor, notes: Notes) -> None:
    """What is deprecated as an annotation; only where every node that the target may have knows the field."""
    annotations, spec = _annotations(template), part(template, "spec")
    since = turning_point("app-armor-annotations-deprecated").minor
    bare = [each for each in _containers(spec) if not _has(each, _APP_ARMOR_FIELD)]
    named = {f"{_APP_ARMOR}{each.get('name')}": each for each in bare}
    found = [key for key in named if key in annotations]
    if not found or since > target or _has(spec, _APP_ARMOR_FIELD):
        return
    oldest = release.min_kubelet if (release := releases().get(target)) else None
    if oldest is None or oldest < since:
        raise ByHand(
            f"{_APP_ARMOR_FIELD} is a field since {since}, and nodes beside Kubernetes {target} may be as old"
            f" as {oldest or '?'}: keep {found[0]} until all are newer"
        )
    for key in found:
        profile = _profile(annotations, key, "runtime/default")
        _move(template, key, named[key], _APP_ARMOR_FIELD, profile)
        notes(f"{key} becomes the field, which the API server has made of it until now.")


def _annotations(template: Obj) -> Obj:
    """Of a pod that may have the fields: one of Windows may not."""
    windows = part(template, "spec", "os").get("name") == "windows"
    return {} if windows else part(template, "metadata", "annotations")


def _containers(spec: Obj) -> Iterator[Obj]:
    yield from parts(spec, "initContainers")
    yield from parts(spec, "containers")


def _has(holder: Obj, field: str) -> bool:
    return part(holder, "securityContext").get(field) is not None


def _profile(annotations: Obj, key: str, *default: str) -> Obj:
    said = str(annotations[key])
    local = said.removeprefix(_LOCAL)
    if said in default:
        return {"type": in_stead_of(annotations, key, "RuntimeDefault")}
    if said == "unconfined":
        return {"type": in_stead_of(annotations, key, "Unconfined")}
    if said.startswith(_LOCAL) and local and local == local.strip():
        return {"type": "Localhost", "localhostProfile": in_stead_of(annotations, key, local)}
    raise ByHand(f"{key} says {said!r}, which names no profile")


def _move(template: Obj, key: str, holder: Obj, field: str, profile: Obj) -> None:
    context = holder.get("securityContext")
    if isinstance(context, dict) and context:
        context[field] = profile
    elif context:
        raise ByHand("securityContext is no mapping")
    else:
        holder["securityContext"] = {field: profile}
    metadata = template["metadata"]
    del metadata["annotations"][key]
    if not metadata["annotations"]:
        del metadata["annotations"]
    if not metadata:
        del template["metadata"]
