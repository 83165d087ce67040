"""Dynamic resource allocation to resource.k8s.io/v1: requests say "exactly", slices lost "basic".

Source: resource.k8s.io API references of 1.31 to 1.37; KEP-4381.
"""

from __future__ import annotations

from seatrial.cluster.objects import Obj
from seatrial.fixes.rule import ByHand, Notes, part, parts

_STAYS = ("name", "firstAvailable", "exactly")


def claim(obj: Obj, notes: Notes) -> None:
    """A ResourceClaim of v1alpha3 or v1beta1."""
    _claim_spec(part(obj, "spec"))


def claim_template(obj: Obj, notes: Notes) -> None:
    _claim_spec(part(obj, "spec", "spec"))


def device_class(obj: Obj, notes: Notes) -> None:
    if part(obj, "spec").pop("suitableNodes", None) is not None:
        notes("spec.suitableNodes of v1alpha3 is gone: drivers that need a control plane controller used it.")


def resource_slice(obj: Obj, notes: Notes) -> None:
    for device in parts(obj, "spec", "devices"):
        basic = device.pop("basic", None)
        if not isinstance(basic, dict):
            continue
        for key, value in basic.items():
            if key in device:
                raise ByHand(f"a device says {key} twice")
            device[key] = value
        capacity = part(device, "capacity")
        for name, value in list(capacity.items()):
            if not isinstance(value, dict):
                capacity[name] = {"value": value}


def _claim_spec(spec: Obj) -> None:
    if "controller" in spec:
        raise ByHand("spec.controller is gone: claims are allocated by the scheduler alone")
    for request in parts(spec, "devices", "requests"):
        exactly = {key: value for key, value in request.items() if key not in _STAYS}
        if exactly and "firstAvailable" in request:
            raise ByHand("a request has both a device of its own and firstAvailable")
        if not exactly:
            continue
        items = list(request.items())
        request.clear()
        for key, value in items:
            if key in _STAYS:
                request[key] = value
            else:
                request.setdefault("exactly", exactly)
