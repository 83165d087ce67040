"""What of admission policies may leave the cluster: what they match, and never their expressions."""

from __future__ import annotations

from collections.abc import Mapping

from seatrial.cluster.objects import GroupKind

_GROUP = "admissionregistration.k8s.io"
_MATCH = ("namespaceSelector.**", "objectSelector.**", "resourceRules.**", "excludeResourceRules.**")
_POLICY = (
    "spec.failurePolicy",
    "spec.paramKind.**",
    "spec.reinvocationPolicy",
    *(f"spec.matchConstraints.{field}" for field in (*_MATCH, "matchPolicy")),
)
_BINDING = (
    "spec.policyName",
    "spec.validationActions.*",
    "spec.paramRef.**",
    *(f"spec.matchResources.{field}" for field in (*_MATCH, "matchPolicy")),
)

ADMISSION_POLICIES: Mapping[GroupKind, tuple[str, ...]] = {
    GroupKind(_GROUP, "ValidatingAdmissionPolicy"): _POLICY,
    GroupKind(_GROUP, "MutatingAdmissionPolicy"): _POLICY,
    GroupKind(_GROUP, "ValidatingAdmissionPolicyBinding"): _BINDING,
    GroupKind(_GROUP, "MutatingAdmissionPolicyBinding"): _BINDING,
}
