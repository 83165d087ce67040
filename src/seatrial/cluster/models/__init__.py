"""Partial types of the kinds that checks read, decoded straight from the server's bytes."""

from seatrial.cluster.models.admission import (
    MutatingWebhookConfiguration,
    ServiceReference,
    ValidatingWebhookConfiguration,
    Webhook,
    WebhookRule,
)
from seatrial.cluster.models.admission_policies import (
    MatchResources,
    MutatingAdmissionPolicy,
    MutatingAdmissionPolicyBinding,
    PolicyRule,
    ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding,
)
from seatrial.cluster.models.alerts import PrometheusRule
from seatrial.cluster.models.backups import Backup, Restore, Schedule, VolumeSnapshot
from seatrial.cluster.models.certificates import Certificate, CertificateSigningRequest
from seatrial.cluster.models.configmaps import ConfigMap, KnownData
from seatrial.cluster.models.devices import ResourceClaim, ResourceSlice
from seatrial.cluster.models.extensions import APIService, CustomResourceDefinition
from seatrial.cluster.models.gitops import Application, Kustomization
from seatrial.cluster.models.ingresses import Ingress, IngressClass
from seatrial.cluster.models.metadata import (
    Condition,
    ManagedFields,
    Metadata,
    OwnerReference,
    Resource,
    decode,
)
from seatrial.cluster.models.network_policies import NetworkPolicy
from seatrial.cluster.models.networking import Endpoint, EndpointSlice, Service
from seatrial.cluster.models.nodes import Namespace, Node, Secret
from seatrial.cluster.models.pods import Pod, PodSpec, PodTemplate
from seatrial.cluster.models.policy import PodDisruptionBudget
from seatrial.cluster.models.roles import ClusterRole, ClusterRoleBinding, Role, RoleBinding
from seatrial.cluster.models.scaling import HorizontalPodAutoscaler, HTTPScaledObject, KnativeService
from seatrial.cluster.models.storage import CSIDriver, PersistentVolume, PersistentVolumeClaim, StorageClass
from seatrial.cluster.models.workloads import (
    CronJob,
    DaemonSet,
    Deployment,
    Job,
    ReplicaSet,
    ReplicationController,
    StatefulSet,
)

KINDS: tuple[type[Resource], ...] = (
    Pod,
    Node,
    Namespace,
    Secret,
    ConfigMap,
    Service,
    ReplicationController,
    Deployment,
    ReplicaSet,
    StatefulSet,
    DaemonSet,
    Job,
    CronJob,
    PodDisruptionBudget,
    EndpointSlice,
    ValidatingWebhookConfiguration,
    MutatingWebhookConfiguration,
    APIService,
    CustomResourceDefinition,
    ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding,
    MutatingAdmissionPolicy,
    MutatingAdmissionPolicyBinding,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    CSIDriver,
    Ingress,
    IngressClass,
    NetworkPolicy,
    ClusterRole,
    ClusterRoleBinding,
    Role,
    RoleBinding,
    CertificateSigningRequest,
    Certificate,
    Backup,
    Restore,
    Schedule,
    VolumeSnapshot,
    PrometheusRule,
    ResourceSlice,
    ResourceClaim,
    Application,
    Kustomization,
    HorizontalPodAutoscaler,
    KnativeService,
    HTTPScaledObject,
)
"""Every typed kind: a capture reads at least these."""

__all__ = [
    "KINDS",
    "APIService",
    "Application",
    "Backup",
    "CSIDriver",
    "Certificate",
    "CertificateSigningRequest",
    "ClusterRole",
    "ClusterRoleBinding",
    "Condition",
    "ConfigMap",
    "CronJob",
    "CustomResourceDefinition",
    "DaemonSet",
    "Deployment",
    "Endpoint",
    "EndpointSlice",
    "HTTPScaledObject",
    "HorizontalPodAutoscaler",
    "Ingress",
    "IngressClass",
    "Job",
    "KnativeService",
    "KnownData",
    "Kustomization",
    "ManagedFields",
    "MatchResources",
    "Metadata",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "Namespace",
    "NetworkPolicy",
    "Node",
    "OwnerReference",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Pod",
    "PodDisruptionBudget",
    "PodSpec",
    "PodTemplate",
    "PolicyRule",
    "PrometheusRule",
    "ReplicaSet",
    "ReplicationController",
    "Resource",
    "ResourceClaim",
    "ResourceSlice",
    "Restore",
    "Role",
    "RoleBinding",
    "Schedule",
    "Secret",
    "Service",
    "ServiceReference",
    "StatefulSet",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeSnapshot",
    "Webhook",
    "WebhookRule",
    "decode",
]
