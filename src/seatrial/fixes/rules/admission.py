"""Webhook configurations and admission policy bindings to v1: what v1 requires, and defaults that changed.

Source: the Kubernetes deprecation guide for 1.22 and 1.32; admissionregistration.k8s.io/v1 API reference.
"""

from __future__ import annotations

from seatrial.cluster.objects import Obj
from seatrial.fixes.rule import ByHand, Notes, part, parts

_OLD_DEFAULTS = {"failurePolicy": "Ignore", "matchPolicy": "Exact", "timeoutSeconds": 30}
_ALLOWED = ("None", "NoneOnDryRun")


def webhooks(obj: Obj, notes: Notes) -> None:
    names: set[str] = set()
    for hook in parts(obj, "webhooks"):
        name = str(hook.get("name") or "")
        if name in names:
            raise ByHand(f"v1 wants unique names, and webhook {name} is there twice")
        names.add(name)
        if hook.get("sideEffects") not in _ALLOWED:
            said = hook.get("sideEffects") or "nothing"
            raise ByHand(
                f"webhook {name} says {said} of its side effects; v1 allows only None and NoneOnDryRun, and"
                " only who wrote the webhook knows which is true"
            )
        if not hook.get("admissionReviewVersions"):
            hook["admissionReviewVersions"] = ["v1beta1"]
            notes(
                "admissionReviewVersions is required: v1beta1 was the default, so the webhook understands it;"
                " add v1 once it does."
            )
        missing = {key: value for key, value in _OLD_DEFAULTS.items() if key not in hook}
        hook.update(missing)
        if missing:
            listed = ", ".join(f"{key}: {value}" for key, value in missing.items())
            notes(f"The defaults changed in v1; the old ones are written out ({listed}).")


def policy_binding(obj: Obj, notes: Notes) -> None:
    spec = part(obj, "spec")
    reference = part(spec, "paramRef")
    if reference and not reference.get("parameterNotFoundAction"):
        reference["parameterNotFoundAction"] = "Deny"
        notes("paramRef.parameterNotFoundAction is required: Deny is what the alpha did.")
    if not spec.get("validationActions"):
        spec["validationActions"] = ["Deny"]
        notes("validationActions is required: Deny is what the alpha did.")
