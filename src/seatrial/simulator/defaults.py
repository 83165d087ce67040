"""Fills in what the API server fills in: defaults of the kinds that clients and controllers lean on.

One function per kind, found by resource; each edits the object in place and may run twice. Defaults
that a published schema or a CRD carries itself are not repeated here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.pod_defaults import each, inside, pod_spec, put
from seatrial.simulator.store import ResourceKey


def set_defaults(key: ResourceKey, obj: Obj) -> None:
    """Default `obj`, which is in its storage version."""
    fill = _BY_RESOURCE.get(str(key))
    if fill is not None:
        fill(obj)


def _template(spec: dict[str, Any]) -> None:
    template = spec.get("template")
    if isinstance(template, dict):
        inside(template, "metadata")
        if isinstance(template.get("spec"), dict):
            pod_spec(template["spec"])


def _pod(obj: Obj) -> None:
    spec = inside(obj, "spec")
    pod_spec(spec)
    put(spec, enableServiceLinks=True)


# workloads
def _deployment(obj: Obj) -> None:
    spec = inside(obj, "spec")
    put(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    strategy = inside(spec, "strategy")
    put(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        put(inside(strategy, "rollingUpdate"), maxUnavailable="25%", maxSurge="25%")
    _template(spec)


def _replica_set(obj: Obj) -> None:
    spec = inside(obj, "spec")
    put(spec, replicas=1)
    _template(spec)


def _replication_controller(obj: Obj) -> None:
    spec = inside(obj, "spec")
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    put(spec, replicas=1)
    if labels:
        put(spec, selector=dict(labels))
    _template(spec)


def _stateful_set(obj: Obj) -> None:
    spec = inside(obj, "spec")
    put(spec, replicas=1, podManagementPolicy="OrderedReady", revisionHistoryLimit=10, serviceName="")
    update = inside(spec, "updateStrategy")
    put(update, type="RollingUpdate")
    if update["type"] == "RollingUpdate":
        put(inside(update, "rollingUpdate"), partition=0)
    put(inside(spec, "persistentVolumeClaimRetentionPolicy"), whenDeleted="Retain", whenScaled="Retain")
    for claim in each(spec.get("volumeClaimTemplates")):
        put(claim, apiVersion="v1", kind="PersistentVolumeClaim", status={"phase": "Pending"})
        put(inside(claim, "spec"), volumeMode="Filesystem")
    _template(spec)


def _daemon_set(obj: Obj) -> None:
    spec = inside(obj, "spec")
    put(spec, revisionHistoryLimit=10)
    update = inside(spec, "updateStrategy")
    put(update, type="RollingUpdate")
    if update["type"] == "RollingUpdate":
        put(inside(update, "rollingUpdate"), maxUnavailable=1, maxSurge=0)
    _template(spec)


def _job_spec(spec: dict[str, Any]) -> None:
    if spec.get("completions") is None and spec.get("parallelism") is None:
        put(spec, completions=1)
    put(
        spec,
        parallelism=1,
        backoffLimit=6 if spec.get("backoffLimitPerIndex") is None else 2147483647,
        completionMode="NonIndexed",
        suspend=False,
        manualSelector=False,
    )
    put(spec, podReplacementPolicy="Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed")
    _template(spec)


def _job(obj: Obj) -> None:
    _job_spec(inside(obj, "spec"))


def _cron_job(obj: Obj) -> None:
    spec = inside(obj, "spec")
    put(
        spec,
        concurrencyPolicy="Allow",
        suspend=False,
        successfulJobsHistoryLimit=3,
        failedJobsHistoryLimit=1,
    )
    template = inside(inside(spec, "jobTemplate"), "spec")
    inside(spec["jobTemplate"], "metadata")
    _template(template)


def _autoscaler(obj: Obj) -> None:
    put(inside(obj, "spec"), minReplicas=1)


# network
def _service(obj: Obj) -> None:
    spec = inside(obj, "spec")
    put(spec, type="ClusterIP", sessionAffinity="None")
    if spec["sessionAffinity"] == "ClientIP":
        put(inside(inside(spec, "sessionAffinityConfig"), "clientIP"), timeoutSeconds=10800)
    for port in each(spec.get("ports")):
        put(port, protocol="TCP")
        if not port.get("targetPort"):
            port["targetPort"] = port.get("port")
    if spec["type"] != "ExternalName":
        put(spec, internalTrafficPolicy="Cluster", ipFamilies=["IPv4"], ipFamilyPolicy="SingleStack")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        put(spec, externalTrafficPolicy="Cluster")
    if spec["type"] == "LoadBalancer":
        put(spec, allocateLoadBalancerNodePorts=True)


def _endpoints(obj: Obj) -> None:
    for subset in each(obj.get("subsets")):
        for port in each(subset.get("ports")):
            put(port, protocol="TCP")


def _endpoint_slice(obj: Obj) -> None:
    for port in each(obj.get("ports")):
        put(port, name="", protocol="TCP")


def _network_policy(obj: Obj) -> None:
    spec = inside(obj, "spec")
    put(spec, policyTypes=["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
    for rule in [*each(spec.get("ingress")), *each(spec.get("egress"))]:
        for port in each(rule.get("ports")):
            put(port, protocol="TCP")


# configuration, storage, access
def _secret(obj: Obj) -> None:
    put(obj, type="Opaque")


def _namespace(obj: Obj) -> None:
    inside(obj["metadata"], "labels")["kubernetes.io/metadata.name"] = obj["metadata"].get("name")
    put(inside(obj, "spec"), finalizers=["kubernetes"])
    put(inside(obj, "status"), phase="Active")


def _claim(obj: Obj) -> None:
    put(inside(obj, "spec"), volumeMode="Filesystem")
    put(inside(obj, "status"), phase="Pending")


def _volume_object(obj: Obj) -> None:
    put(inside(obj, "spec"), persistentVolumeReclaimPolicy="Retain", volumeMode="Filesystem")
    put(inside(obj, "status"), phase="Pending")


def _storage_class(obj: Obj) -> None:
    put(obj, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def _priority_class(obj: Obj) -> None:
    put(obj, preemptionPolicy="PreemptLowerPriority")


def _binding(obj: Obj) -> None:
    put(inside(obj, "roleRef"), apiGroup="rbac.authorization.k8s.io")
    for subject in each(obj.get("subjects")):
        put(subject, apiGroup="" if subject.get("kind") == "ServiceAccount" else "rbac.authorization.k8s.io")
        if subject["apiGroup"] == "":
            del subject["apiGroup"]


def _webhooks(obj: Obj) -> None:
    for hook in each(obj.get("webhooks")):
        put(
            hook,
            failurePolicy="Fail",
            matchPolicy="Equivalent",
            namespaceSelector={},
            objectSelector={},
            timeoutSeconds=10,
        )
        if obj.get("kind") == "MutatingWebhookConfiguration":
            put(hook, reinvocationPolicy="Never")
        for rule in each(hook.get("rules")):
            put(rule, scope="*")
        if isinstance((hook.get("clientConfig") or {}).get("service"), dict):
            put(hook["clientConfig"]["service"], port=443)


def _node(obj: Obj) -> None:
    inside(obj, "spec")


def _definition(obj: Obj) -> None:
    spec = inside(obj, "spec")
    names = inside(spec, "names")
    kind = str(names.get("kind") or "")
    put(names, singular=kind.lower(), listKind=f"{kind}List")
    conversion = inside(spec, "conversion")
    put(conversion, strategy="None")
    service = ((conversion.get("webhook") or {}).get("clientConfig") or {}).get("service")
    if isinstance(service, dict):
        put(service, port=443)


def _api_service(obj: Obj) -> None:
    service = inside(obj, "spec").get("service")
    if isinstance(service, dict):
        put(service, port=443)


_BY_RESOURCE: dict[str, Callable[[Obj], None]] = {
    "pods": _pod,
    "podtemplates": _template,
    "deployments.apps": _deployment,
    "replicasets.apps": _replica_set,
    "replicationcontrollers": _replication_controller,
    "statefulsets.apps": _stateful_set,
    "daemonsets.apps": _daemon_set,
    "jobs.batch": _job,
    "cronjobs.batch": _cron_job,
    "horizontalpodautoscalers.autoscaling": _autoscaler,
    "services": _service,
    "endpoints": _endpoints,
    "endpointslices.discovery.k8s.io": _endpoint_slice,
    "networkpolicies.networking.k8s.io": _network_policy,
    "secrets": _secret,
    "namespaces": _namespace,
    "nodes": _node,
    "persistentvolumeclaims": _claim,
    "persistentvolumes": _volume_object,
    "storageclasses.storage.k8s.io": _storage_class,
    "priorityclasses.scheduling.k8s.io": _priority_class,
    "rolebindings.rbac.authorization.k8s.io": _binding,
    "clusterrolebindings.rbac.authorization.k8s.io": _binding,
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": _webhooks,
    "validatingwebhookconfigurations.admissionregistration.k8s.io": _webhooks,
    "customresourcedefinitions.apiextensions.k8s.io": _definition,
    "apiservices.apiregistration.k8s.io": _api_service,
}
