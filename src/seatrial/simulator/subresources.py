"""The paths below an object: status, scale, eviction, binding, logs, tokens and the like."""

from __future__ import annotations

import base64

from seatrial.cluster.objects import Obj
from seatrial.simulator import patching, scale
from seatrial.simulator.call import Call
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.paths import ResourcePath
from seatrial.simulator.requests import (
    Answer,
    HttpRequest,
    body_of,
    is_true,
    patch_of,
    place,
    read_delete_options,
    shown_as,
)
from seatrial.simulator.status import ApiError, bad_request
from seatrial.simulator.store import ResourceKey, encode
from seatrial.simulator.surface import Served

_WRITTEN = ("status", "approval", "finalize", "ephemeralcontainers", "resize")


def answer(
    cluster: SimulatedCluster, request: HttpRequest, path: ResourcePath, served: Served, verb: str, call: Call
) -> Answer:
    name = path.subresource
    if name in _WRITTEN:
        return _of_object(cluster, request, path, served, verb, call)
    match name, verb:
        case "scale", "get" | "update" | "patch":
            return Answer(200, encode(_scale(cluster, request, path, served, verb, call)))
        case "eviction", "create":
            return _evict(cluster, request, path, call)
        case "binding", "create":
            return _bind(cluster, request, path)
        case "log", "get":
            return _log(cluster, request, path)
        case "token", "create":
            return Answer(201, encode(_token(cluster, body_of(request), path)))
        case (("exec" | "attach" | "portforward" | "proxy"), _):
            raise ApiError(
                501,
                f"a simulated cluster runs no containers: {name} has nothing to talk to",
                reason="NotImplemented",
            )
        case _:
            raise ApiError(405, "the server does not allow this method on the requested resource")


def _of_object(
    cluster: SimulatedCluster, request: HttpRequest, path: ResourcePath, served: Served, verb: str, call: Call
) -> Answer:
    verbs = cluster.verbs
    match verb:
        case "get":
            obj = verbs.get(served.key, path.namespace, path.name, call)
        case "update":
            body = body_of(request)
            place(body, path, served)
            obj = verbs.update(served.key, body, call, subresource=path.subresource)
        case "patch":
            kind, patch = patch_of(request)
            force = is_true(request.query.get("force"))
            obj = verbs.patch(
                served.key,
                path.namespace,
                path.name,
                patch,
                kind,
                call,
                subresource=path.subresource,
                force=force,
            )
        case _:
            raise ApiError(405, "the server does not allow this method on the requested resource")
    return Answer(200, shown_as(verbs.machinery, request, served).one(obj))


def _scale(
    cluster: SimulatedCluster, request: HttpRequest, path: ResourcePath, served: Served, verb: str, call: Call
) -> Obj:
    verbs = cluster.verbs
    if verb == "get":
        return scale.read_scale(verbs.machinery, served, path.namespace, path.name)
    if verb == "update":
        body = body_of(request)
        return scale.change_scale(
            verbs.machinery, served, path.namespace, path.name, lambda current: body, call
        )
    kind, patch = patch_of(request)
    if kind in ("apply", "strategic"):  # a Scale has no lists: both are merges
        kind = "merge"
    return scale.change_scale(
        verbs.machinery,
        served,
        path.namespace,
        path.name,
        lambda current: patching.patched(verbs.machinery, served, current, patch, kind),
        call,
    )


def _evict(cluster: SimulatedCluster, request: HttpRequest, path: ResourcePath, call: Call) -> Answer:
    body = body_of(request)
    if body.get("kind") not in (None, "", "Eviction"):
        raise bad_request(f"{body.get('kind')} is not an Eviction")
    named = body["metadata"].get("name") or path.name
    if named != path.name:
        raise bad_request("name in URL does not match name in Eviction object")
    options = read_delete_options(body.get("deleteOptions") or {}, call)
    cluster.verbs.evict(path.namespace, path.name, options, call)
    return Answer(201, encode(_done(201)))


def _bind(cluster: SimulatedCluster, request: HttpRequest, path: ResourcePath) -> Answer:
    target = (body_of(request).get("target") or {}).get("name") or ""
    cluster.verbs.bind(path.namespace, path.name, target)
    return Answer(201, encode(_done(201)))


def _log(cluster: SimulatedCluster, request: HttpRequest, path: ResourcePath) -> Answer:
    pod = cluster.verbs.get(ResourceKey("", "pods"), path.namespace, path.name)
    container = request.query.get("container") or pod["spec"]["containers"][0]["name"]
    names = [c["name"] for c in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]]
    if container not in names:
        raise bad_request(f"container {container} is not valid for pod {path.name}")
    text = f"(simulated) {path.namespace}/{path.name}/{container}: a simulated container writes no log\n"
    return Answer(200, text.encode(), content_type="text/plain")


def _token(cluster: SimulatedCluster, body: Obj, path: ResourcePath) -> Obj:
    """A TokenRequest answered with a token of the right shape, which opens nothing."""
    cluster.verbs.get(ResourceKey("", "serviceaccounts"), path.namespace, path.name)
    seconds = int((body.get("spec") or {}).get("expirationSeconds") or 3600)
    claims = {"sub": f"system:serviceaccount:{path.namespace}:{path.name}"}
    parts = [_part({"alg": "none"}), _part(claims), "simulated"]
    body.setdefault("apiVersion", "authentication.k8s.io/v1")
    body.setdefault("kind", "TokenRequest")
    status = {"token": ".".join(parts), "expirationTimestamp": cluster.verbs.machinery.later(seconds)}
    return {**body, "status": status}


def _part(value: Obj) -> str:
    return base64.urlsafe_b64encode(encode(value)).decode().rstrip("=")


def _done(code: int) -> Obj:
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": code}
