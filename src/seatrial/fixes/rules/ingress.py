"""Ingress of extensions/v1beta1 and networking.k8s.io/v1beta1 to v1: backends and path types.

Source: the Kubernetes deprecation guide for 1.22; networking.k8s.io/v1 API reference (read 2026-11-22).
"""

from __future__ import annotations

from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.fixes.rule import ByHand, Notes, part, parts, put_after, put_first, rename

_CLASS = "kubernetes.io/ingress.class"


def ingress(obj: Obj, notes: Notes) -> None:
    spec = part(obj, "spec")
    if "backend" in spec:
        if "defaultBackend" in spec:
            raise ByHand("spec has both backend and defaultBackend")
        rename(spec, "backend", "defaultBackend")
    if "defaultBackend" in spec:
        _backend(spec["defaultBackend"], "spec.backend", notes)
    for rule in parts(spec, "rules"):
        for path in parts(rule, "http", "paths"):
            _path(path, notes)
    if _CLASS in part(obj, "metadata", "annotations"):
        notes(
            f"The annotation {_CLASS} is left: it still works, but is deprecated. spec.ingressClassName"
            " needs an IngressClass of that name in the cluster, and the two exclude each other on creation."
        )


def _path(path: Obj, notes: Notes) -> None:
    _backend(path.get("backend"), "a path's backend", notes)
    if "pathType" in path:
        return
    if "path" in path:
        put_after(path, "path", "pathType", "ImplementationSpecific")
    else:
        put_first(path, "pathType", "ImplementationSpecific")
    notes("pathType is ImplementationSpecific, what v1beta1 meant by none; Prefix or Exact say more.")


def _backend(backend: Any, where: str, notes: Notes) -> None:
    if not isinstance(backend, dict):
        raise ByHand(f"{where} is missing")
    if "service" in backend or ("resource" in backend and "serviceName" not in backend):
        return
    if not backend.get("serviceName") or "servicePort" not in backend:
        raise ByHand(f"{where} names no service and port")
    if "resource" in backend:
        raise ByHand(f"{where} names both a service and a resource")
    items = list(backend.items())
    backend.clear()
    name = dict(items)["serviceName"]
    for key, value in items:
        if key == "serviceName":
            backend["service"] = {"name": name, "port": _port(dict(items)["servicePort"], where, notes)}
        elif key != "servicePort":
            backend[key] = value


def _port(port: Any, where: str, notes: Notes) -> Obj:
    if isinstance(port, int) and not isinstance(port, bool):
        return {"number": port}
    if isinstance(port, str) and port.isdigit():
        notes(f"The port {port} of {where} was text, and no port's name is all digits: made a number.")
        return {"number": int(port)}
    if isinstance(port, str) and port:
        return {"name": port}
    raise ByHand(f"the port of {where} is neither a number nor a name")
