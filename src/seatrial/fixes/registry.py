"""Which rule rewrites which removed version, and which versions a person has to move, with the reason.

A test holds both tables together against the catalogue: every removed version that has a replacement is in
exactly one of them.
"""

from __future__ import annotations

from seatrial.cluster.objects import GroupVersionKind
from seatrial.fixes.rule import Rule, identical
from seatrial.fixes.rules.admission import policy_binding, webhooks
from seatrial.fixes.rules.autoscaler import horizontal_pod_autoscaler
from seatrial.fixes.rules.batch import cron_job, scheduled_job
from seatrial.fixes.rules.coordination import (
    ip_address,
    lease_candidate,
    pod_group,
    storage_version_migration,
)
from seatrial.fixes.rules.definitions import custom_resource_definition
from seatrial.fixes.rules.devices import claim, claim_template, device_class, resource_slice
from seatrial.fixes.rules.discovery import endpoint_slice
from seatrial.fixes.rules.flow_control import priority_level
from seatrial.fixes.rules.identity import (
    access_review,
    certificate_request,
    event,
    role_binding,
    role_binding_alpha,
)
from seatrial.fixes.rules.ingress import ingress
from seatrial.fixes.rules.policy import disruption_budget
from seatrial.fixes.rules.runtime_class import runtime_class
from seatrial.fixes.rules.workloads import daemon_set, deployment, replica_set, stateful_set


def rule_for(gvk: GroupVersionKind) -> Rule | None:
    return _RULES.get(str(gvk))


def by_hand(gvk: GroupVersionKind) -> str:
    """Why a person has to move it; empty where a rule does."""
    return _BY_HAND.get(str(gvk), "")


def _table(*rows: tuple[str, str, str, Rule]) -> dict[str, Rule]:
    return {
        f"{group + '/' if group else ''}{version} {kind}": rule
        for group, versions, kinds, rule in rows
        for version in versions.split()
        for kind in kinds.split()
    }


_RULES = _table(
    ("admissionregistration.k8s.io", "v1beta1", "MutatingWebhookConfiguration", webhooks),
    ("admissionregistration.k8s.io", "v1beta1", "ValidatingWebhookConfiguration", webhooks),
    ("admissionregistration.k8s.io", "v1alpha1 v1beta1", "ValidatingAdmissionPolicy", identical),
    ("admissionregistration.k8s.io", "v1alpha1 v1beta1", "ValidatingAdmissionPolicyBinding", policy_binding),
    ("admissionregistration.k8s.io", "v1alpha1 v1beta1", "MutatingAdmissionPolicy", identical),
    ("admissionregistration.k8s.io", "v1alpha1 v1beta1", "MutatingAdmissionPolicyBinding", identical),
    ("apiextensions.k8s.io", "v1beta1", "CustomResourceDefinition", custom_resource_definition),
    ("apiregistration.k8s.io", "v1beta1", "APIService", identical),
    ("apps", "v1beta1 v1beta2", "ControllerRevision", identical),
    ("apps", "v1beta1 v1beta2", "Deployment", deployment),
    ("apps", "v1beta1 v1beta2", "StatefulSet", stateful_set),
    ("apps", "v1beta2", "DaemonSet", daemon_set),
    ("apps", "v1beta2", "ReplicaSet", replica_set),
    ("authentication.k8s.io", "v1alpha1 v1beta1", "SelfSubjectReview", identical),
    ("authentication.k8s.io", "v1beta1", "TokenReview", identical),
    ("authorization.k8s.io", "v1beta1", "LocalSubjectAccessReview SubjectAccessReview", access_review),
    ("authorization.k8s.io", "v1beta1", "SelfSubjectAccessReview SelfSubjectRulesReview", identical),
    ("autoscaling", "v2alpha1 v2beta1", "HorizontalPodAutoscaler", horizontal_pod_autoscaler),
    ("autoscaling", "v2beta2", "HorizontalPodAutoscaler", identical),
    ("batch", "v1beta1 v2alpha1", "CronJob", cron_job),
    ("batch", "v2alpha1", "ScheduledJob", scheduled_job),
    ("certificates.k8s.io", "v1alpha1 v1beta1", "CertificateSigningRequest", certificate_request),
    ("certificates.k8s.io", "v1alpha1 v1beta1", "ClusterTrustBundle", identical),
    ("coordination.k8s.io", "v1beta1", "Lease", identical),
    ("coordination.k8s.io", "v1alpha1", "LeaseCandidate", lease_candidate),
    ("coordination.k8s.io", "v1alpha2", "LeaseCandidate", identical),
    ("discovery.k8s.io", "v1alpha1 v1beta1", "EndpointSlice", endpoint_slice),
    ("events.k8s.io", "v1beta1", "Event", event),
    ("extensions", "v1beta1", "DaemonSet", daemon_set),
    ("extensions", "v1beta1", "Deployment", deployment),
    ("extensions", "v1beta1", "Ingress", ingress),
    ("extensions", "v1beta1", "NetworkPolicy", identical),
    ("extensions", "v1beta1", "ReplicaSet", replica_set),
    ("flowcontrol.apiserver.k8s.io", "v1alpha1 v1beta1 v1beta2 v1beta3", "FlowSchema", identical),
    (
        "flowcontrol.apiserver.k8s.io",
        "v1alpha1 v1beta1 v1beta2 v1beta3",
        "PriorityLevelConfiguration",
        priority_level,
    ),
    ("networking.k8s.io", "v1alpha1 v1beta1", "IPAddress", ip_address),
    ("networking.k8s.io", "v1alpha1 v1beta1", "ServiceCIDR", identical),
    ("networking.k8s.io", "v1beta1", "Ingress", ingress),
    ("networking.k8s.io", "v1beta1", "IngressClass", identical),
    ("node.k8s.io", "v1alpha1", "RuntimeClass", runtime_class),
    ("node.k8s.io", "v1beta1", "RuntimeClass", identical),
    ("policy", "v1alpha1 v1beta1", "Eviction", identical),
    ("policy", "v1alpha1 v1beta1", "PodDisruptionBudget", disruption_budget),
    ("rbac.authorization.k8s.io", "v1alpha1 v1beta1", "ClusterRole Role", identical),
    ("rbac.authorization.k8s.io", "v1alpha1", "ClusterRoleBinding RoleBinding", role_binding_alpha),
    ("rbac.authorization.k8s.io", "v1beta1", "ClusterRoleBinding RoleBinding", role_binding),
    ("resource.k8s.io", "v1alpha3 v1beta1", "ResourceClaim", claim),
    ("resource.k8s.io", "v1alpha3 v1beta1", "ResourceClaimTemplate", claim_template),
    ("resource.k8s.io", "v1alpha3", "DeviceClass", device_class),
    ("resource.k8s.io", "v1alpha3 v1beta1", "ResourceSlice", resource_slice),
    ("resource.k8s.io", "v1beta1 v1beta2", "DeviceClass", identical),
    ("resource.k8s.io", "v1beta2", "ResourceClaim ResourceClaimTemplate ResourceSlice", identical),
    ("resource.k8s.io", "v1alpha3 v1beta2", "DeviceTaintRule", identical),
    ("scheduling.k8s.io", "v1alpha1 v1beta1", "PriorityClass", identical),
    ("scheduling.k8s.io", "v1alpha2", "PodGroup", pod_group),
    ("scheduling.k8s.io", "v1alpha2", "Workload", identical),
    ("storage.k8s.io", "v1alpha1 v1beta1", "CSIStorageCapacity VolumeAttachment", identical),
    ("storage.k8s.io", "v1alpha1 v1beta1", "VolumeAttributesClass", identical),
    ("storage.k8s.io", "v1beta1", "CSIDriver CSINode StorageClass", identical),
    ("storagemigration.k8s.io", "v1alpha1", "StorageVersionMigration", storage_version_migration),
    ("storagemigration.k8s.io", "v1beta1", "StorageVersionMigration", identical),
)

_OLD_JOB = "it is gone since 1.8 at the latest, and whether its selector was generated must be decided anew"
_SCALE = "it is what a subresource answers, nothing that a file holds"
_DRA = (
    "classic dynamic resource allocation had controllers and parameter objects; the drivers and claims of"
    " resource.k8s.io/v1 are another design: take the driver's own examples"
)
_BY_HAND: dict[str, str] = {
    "v1 EphemeralContainers": "it became the ephemeralContainers subresource of pods: use kubectl debug",
    "admissionregistration.k8s.io/v1alpha1 ExternalAdmissionHookConfiguration": (
        "it was an experiment before webhook configurations: write a ValidatingWebhookConfiguration"
    ),
    "apps/v1alpha1 PetSet": "it is gone since 1.5, and a StatefulSet names its pods' storage differently",
    "apps/v1beta1 Scale": _SCALE,
    "apps/v1beta2 Scale": _SCALE,
    "extensions/v1beta1 Scale": _SCALE,
    "batch/v2alpha1 Job": _OLD_JOB,
    "extensions/v1beta1 Job": _OLD_JOB,
    "extensions/v1beta1 HorizontalPodAutoscaler": (
        "it is gone since 1.6 and named a subresource to scale; say what to scale in spec.scaleTargetRef"
    ),
    "extensions/v1beta1 ThirdPartyResource": (
        "it said neither plural nor schema, which a CustomResourceDefinition needs"
    ),
    "certificates.k8s.io/v1alpha1 PodCertificateRequest": (
        "kubelets write it, signed by the pod's key: v1 wants a certificate request instead of a proof"
    ),
    "certificates.k8s.io/v1beta1 PodCertificateRequest": (
        "kubelets write it, signed by the pod's key: v1 wants a certificate request instead of a proof"
    ),
    "resource.k8s.io/v1alpha1 ResourceClaim": _DRA,
    "resource.k8s.io/v1alpha1 ResourceClaimTemplate": _DRA,
    "resource.k8s.io/v1alpha1 ResourceClass": _DRA,
    "resource.k8s.io/v1alpha2 ResourceClaim": _DRA,
    "resource.k8s.io/v1alpha2 ResourceClaimTemplate": _DRA,
    "resource.k8s.io/v1alpha2 ResourceClass": _DRA,
    "resource.k8s.io/v1alpha2 ResourceSlice": _DRA,
    "scheduling.k8s.io/v1alpha1 Workload": (
        "its pod groups were instances, those of v1beta1 are templates that PodGroup objects refer to"
    ),
}
