"""RBAC, access reviews, certificate requests and events: fields that were renamed or became required.

Source: API references of the removed versions; the Kubernetes deprecation guide for 1.22 and 1.25.
"""

from __future__ import annotations

from seatrial.cluster.objects import Obj
from seatrial.fixes.rule import ByHand, Notes, part, parts, put_first, rename

_RBAC = "rbac.authorization.k8s.io"
_EVENT_FIELDS = ("eventTime", "reportingController", "reportingInstance", "action", "reason", "type")


def role_binding(obj: Obj, notes: Notes) -> None:
    reference = part(obj, "roleRef")
    if reference and not reference.get("apiGroup"):
        reference.pop("apiGroup", None)
        put_first(reference, "apiGroup", _RBAC)


def role_binding_alpha(obj: Obj, notes: Notes) -> None:
    """v1alpha1 named the subjects' API version, and a user called * was everybody."""
    role_binding(obj, notes)
    for subject in parts(obj, "subjects"):
        if subject.get("kind") == "User" and subject.get("name") == "*":
            raise ByHand("the user * was everybody in v1alpha1 and is nobody in v1")
        if "apiVersion" in subject:
            if subject.get("kind") == "ServiceAccount" or "apiGroup" in subject:
                del subject["apiVersion"]
            else:
                rename(subject, "apiVersion", "apiGroup")
                subject["apiGroup"] = _RBAC


def access_review(obj: Obj, notes: Notes) -> None:
    spec = part(obj, "spec")
    if "group" in spec:
        rename(spec, "group", "groups")


def certificate_request(obj: Obj, notes: Notes) -> None:
    spec = part(obj, "spec")
    if spec.get("signerName") in (None, "", "kubernetes.io/legacy-unknown"):
        raise ByHand("spec.signerName is required, and only who asks for the certificate knows the signer")
    if not spec.get("usages"):
        raise ByHand("spec.usages is required")


def event(obj: Obj, notes: Notes) -> None:
    part(obj, "series").pop("state", None)
    missing = [name for name in _EVENT_FIELDS if not obj.get(name)]
    if missing:
        raise ByHand(f"v1 requires {', '.join(missing)}, which only the writer of the event knows")
