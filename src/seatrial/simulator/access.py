"""Who a token belongs to, what that identity may do, and the reviews by which clients ask.

A simulated cluster allows everything but what a rule forbids: enough for tests and rehearsals to
have identities that may not list secrets, without a whole RBAC evaluator.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from seatrial.cluster.objects import Obj
from seatrial.simulator.hooks import RequestInfo
from seatrial.simulator.status import ApiError
from seatrial.simulator.store import ResourceKey


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a bearer token stands for."""

    user: str
    groups: tuple[str, ...] = ("system:authenticated",)


ADMIN = Identity("seatrial:admin", ("system:masters", "system:authenticated"))


@dataclass(frozen=True, slots=True)
class Forbid:
    """Refuses a user what it names; "*" stands for any verb, resource or namespace.

    `resource` is written as discovery does, with its group: "secrets", "deployments.apps".
    """

    user: str
    verbs: tuple[str, ...] = ("*",)
    resource: str = "*"
    namespace: str = "*"

    def covers(self, user: str, verb: str, resource: str, namespace: str) -> bool:
        return (
            self.user == user
            and ("*" in self.verbs or verb in self.verbs)
            and self.resource in ("*", resource)
            and self.namespace in ("*", namespace)
        )


class Access:
    """The tokens of one cluster and the rules over their identities."""

    def __init__(self, token: str, rules: Iterable[Forbid] = ()) -> None:
        self.token = token
        self.rules = list(rules)
        self._identities = {token: ADMIN}

    def add(self, token: str, identity: Identity) -> None:
        self._identities[token] = identity

    def revoke(self, token: str) -> None:
        """From now on the token is answered with 401, as an expired one is."""
        self._identities.pop(token, None)

    def authenticate(self, authorization: str) -> Identity:
        """The identity of an `Authorization` header; 401 otherwise."""
        scheme, _, token = authorization.partition(" ")
        found = None
        if scheme.lower() == "bearer":
            for known, identity in self._identities.items():  # every one, so that time tells nothing
                if hmac.compare_digest(known.encode(), token.strip().encode()):
                    found = identity
        if found is None:
            raise ApiError(401, "Unauthorized")
        return found

    def allowed(self, user: str, verb: str, resource: str, namespace: str) -> bool:
        return not any(rule.covers(user, verb, resource, namespace) for rule in self.rules)

    def authorize(self, request: RequestInfo) -> None:
        """403 in the API server's words for a request that a rule forbids."""
        if request.resource is None:
            return
        name = str(request.resource)
        if request.subresource:
            name = f"{request.resource.resource}/{request.subresource}"
            if request.resource.group:
                name += f".{request.resource.group}"
        allowed = self.allowed(request.user, request.verb, name, request.namespace) and (
            not request.subresource
            or self.allowed(request.user, request.verb, str(request.resource), request.namespace)
        )
        if allowed:
            return
        raise denied(request)


def denied(request: RequestInfo) -> ApiError:
    key = request.resource or ResourceKey("", "")
    plural = f"{key.resource}/{request.subresource}" if request.subresource else key.resource
    subject = f"{plural}.{key.group}" if key.group else plural
    quoted = f' "{request.name}"' if request.name else ""
    scope = f'in the namespace "{request.namespace}"' if request.namespace else "at the cluster scope"
    message = (
        f'{subject}{quoted} is forbidden: User "{request.user}" cannot {request.verb} resource'
        f' "{plural}" in API group "{key.group}" {scope}'
    )
    details = {"name": request.name, "group": key.group, "kind": key.resource}
    return ApiError(403, message, details={name: value for name, value in details.items() if value})


# reviews: create-only kinds that answer a question and store nothing
def review(access: Access, kind: str, body: Obj, identity: Identity, namespace: str) -> Obj:
    spec = body.get("spec") or {}
    match kind:
        case "SelfSubjectAccessReview":
            status = _judgement(access, identity.user, spec)
        case "SubjectAccessReview" | "LocalSubjectAccessReview":
            status = _judgement(access, str(spec.get("user") or ""), spec)
        case "SelfSubjectRulesReview":
            status = _rules(access, identity.user, str(spec.get("namespace") or ""))
        case "SelfSubjectReview":
            status = {"userInfo": {"username": identity.user, "groups": list(identity.groups)}}
        case "TokenReview":
            status = _token(access, str(spec.get("token") or ""))
        case _:
            raise ApiError(404, "the server could not find the requested resource")
    meta = {"creationTimestamp": None, **(body.get("metadata") or {})}
    return {**body, "metadata": meta, "status": status}


def _judgement(access: Access, user: str, spec: Obj) -> Obj:
    asked = spec.get("resourceAttributes")
    if not asked:
        return {"allowed": True}
    resource = asked.get("resource") or "*"
    if asked.get("subresource"):
        resource += f"/{asked['subresource']}"
    if asked.get("group"):
        resource += f".{asked['group']}"
    allowed = access.allowed(user, asked.get("verb") or "*", resource, asked.get("namespace") or "")
    return (
        {"allowed": True} if allowed else {"allowed": False, "reason": "forbidden by a rule of the simulator"}
    )


def _rules(access: Access, user: str, namespace: str) -> Obj:
    """Everything, and `incomplete` where a rule takes something away (a list cannot say "all but")."""
    everything = [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]
    limited = any(rule.user == user and rule.namespace in ("*", namespace) for rule in access.rules)
    return {
        "resourceRules": everything,
        "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
        "incomplete": limited,
    }


def _token(access: Access, token: str) -> Obj:
    try:
        identity = access.authenticate(f"Bearer {token}")
    except ApiError:
        return {"authenticated": False, "error": "invalid bearer token"}
    user = {"username": identity.user, "groups": list(identity.groups)}
    return {"authenticated": True, "user": user}
