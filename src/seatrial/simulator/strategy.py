"""What differs from kind to kind when an object is written: status, generation, what may not change.

The API server calls this a resource's strategy. Only differences that clients or upgrades meet are
modelled; the rest of validation is the schemas'.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.store import ResourceKey

Cause = tuple[str, str, str]
"""(reason, field path, message): one cause of a 422."""

_REQUIRED, _INVALID, _FORBIDDEN = "FieldValueRequired", "FieldValueInvalid", "FieldValueForbidden"

# Kinds whose metadata.generation the API server keeps (custom resources do, too).
_GENERATION = frozenset(
    {
        "deployments.apps",
        "replicasets.apps",
        "replicationcontrollers",
        "statefulsets.apps",
        "daemonsets.apps",
        "jobs.batch",
        "cronjobs.batch",
        "poddisruptionbudgets.policy",
        "ingresses.networking.k8s.io",
        "ingressclasses.networking.k8s.io",
        "networkpolicies.networking.k8s.io",
        "customresourcedefinitions.apiextensions.k8s.io",
        "mutatingwebhookconfigurations.admissionregistration.k8s.io",
        "validatingwebhookconfigurations.admissionregistration.k8s.io",
        "validatingadmissionpolicies.admissionregistration.k8s.io",
        "validatingadmissionpolicybindings.admissionregistration.k8s.io",
        "endpointslices.discovery.k8s.io",
        "flowschemas.flowcontrol.apiserver.k8s.io",
        "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io",
        "priorityclasses.scheduling.k8s.io",
    }
)
# A client may set the status of these when it creates them, or in a plain update.
_STATUS_WITH_THE_REST = frozenset({"nodes", "componentstatuses", "events"})


def keeps_generation(key: ResourceKey, *, custom: bool) -> bool:
    return custom or str(key) in _GENERATION


def has_own_status(key: ResourceKey, subresources: tuple[str, ...]) -> bool:
    """Whether status is written through its subresource only."""
    return "status" in subresources and str(key) not in _STATUS_WITH_THE_REST


def desired(obj: Mapping[str, Any]) -> dict[str, Any]:
    """All but metadata and status: what a change of generation means."""
    return {
        name: value for name, value in obj.items() if name not in ("metadata", "status", "apiVersion", "kind")
    }


# validation that no published schema carries
def refusals(key: ResourceKey, obj: Obj, old: Obj | None) -> list[Cause]:
    """Why the API server would answer 422 to this new or changed object."""
    causes = []
    if str(key) in _SELECTING:
        causes += _selector(obj)
    if old is not None:
        causes += _immutable(key, obj, old)
    return causes


_SELECTING = frozenset({"deployments.apps", "replicasets.apps", "statefulsets.apps", "daemonsets.apps"})


def _selector(obj: Obj) -> list[Cause]:
    spec = obj.get("spec") or {}
    selector = spec.get("selector") or {}
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    wanted = selector.get("matchLabels") or {}
    if not wanted and not selector.get("matchExpressions"):
        message = "Required value" if not selector else "Invalid value: {}: empty selector is invalid"
        return [(_REQUIRED if not selector else _INVALID, "spec.selector", message)]
    if any(labels.get(name) != value for name, value in wanted.items()):
        shown = _go(labels)
        return [
            (
                _INVALID,
                "spec.template.metadata.labels",
                f"Invalid value: {shown}: `selector` does not match template `labels`",
            )
        ]
    return []


def _go(value: Any) -> str:
    from seatrial.simulator.store import encode

    return encode(value).decode()


_FIXED: dict[str, tuple[str, ...]] = {
    "deployments.apps": ("spec.selector",),
    "replicasets.apps": ("spec.selector",),
    "daemonsets.apps": ("spec.selector",),
    "jobs.batch": ("spec.selector", "spec.completionMode", "spec.template"),
    "storageclasses.storage.k8s.io": (
        "provisioner",
        "parameters",
        "reclaimPolicy",
        "volumeBindingMode",
    ),
    "priorityclasses.scheduling.k8s.io": ("value", "preemptionPolicy"),
    "secrets": ("type",),
    "ingressclasses.networking.k8s.io": ("spec.controller",),
    "persistentvolumeclaims": ("spec.storageClassName", "spec.accessModes", "spec.volumeMode"),
    "endpointslices.discovery.k8s.io": ("addressType",),
    "leases.coordination.k8s.io": (),
}
_STATEFUL_SET_MAY_CHANGE = frozenset(
    {
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    }
)
_POD_MAY_CHANGE = frozenset(
    {"activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "schedulingGates", "nodeName"}
)


def _immutable(key: ResourceKey, obj: Obj, old: Obj) -> list[Cause]:
    causes: list[Cause] = []
    name = str(key)
    for path in _FIXED.get(name, ()):
        before, after = _at(old, path), _at(obj, path)
        if before is not None and before != after and not _suspended_job(name, path, old):
            causes.append((_INVALID, path, f"Invalid value: {_go(after)}: field is immutable"))
    if name.endswith("bindings.rbac.authorization.k8s.io") and old.get("roleRef") != obj.get("roleRef"):
        causes.append(
            (_INVALID, "roleRef", f"Invalid value: {_go(obj.get('roleRef'))}: cannot change roleRef")
        )
    if name == "statefulsets.apps":
        causes += _stateful_set(obj, old)
    if name == "pods":
        causes += _pod(obj, old)
    if name == "services":
        causes += _service(obj, old)
    if name in ("secrets", "configmaps") and old.get("immutable") is True:
        for field in ("data", "binaryData", "immutable"):
            if old.get(field) != obj.get(field):
                causes.append((_FORBIDDEN, field, "Forbidden: field is immutable when `immutable` is set"))
    if name == "customresourcedefinitions.apiextensions.k8s.io":
        causes += _definition(obj, old)
    return causes


def _suspended_job(name: str, path: str, old: Obj) -> bool:
    return name == "jobs.batch" and path == "spec.template" and bool((old.get("spec") or {}).get("suspend"))


def _at(obj: Any, path: str) -> Any:
    for step in path.split("."):
        obj = obj.get(step) if isinstance(obj, dict) else None
    return obj


def _stateful_set(obj: Obj, old: Obj) -> list[Cause]:
    before = {k: v for k, v in (old.get("spec") or {}).items() if k not in _STATEFUL_SET_MAY_CHANGE}
    after = {k: v for k, v in (obj.get("spec") or {}).items() if k not in _STATEFUL_SET_MAY_CHANGE}
    if before == after:
        return []
    return [
        (
            _FORBIDDEN,
            "spec",
            "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template',"
            " 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and"
            " 'minReadySeconds' are forbidden",
        )
    ]


def _pod(obj: Obj, old: Obj) -> list[Cause]:
    def fixed(pod: Obj) -> dict[str, Any]:
        spec = {k: v for k, v in (pod.get("spec") or {}).items() if k not in _POD_MAY_CHANGE}
        for name in ("containers", "initContainers"):
            if name in spec:
                spec[name] = [
                    {k: v for k, v in c.items() if k not in ("image", "resources")} for c in spec[name]
                ]
        spec.pop("ephemeralContainers", None)
        return spec

    if fixed(old) == fixed(obj):
        return []
    return [
        (
            _FORBIDDEN,
            "spec",
            "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
            "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions"
            " to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it"
            " was previously negative)",
        )
    ]


def _service(obj: Obj, old: Obj) -> list[Cause]:
    before, after = old.get("spec") or {}, obj.get("spec") or {}
    kept = before.get("clusterIP") and before.get("type") != "ExternalName"
    if kept and after.get("type") != "ExternalName" and after.get("clusterIP") != before["clusterIP"]:
        value = _go([after.get("clusterIP")])
        return [
            (
                _INVALID,
                "spec.clusterIPs[0]",
                f"Invalid value: {value}: may not change once set",
            )
        ]
    return []


def _definition(obj: Obj, old: Obj) -> list[Cause]:
    causes: list[Cause] = []
    for path in ("spec.group", "spec.scope", "spec.names.plural", "spec.names.kind"):
        if _at(old, path) != _at(obj, path):
            causes.append((_INVALID, path, f"Invalid value: {_go(_at(obj, path))}: field is immutable"))
    versions = {version.get("name") for version in (obj.get("spec") or {}).get("versions") or ()}
    for stored in (old.get("status") or {}).get("storedVersions") or ():
        if stored not in versions:
            causes.append(
                (
                    _INVALID,
                    "status.storedVersions[0]",
                    f'Invalid value: "{stored}": must appear in spec.versions',
                )
            )
    return causes
