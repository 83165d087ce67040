"""EndpointSlice to discovery.k8s.io/v1: topology becomes nodeName and zone.

Source: the Kubernetes deprecation guide for 1.25.
"""

from __future__ import annotations

import ipaddress

from seatrial.cluster.objects import Obj
from seatrial.fixes.rule import ByHand, Notes, part, parts

_FIELDS = {
    "kubernetes.io/hostname": "nodeName",
    "topology.kubernetes.io/zone": "zone",
    "failure-domain.beta.kubernetes.io/zone": "zone",
}


def endpoint_slice(obj: Obj, notes: Notes) -> None:
    if obj.get("addressType") in (None, "IP"):
        _set_address_type(obj)
    for endpoint in parts(obj, "endpoints"):
        _topology(endpoint, notes)
    if obj.get("endpoints") is None:
        raise ByHand("v1 requires endpoints")


def _topology(endpoint: Obj, notes: Notes) -> None:
    topology = part(endpoint, "topology")
    items = list(endpoint.items())
    endpoint.clear()
    for key, value in items:
        if key != "topology":
            endpoint[key] = value
            continue
        for label, found in topology.items():
            field = _FIELDS.get(label)
            if field is None:
                notes(f"v1 has no place for the topology label {label}: it is left out (nodes have it).")
            elif field not in dict(items) and field not in endpoint:
                endpoint[field] = found


def _set_address_type(obj: Obj) -> None:
    addresses = [
        str(each) for endpoint in parts(obj, "endpoints") for each in endpoint.get("addresses") or ()
    ]
    try:
        families = {ipaddress.ip_address(each).version for each in addresses}
    except ValueError:
        families = set()
    if len(families) != 1:
        raise ByHand("addressType must be IPv4, IPv6 or FQDN, and the addresses do not tell which")
    obj["addressType"] = f"IPv{families.pop()}"
