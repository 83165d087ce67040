"""Delete: removal at once, or a mark that finalizers, a grace period or dependents hold."""

from __future__ import annotations

from seatrial.cluster.objects import Obj
from seatrial.simulator import writing
from seatrial.simulator.admission import NAMESPACES
from seatrial.simulator.call import Call, DeleteOptions
from seatrial.simulator.definitions import CLEANUP, CRDS
from seatrial.simulator.machinery import Machinery
from seatrial.simulator.status import conflict, forbidden, not_found, success
from seatrial.simulator.store import ResourceKey, decode, encode
from seatrial.simulator.writing import is_over

_PODS = ResourceKey("", "pods")
_FOREGROUND, _ORPHAN = "foregroundDeletion", "orphan"
_UNDELETABLE = frozenset({"default", "kube-system", "kube-public"})


def delete(
    api: Machinery, key: ResourceKey, namespace: str, name: str, options: DeleteOptions, call: Call
) -> Obj:
    obj = api.store.get(key, namespace, name)
    if obj is None:
        raise not_found(key, name)
    meta = obj["metadata"]
    _check_preconditions(key, obj, options)
    if key == NAMESPACES and name in _UNDELETABLE:
        raise forbidden(key, name, "this namespace may not be deleted")
    grace = _grace(key, obj, options)
    _hold_for_dependents(meta, options)
    held = bool(meta.get("finalizers")) or (key == NAMESPACES and bool(obj["spec"].get("finalizers")))
    if not held and not grace:
        if not call.dry_run:
            api.store.remove(key, namespace, name)
        return success(key, name, meta["uid"])
    _mark(api, key, obj, grace)
    if call.dry_run:
        return obj
    if is_over(key, obj):
        api.store.remove(key, namespace, name, last=obj)
        return success(key, name, meta["uid"])
    obj = api.store.update(key, obj)
    if key == CRDS:
        _delete_instances(api, obj)
    return obj


def _mark(api: Machinery, key: ResourceKey, obj: Obj, grace: int) -> None:
    meta = obj["metadata"]
    if not meta.get("deletionTimestamp"):
        meta["deletionTimestamp"] = api.later(grace)
        meta["deletionGracePeriodSeconds"] = grace
        if "generation" in meta:
            meta["generation"] += 1
        if key == NAMESPACES:
            obj.setdefault("status", {})["phase"] = "Terminating"
    elif grace < (meta.get("deletionGracePeriodSeconds") or 0):  # only ever shortened
        meta["deletionTimestamp"] = api.later(grace)
        meta["deletionGracePeriodSeconds"] = grace


def _grace(key: ResourceKey, obj: Obj, options: DeleteOptions) -> int:
    """Only pods end gracefully, and only those that a kubelet may be running."""
    if key != _PODS:
        return 0
    spec, phase = obj.get("spec") or {}, (obj.get("status") or {}).get("phase")
    if not spec.get("nodeName") or phase in ("Succeeded", "Failed"):
        return 0
    if options.grace_period_seconds is not None:
        return max(0, options.grace_period_seconds)
    return int(spec.get("terminationGracePeriodSeconds", 30))


def _hold_for_dependents(meta: Obj, options: DeleteOptions) -> None:
    if not options.propagation:
        return
    finalizers = [f for f in meta.get("finalizers") or () if f not in (_FOREGROUND, _ORPHAN)]
    if options.propagation == "Foreground":
        finalizers.append(_FOREGROUND)
    elif options.propagation == "Orphan":
        finalizers.append(_ORPHAN)
    if finalizers:
        meta["finalizers"] = finalizers
    else:
        meta.pop("finalizers", None)


def _check_preconditions(key: ResourceKey, obj: Obj, options: DeleteOptions) -> None:
    meta = obj["metadata"]
    if options.uid and options.uid != meta["uid"]:
        raise conflict(
            key,
            meta["name"],
            f"Precondition failed: UID in precondition: {options.uid}, UID in object meta: {meta['uid']}",
        )
    if options.resource_version and options.resource_version != meta["resourceVersion"]:
        raise conflict(
            key,
            meta["name"],
            "Precondition failed: ResourceVersion in precondition:"
            f" {options.resource_version}, ResourceVersion in object meta: {meta['resourceVersion']}",
        )


# definitions take their instances with them
def _delete_instances(api: Machinery, crd: Obj) -> None:
    key = ResourceKey(crd["spec"]["group"], crd["spec"]["names"]["plural"])
    for record in list(api.store.records(key)):
        delete(api, key, record.namespace, record.name, DeleteOptions(), Call())
    finish_definition(api, crd["metadata"]["name"])


def finish_definition(api: Machinery, name: str) -> None:
    """Let a marked CRD go once its last instance is gone."""
    crd = api.store.peek(CRDS, "", name)
    if crd is None or not crd["metadata"].get("deletionTimestamp"):
        return
    if api.store.count(ResourceKey(crd["spec"]["group"], crd["spec"]["names"]["plural"])):
        return

    wanted = decode(encode(crd))
    wanted["metadata"]["finalizers"] = [f for f in wanted["metadata"].get("finalizers") or () if f != CLEANUP]
    writing.replace(api, api.served(CRDS), decode(encode(crd)), wanted, Call(), "")
