"""Which fields of which kinds may leave the cluster in clear: everything else becomes a token.

The list is short on purpose, default-deny: a field is here because a check reads it or a twin needs
it to behave like the cluster. Paths use `*` for any key or list item and `**` for a whole subtree.
Names of environment variables stay, their values do not; names of ConfigMap keys stay, their data do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from seatrial.capture.fields_addons import ADDONS
from seatrial.capture.fields_admission import ADMISSION_POLICIES
from seatrial.capture.fields_gitops import GITOPS
from seatrial.capture.fields_workloads import CLAIM, CONDITIONS, WORKLOADS
from seatrial.cluster.objects import GroupKind

METADATA = (
    "name",
    "generateName",
    "namespace",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "labels.**",
    "finalizers.*",
    "ownerReferences.**",
    "managedFields.*.manager",
    "managedFields.*.operation",
    "managedFields.*.apiVersion",
    "managedFields.*.subresource",
    "managedFields.*.time",
    "managedFields.*.fieldsType",
)
DROPPED_METADATA = ("managedFields.*.fieldsV1",)

ANNOTATIONS = (
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
    "kubernetes.io/config.mirror",
    "kubernetes.io/config.source",
    "meta.helm.sh/release-name",
    "meta.helm.sh/release-namespace",
    "argocd.argoproj.io/tracking-id",
    "cluster-autoscaler.kubernetes.io/safe-to-evict",
    "karpenter.sh/do-not-disrupt",
    "batch.kubernetes.io/job-tracking",
    "kubernetes.io/ingress.class",
    "ingressclass.kubernetes.io/is-default-class",
    "storageclass.kubernetes.io/is-default-class",
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/provisioned-by",
)
"""Annotations whose values stay; other names stay with a token for a value."""

_WEBHOOKS = (
    "webhooks.*.name",
    "webhooks.*.failurePolicy",
    "webhooks.*.matchPolicy",
    "webhooks.*.sideEffects",
    "webhooks.*.reinvocationPolicy",
    "webhooks.*.admissionReviewVersions.*",
    "webhooks.*.rules.**",
    "webhooks.*.namespaceSelector.**",
    "webhooks.*.objectSelector.**",
    "webhooks.*.clientConfig.service.**",
)


_FIELDS: Mapping[GroupKind, tuple[str, ...]] = {
    **ADMISSION_POLICIES,
    **ADDONS,
    **GITOPS,
    **WORKLOADS,
    GroupKind("", "Node"): (
        "spec.providerID",
        "spec.podCIDR",
        "spec.podCIDRs.*",
        "spec.taints.**",
        "status.capacity.**",
        "status.allocatable.**",
        "status.addresses.**",
        "status.nodeInfo.**",
        *(f"status.{field}" for field in CONDITIONS),
    ),
    GroupKind("", "Namespace"): (
        "spec.finalizers.*",
        "status.phase",
        *(f"status.{field}" for field in CONDITIONS),
    ),
    GroupKind("", "Service"): ("spec.**",),
    GroupKind("", "ServiceAccount"): ("secrets.*.name", "imagePullSecrets.*.name"),
    GroupKind("", "Secret"): ("type",),
    GroupKind("", "ConfigMap"): (),
    GroupKind("", "PersistentVolumeClaim"): (
        *(f"spec.{field}" for field in CLAIM),
        "status.phase",
        "status.accessModes.*",
        "status.capacity.**",
    ),
    GroupKind("", "PersistentVolume"): (
        "spec.accessModes.*",
        "spec.capacity.**",
        "spec.storageClassName",
        "spec.volumeMode",
        "spec.claimRef.**",
        "spec.nodeAffinity.**",
        "spec.persistentVolumeReclaimPolicy",
        "spec.csi.driver",
        "spec.flexVolume.driver",
        "status.phase",
    ),
    GroupKind("", "ResourceQuota"): ("spec.**", "status.**"),
    GroupKind("", "LimitRange"): ("spec.**",),
    GroupKind("", "Endpoints"): ("subsets.**",),
    GroupKind("policy", "PodDisruptionBudget"): (
        "spec.**",
        "status.disruptedPods.*",
        *(f"status.{field}" for field in CONDITIONS),
    ),
    GroupKind("discovery.k8s.io", "EndpointSlice"): ("addressType", "endpoints.**", "ports.**"),
    GroupKind("autoscaling", "HorizontalPodAutoscaler"): (
        "spec.**",
        *(f"status.{field}" for field in CONDITIONS),
    ),
    GroupKind("networking.k8s.io", "NetworkPolicy"): ("spec.**",),
    GroupKind("networking.k8s.io", "Ingress"): (
        "spec.ingressClassName",
        "spec.defaultBackend.**",
        "spec.rules.**",
        "spec.tls.**",
    ),
    GroupKind("networking.k8s.io", "IngressClass"): ("spec.controller",),
    GroupKind("scheduling.k8s.io", "PriorityClass"): ("preemptionPolicy",),
    GroupKind("storage.k8s.io", "StorageClass"): (
        "provisioner",
        "reclaimPolicy",
        "volumeBindingMode",
        "allowedTopologies.**",
    ),
    GroupKind("storage.k8s.io", "CSIDriver"): ("spec.**",),
    GroupKind("storage.k8s.io", "CSINode"): ("spec.**",),
    GroupKind("rbac.authorization.k8s.io", "Role"): ("rules.**",),
    GroupKind("rbac.authorization.k8s.io", "ClusterRole"): ("rules.**", "aggregationRule.**"),
    GroupKind("rbac.authorization.k8s.io", "RoleBinding"): ("subjects.**", "roleRef.**"),
    GroupKind("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("subjects.**", "roleRef.**"),
    GroupKind("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): _WEBHOOKS,
    GroupKind("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): _WEBHOOKS,
    GroupKind("apiregistration.k8s.io", "APIService"): (
        "spec.group",
        "spec.version",
        "spec.service.**",
        *(f"status.{field}" for field in CONDITIONS),
    ),
    GroupKind("apiextensions.k8s.io", "CustomResourceDefinition"): (
        "spec.group",
        "spec.scope",
        "spec.names.**",
        "spec.versions.**",
        "spec.conversion.strategy",
        "spec.conversion.webhook.clientConfig.service.**",
        "spec.conversion.webhook.conversionReviewVersions.*",
        "status.storedVersions.*",
        "status.acceptedNames.**",
        *(f"status.{field}" for field in CONDITIONS),
    ),
}


class Allowed(dict[str, "Allowed"]):
    """A node of the tree of paths; `whole` allows everything below, `leaf` a string right here."""

    whole: bool = False
    leaf: bool = False

    def below(self, key: str) -> Allowed:
        if self.whole:
            return self
        return self.get(key, self.get("*", _NOTHING))  # an empty node is a leaf, and falsy


_NOTHING = Allowed()


@lru_cache(maxsize=256)
def allowed_fields(kind: GroupKind) -> Allowed:
    """The tree of what may stay in clear in an object of this kind; unknown kinds keep metadata only."""
    paths = ("apiVersion", "kind", *(f"metadata.{path}" for path in METADATA), *_FIELDS.get(kind, ()))
    root = Allowed()
    for path in paths:
        _insert(root, path)
    return root


def _insert(root: Allowed, path: str) -> None:
    node = root
    for part in path.split("."):
        if part == "**":
            node.whole = True
            return
        node = node.setdefault(part, Allowed())
    node.leaf = True
