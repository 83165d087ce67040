"""The columns that `kubectl get` shows, for the kinds that people look at; others show name and age."""

from __future__ import annotations

from seatrial.simulator import cells
from seatrial.simulator.columns import (
    AGE,
    NAME,
    WORKLOAD_WIDE,
    Column,
    at,
    made,
    number,
    ready_replicas,
    selector_text,
    template_of,
    text,
)
from seatrial.simulator.pod_and_node_columns import NODES, PODS
from seatrial.simulator.store import ResourceKey


def printer_of(key: ResourceKey) -> tuple[Column, ...]:
    return _PRINTERS.get(str(key), (NAME, AGE))


_CREATED = text("metadata.creationTimestamp", "Created At")
_ROLES = (NAME, _CREATED)
_BINDINGS = (NAME, made("Role", cells.role_ref), AGE)

_PRINTERS: dict[str, tuple[Column, ...]] = {
    "pods": PODS,
    "nodes": NODES,
    "namespaces": (NAME, text("status.phase", "Status"), AGE),
    "deployments.apps": (
        NAME,
        made("Ready", ready_replicas),
        number("status.updatedReplicas", "Up-to-date"),
        number("status.availableReplicas", "Available"),
        AGE,
        *WORKLOAD_WIDE,
    ),
    "replicasets.apps": (
        NAME,
        number("spec.replicas", "Desired"),
        number("status.replicas", "Current"),
        number("status.readyReplicas", "Ready"),
        AGE,
        *WORKLOAD_WIDE,
    ),
    "replicationcontrollers": (
        NAME,
        number("spec.replicas", "Desired"),
        number("status.replicas", "Current"),
        number("status.readyReplicas", "Ready"),
        AGE,
        *WORKLOAD_WIDE,
    ),
    "statefulsets.apps": (
        NAME,
        made("Ready", ready_replicas),
        AGE,
        *WORKLOAD_WIDE[:2],
    ),
    "daemonsets.apps": (
        NAME,
        number("status.desiredNumberScheduled", "Desired"),
        number("status.currentNumberScheduled", "Current"),
        number("status.numberReady", "Ready"),
        number("status.updatedNumberScheduled", "Up-to-date"),
        number("status.numberAvailable", "Available"),
        made("Node Selector", lambda o: selector_text(template_of(o).get("nodeSelector"))),
        AGE,
        *WORKLOAD_WIDE,
    ),
    "jobs.batch": (
        NAME,
        made("Status", cells.job_status),
        made("Completions", cells.completions),
        Column("Duration", cells.job_duration),
        AGE,
        *WORKLOAD_WIDE,
    ),
    "cronjobs.batch": (
        NAME,
        text("spec.schedule", "Schedule"),
        text("spec.timeZone", "Timezone"),
        made("Suspend", lambda o: "True" if (o.get("spec") or {}).get("suspend") else "False"),
        made("Active", lambda o: len((o.get("status") or {}).get("active") or ()), type="integer"),
        Column("Last Schedule", cells.last_schedule),
        AGE,
    ),
    "services": (
        NAME,
        text("spec.type", "Type"),
        text("spec.clusterIP", "Cluster-IP"),
        made("External-IP", cells.external),
        made("Port(s)", cells.ports),
        AGE,
        made("Selector", lambda o: selector_text((o.get("spec") or {}).get("selector")), wide=True),
    ),
    "endpoints": (NAME, made("Endpoints", cells.endpoint_addresses), AGE),
    "endpointslices.discovery.k8s.io": (
        NAME,
        text("addressType", "AddressType"),
        made("Ports", cells.slice_ports),
        made("Endpoints", cells.slice_endpoints),
        AGE,
    ),
    "ingresses.networking.k8s.io": (
        NAME,
        text("spec.ingressClassName", "Class"),
        made("Hosts", cells.hosts),
        made("Address", cells.ingress_address),
        made("Ports", lambda o: "80, 443" if (o.get("spec") or {}).get("tls") else "80"),
        AGE,
    ),
    "ingressclasses.networking.k8s.io": (
        NAME,
        text("spec.controller", "Controller"),
        text("spec.parameters.name", "Parameters"),
        AGE,
    ),
    "networkpolicies.networking.k8s.io": (
        NAME,
        made("Pod-Selector", lambda o: selector_text((o.get("spec") or {}).get("podSelector"))),
        AGE,
    ),
    "configmaps": (NAME, made("Data", cells.data_count, type="integer"), AGE),
    "secrets": (NAME, text("type", "Type"), made("Data", cells.data_count, type="integer"), AGE),
    "serviceaccounts": (
        NAME,
        made("Secrets", lambda o: len(o.get("secrets") or ()), type="integer"),
        AGE,
    ),
    "persistentvolumeclaims": (
        NAME,
        text("status.phase", "Status"),
        text("spec.volumeName", "Volume", absent=""),
        text("status.capacity.storage", "Capacity", absent=""),
        made("Access Modes", cells.modes),
        text("spec.storageClassName", "StorageClass", absent=""),
        text("spec.volumeAttributesClassName", "VolumeAttributesClass", absent="<unset>"),
        AGE,
        text("spec.volumeMode", "VolumeMode", wide=True),
    ),
    "persistentvolumes": (
        NAME,
        text("spec.capacity.storage", "Capacity", absent=""),
        made("Access Modes", cells.modes),
        text("spec.persistentVolumeReclaimPolicy", "Reclaim Policy"),
        text("status.phase", "Status"),
        made("Claim", cells.claim_of),
        text("spec.storageClassName", "StorageClass", absent=""),
        text("status.reason", "Reason", absent=""),
        AGE,
    ),
    "storageclasses.storage.k8s.io": (
        Column("Name", lambda obj, now: cells.default_class(obj), format="name"),
        text("provisioner", "Provisioner"),
        text("reclaimPolicy", "ReclaimPolicy"),
        text("volumeBindingMode", "VolumeBindingMode"),
        made("AllowVolumeExpansion", lambda o: str(bool(o.get("allowVolumeExpansion"))).lower()),
        AGE,
    ),
    "poddisruptionbudgets.policy": (
        NAME,
        Column("Min Available", cells.budget_limit("minAvailable")),
        Column("Max Unavailable", cells.budget_limit("maxUnavailable")),
        number("status.disruptionsAllowed", "Allowed Disruptions"),
        AGE,
    ),
    "horizontalpodautoscalers.autoscaling": (
        NAME,
        made("Reference", cells.scale_target),
        made("Targets", cells.targets),
        text("spec.minReplicas", "MinPods", absent="<unset>"),
        number("spec.maxReplicas", "MaxPods"),
        number("status.currentReplicas", "Replicas"),
        AGE,
    ),
    "events": (
        Column("Last Seen", cells.event_age),
        text("type", "Type"),
        text("reason", "Reason"),
        made("Object", cells.event_object),
        text("message", "Message", absent=""),
        Column("Name", at("metadata.name"), format="name", priority=1),
    ),
    "customresourcedefinitions.apiextensions.k8s.io": _ROLES,
    "roles.rbac.authorization.k8s.io": _ROLES,
    "clusterroles.rbac.authorization.k8s.io": _ROLES,
    "rolebindings.rbac.authorization.k8s.io": _BINDINGS,
    "clusterrolebindings.rbac.authorization.k8s.io": _BINDINGS,
    "leases.coordination.k8s.io": (NAME, text("spec.holderIdentity", "Holder"), AGE),
    "priorityclasses.scheduling.k8s.io": (
        NAME,
        number("value", "Value"),
        made("Global-Default", lambda o: str(bool(o.get("globalDefault"))).lower()),
        AGE,
        text("preemptionPolicy", "PreemptionPolicy"),
    ),
    "apiservices.apiregistration.k8s.io": (
        NAME,
        made("Service", cells.api_service_backend),
        made("Available", cells.api_service_available),
        AGE,
    ),
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": (
        NAME,
        made("Webhooks", lambda o: len(o.get("webhooks") or ()), type="integer"),
        AGE,
    ),
    "validatingwebhookconfigurations.admissionregistration.k8s.io": (
        NAME,
        made("Webhooks", lambda o: len(o.get("webhooks") or ()), type="integer"),
        AGE,
    ),
}
