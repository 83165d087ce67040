"""Fills in what the API server fills in: defaults of the kinds that clients and controllers lean on.

One function per kind, found by resource; each edits the object in place and may run twice. Defaults
that a published schema or a CRD carries itself are not repeated here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.store import ResourceKey


def set_defaults(key: ResourceKey, obj: Obj) -> None:
    """Default `obj`, which is in its storage version."""
    fill = _BY_RESOURCE.get(str(key))
    if fill is not None:
        fill(obj)


def _put(target: dict[str, Any], **values: Any) -> None:
    for name, value in values.items():
        if target.get(name) is None:
            target[name] = value


def _in(obj: dict[str, Any], name: str) -> dict[str, Any]:
    found = obj.get(name)
    if not isinstance(found, dict):
        found = obj[name] = {}
    return found


def _each(value: Any) -> Iterable[dict[str, Any]]:
    return (item for item in value or () if isinstance(item, dict))


# pods
def pod_spec(spec: dict[str, Any]) -> None:
    _put(
        spec,
        restartPolicy="Always",
        dnsPolicy="ClusterFirst",
        schedulerName="default-scheduler",
        terminationGracePeriodSeconds=30,
        securityContext={},
    )
    if spec.get("serviceAccountName"):
        _put(spec, serviceAccount=spec["serviceAccountName"])
    elif spec.get("serviceAccount"):
        spec["serviceAccountName"] = spec["serviceAccount"]
    for name in ("initContainers", "containers", "ephemeralContainers"):
        for container in _each(spec.get(name)):
            _container(container)
            if spec.get("hostNetwork"):
                for port in _each(container.get("ports")):
                    _put(port, hostPort=port.get("containerPort"))
    for volume in _each(spec.get("volumes")):
        _volume(volume)


def _container(container: dict[str, Any]) -> None:
    image = str(container.get("image") or "")
    tag = image.rsplit("/", 1)[-1]
    floating = "@" not in tag and (":" not in tag or tag.endswith(":latest"))
    _put(
        container,
        resources={},
        terminationMessagePath="/dev/termination-log",
        terminationMessagePolicy="File",
        imagePullPolicy="Always" if floating else "IfNotPresent",
    )
    resources = container["resources"]
    if isinstance(resources, dict) and resources.get("limits"):
        requests = _in(resources, "requests")
        for name, value in resources["limits"].items():
            requests.setdefault(name, value)
    for port in _each(container.get("ports")):
        _put(port, protocol="TCP")
    for variable in _each(container.get("env")):
        reference = (variable.get("valueFrom") or {}).get("fieldRef")
        if isinstance(reference, dict):
            _put(reference, apiVersion="v1")
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.get(name)
        if isinstance(probe, dict):
            _put(probe, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
            _handler(probe)
    for hook in (container.get("lifecycle") or {}).values():
        if isinstance(hook, dict):
            _handler(hook)


def _handler(handler: dict[str, Any]) -> None:
    if isinstance(handler.get("httpGet"), dict):
        _put(handler["httpGet"], path="/", scheme="HTTP")
    if isinstance(handler.get("grpc"), dict):
        _put(handler["grpc"], service="")


def _volume(volume: dict[str, Any]) -> None:
    for name in ("configMap", "secret", "downwardAPI", "projected"):
        if isinstance(volume.get(name), dict):
            _put(volume[name], defaultMode=420)
    for source in _each((volume.get("projected") or {}).get("sources")):
        if isinstance(source.get("serviceAccountToken"), dict):
            _put(source["serviceAccountToken"], expirationSeconds=3600)
    if isinstance(volume.get("hostPath"), dict):
        _put(volume["hostPath"], type="")
    claim = (volume.get("ephemeral") or {}).get("volumeClaimTemplate")
    if isinstance(claim, dict):
        _put(_in(claim, "spec"), volumeMode="Filesystem")


def _template(spec: dict[str, Any]) -> None:
    template = spec.get("template")
    if isinstance(template, dict):
        _in(template, "metadata")
        if isinstance(template.get("spec"), dict):
            pod_spec(template["spec"])


def _pod(obj: Obj) -> None:
    spec = _in(obj, "spec")
    pod_spec(spec)
    _put(spec, enableServiceLinks=True)


# workloads
def _deployment(obj: Obj) -> None:
    spec = _in(obj, "spec")
    _put(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    strategy = _in(spec, "strategy")
    _put(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        _put(_in(strategy, "rollingUpdate"), maxUnavailable="25%", maxSurge="25%")
    _template(spec)


def _replica_set(obj: Obj) -> None:
    spec = _in(obj, "spec")
    _put(spec, replicas=1)
    _template(spec)


def _replication_controller(obj: Obj) -> None:
    spec = _in(obj, "spec")
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    _put(spec, replicas=1)
    if labels:
        _put(spec, selector=dict(labels))
    _template(spec)


def _stateful_set(obj: Obj) -> None:
    spec = _in(obj, "spec")
    _put(spec, replicas=1, podManagementPolicy="OrderedReady", revisionHistoryLimit=10, serviceName="")
    update = _in(spec, "updateStrategy")
    _put(update, type="RollingUpdate")
    if update["type"] == "RollingUpdate":
        _put(_in(update, "rollingUpdate"), partition=0)
    _put(_in(spec, "persistentVolumeClaimRetentionPolicy"), whenDeleted="Retain", whenScaled="Retain")
    for claim in _each(spec.get("volumeClaimTemplates")):
        _put(claim, apiVersion="v1", kind="PersistentVolumeClaim", status={"phase": "Pending"})
        _put(_in(claim, "spec"), volumeMode="Filesystem")
    _template(spec)


def _daemon_set(obj: Obj) -> None:
    spec = _in(obj, "spec")
    _put(spec, revisionHistoryLimit=10)
    update = _in(spec, "updateStrategy")
    _put(update, type="RollingUpdate")
    if update["type"] == "RollingUpdate":
        _put(_in(update, "rollingUpdate"), maxUnavailable=1, maxSurge=0)
    _template(spec)


def _job_spec(spec: dict[str, Any]) -> None:
    if spec.get("completions") is None and spec.get("parallelism") is None:
        _put(spec, completions=1)
    _put(
        spec,
        parallelism=1,
        backoffLimit=6 if spec.get("backoffLimitPerIndex") is None else 2147483647,
        completionMode="NonIndexed",
        suspend=False,
        manualSelector=False,
    )
    _put(spec, podReplacementPolicy="Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed")
    _template(spec)


def _job(obj: Obj) -> None:
    _job_spec(_in(obj, "spec"))


def _cron_job(obj: Obj) -> None:
    spec = _in(obj, "spec")
    _put(
        spec,
        concurrencyPolicy="Allow",
        suspend=False,
        successfulJobsHistoryLimit=3,
        failedJobsHistoryLimit=1,
    )
    template = _in(_in(spec, "jobTemplate"), "spec")
    _in(spec["jobTemplate"], "metadata")
    _template(template)


def _autoscaler(obj: Obj) -> None:
    _put(_in(obj, "spec"), minReplicas=1)


# network
def _service(obj: Obj) -> None:
    spec = _in(obj, "spec")
    _put(spec, type="ClusterIP", sessionAffinity="None")
    if spec["sessionAffinity"] == "ClientIP":
        _put(_in(_in(spec, "sessionAffinityConfig"), "clientIP"), timeoutSeconds=10800)
    for port in _each(spec.get("ports")):
        _put(port, protocol="TCP")
        if not port.get("targetPort"):
            port["targetPort"] = port.get("port")
    if spec["type"] != "ExternalName":
        _put(spec, internalTrafficPolicy="Cluster", ipFamilies=["IPv4"], ipFamilyPolicy="SingleStack")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        _put(spec, externalTrafficPolicy="Cluster")
    if spec["type"] == "LoadBalancer":
        _put(spec, allocateLoadBalancerNodePorts=True)


def _endpoints(obj: Obj) -> None:
    for subset in _each(obj.get("subsets")):
        for port in _each(subset.get("ports")):
            _put(port, protocol="TCP")


def _endpoint_slice(obj: Obj) -> None:
    for port in _each(obj.get("ports")):
        _put(port, name="", protocol="TCP")


def _network_policy(obj: Obj) -> None:
    spec = _in(obj, "spec")
    _put(spec, policyTypes=["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
    for rule in [*_each(spec.get("ingress")), *_each(spec.get("egress"))]:
        for port in _each(rule.get("ports")):
            _put(port, protocol="TCP")


# configuration, storage, access
def _secret(obj: Obj) -> None:
    _put(obj, type="Opaque")


def _namespace(obj: Obj) -> None:
    _in(obj["metadata"], "labels")["kubernetes.io/metadata.name"] = obj["metadata"].get("name")
    _put(_in(obj, "spec"), finalizers=["kubernetes"])
    _put(_in(obj, "status"), phase="Active")


def _claim(obj: Obj) -> None:
    _put(_in(obj, "spec"), volumeMode="Filesystem")
    _put(_in(obj, "status"), phase="Pending")


def _volume_object(obj: Obj) -> None:
    _put(_in(obj, "spec"), persistentVolumeReclaimPolicy="Retain", volumeMode="Filesystem")
    _put(_in(obj, "status"), phase="Pending")


def _storage_class(obj: Obj) -> None:
    _put(obj, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def _priority_class(obj: Obj) -> None:
    _put(obj, preemptionPolicy="PreemptLowerPriority")


def _binding(obj: Obj) -> None:
    _put(_in(obj, "roleRef"), apiGroup="rbac.authorization.k8s.io")
    for subject in _each(obj.get("subjects")):
        _put(subject, apiGroup="" if subject.get("kind") == "ServiceAccount" else "rbac.authorization.k8s.io")
        if subject["apiGroup"] == "":
            del subject["apiGroup"]


def _webhooks(obj: Obj) -> None:
    for hook in _each(obj.get("webhooks")):
        _put(
            hook,
            failurePolicy="Fail",
            matchPolicy="Equivalent",
            namespaceSelector={},
            objectSelector={},
            timeoutSeconds=10,
        )
        if obj.get("kind") == "MutatingWebhookConfiguration":
            _put(hook, reinvocationPolicy="Never")
        for rule in _each(hook.get("rules")):
            _put(rule, scope="*")
        if isinstance((hook.get("clientConfig") or {}).get("service"), dict):
            _put(hook["clientConfig"]["service"], port=443)


def _definition(obj: Obj) -> None:
    spec = _in(obj, "spec")
    names = _in(spec, "names")
    kind = str(names.get("kind") or "")
    _put(names, singular=kind.lower(), listKind=f"{kind}List")
    conversion = _in(spec, "conversion")
    _put(conversion, strategy="None")
    service = ((conversion.get("webhook") or {}).get("clientConfig") or {}).get("service")
    if isinstance(service, dict):
        _put(service, port=443)


def _api_service(obj: Obj) -> None:
    service = _in(obj, "spec").get("service")
    if isinstance(service, dict):
        _put(service, port=443)


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
