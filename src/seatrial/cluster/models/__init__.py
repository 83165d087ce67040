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
from seatrial.cluster.models.configmaps import ConfigMap, KnownData
from seatrial.cluster.models.extensions import APIService, CustomResourceDefinition
from seatrial.cluster.models.metadata import (
    Condition,
    ManagedFields,
    Metadata,
    OwnerReference,
    Resource,
    decode,
)
from seatrial.cluster.models.networking import Endpoint, EndpointSlice, Service
from seatrial.cluster.models.nodes import Namespace, Node, Secret
from seatrial.cluster.models.pods import Pod, PodSpec, PodTemplate
from seatrial.cluster.models.policy import PodDisruptionBudget
from seatrial.cluster.models.storage import PersistentVolume, PersistentVolumeClaim
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
)
"""Every typed kind: a capture reads at least these."""

__all__ = [
    "KINDS",
    "APIService",
    "Condition",
    "ConfigMap",
    "CronJob",
    "CustomResourceDefinition",
    "DaemonSet",
    "Deployment",
    "Endpoint",
    "EndpointSlice",
    "Job",
    "KnownData",
    "ManagedFields",
    "MatchResources",
    "Metadata",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "OwnerReference",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Pod",
    "PodDisruptionBudget",
    "PodSpec",
    "PodTemplate",
    "PolicyRule",
    "ReplicaSet",
    "ReplicationController",
    "Resource",
    "Secret",
    "Service",
    "ServiceReference",
    "StatefulSet",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "Webhook",
    "WebhookRule",
    "decode",
]
