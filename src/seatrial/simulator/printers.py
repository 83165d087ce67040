"""The columns that `kubectl get` shows, for the kinds that people look at; others show name and age."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.store import ResourceKey

Value = Callable[[Obj, datetime], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """`priority` above 0 shows only with `-o wide`."""

    name: str
    value: Value
    type: str = "string"
    format: str = ""
    priority: int = 0
    description: str = ""

    def definition(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "type": self.type,
            "format": self.format,
            "description": self.description or self.name,
            "priority": self.priority,
        }


def printer_of(key: ResourceKey) -> tuple[Column, ...]:
    return _PRINTERS.get(str(key), (_NAME, _AGE))


def age(obj: Obj, now: datetime) -> str:
    return duration_since(obj["metadata"].get("creationTimestamp"), now)


def duration_since(stamp: str | None, now: datetime) -> str:
    """As kubectl writes an age: 45s, 3m10s, 12m, 5h20m, 4d3h, 200d, 3y12d."""
    if not stamp:
        return "<unknown>"
    return short_duration((now - datetime.fromisoformat(stamp.replace("Z", "+00:00"))).total_seconds())


def short_duration(seconds: float) -> str:
    total = max(0, int(seconds))
    minutes, hours, days = total // 60, total // 3600, total // 86400
    if total < 120:
        return f"{total}s"
    if minutes < 10:
        return _two(minutes, "m", total % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if days < 730:
        return f"{days}d"
    return _two(days // 365, "y", days % 365, "d")


def _two(large: int, unit: str, small: int, small_unit: str) -> str:
    return f"{large}{unit}{small}{small_unit}" if small else f"{large}{unit}"


def _at(path: str, absent: Any = "<none>") -> Value:
    steps = path.split(".")

    def value(obj: Obj, now: datetime) -> Any:
        found: Any = obj
        for step in steps:
            found = found.get(step) if isinstance(found, dict) else None
        return absent if found is None or found == "" else found

    return value


def _text(path: str, name: str, *, absent: Any = "<none>", wide: bool = False) -> Column:
    return Column(name, _at(path, absent), priority=int(wide))


def _number(path: str, name: str, *, absent: int = 0, wide: bool = False) -> Column:
    return Column(name, _at(path, absent), type="integer", priority=int(wide))


def _made(name: str, value: Callable[[Obj], Any], *, wide: bool = False, type: str = "string") -> Column:
    return Column(name, lambda obj, now: value(obj), priority=int(wide), type=type)


_NAME = Column("Name", _at("metadata.name"), format="name")
_AGE = Column("Age", age)


def _list(items: Any) -> str:
    return ",".join(str(item) for item in items) or "<none>"


def _selector(selector: Any) -> str:
    if not isinstance(selector, dict):
        return "<none>"
    labels = selector.get("matchLabels") if "matchLabels" in selector else selector
    pairs = [f"{name}={value}" for name, value in sorted((labels or {}).items()) if isinstance(value, str)]
    for one in selector.get("matchExpressions") or ():
        pairs.append(f"{one['key']} {one['operator'].lower()} ({','.join(one.get('values') or ())})")
    return ",".join(pairs) or "<none>"


def _containers(spec: Obj, field: str) -> str:
    return _list(container.get(field) for container in spec.get("containers") or ())


def _template(obj: Obj) -> Obj:
    spec: Obj = ((obj.get("spec") or {}).get("template") or {}).get("spec") or {}
    return spec


_WORKLOAD_WIDE = (
    _made("Containers", lambda o: _containers(_template(o), "name"), wide=True),
    _made("Images", lambda o: _containers(_template(o), "image"), wide=True),
    _made("Selector", lambda o: _selector((o.get("spec") or {}).get("selector")), wide=True),
)


def _ready_replicas(obj: Obj) -> str:
    ready = (obj.get("status") or {}).get("readyReplicas", 0)
    return f"{ready}/{(obj.get('spec') or {}).get('replicas', 0)}"


# pods
def _ready(pod: Obj) -> str:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    total = len((pod.get("spec") or {}).get("containers") or ())
    return f"{sum(1 for status in statuses if status.get('ready'))}/{total}"


def _restarts(pod: Obj) -> str:
    return str(
        sum(s.get("restartCount", 0) for s in (pod.get("status") or {}).get("containerStatuses") or ())
    )


def _phase(pod: Obj) -> str:
    """As kubectl sums a pod up: what its containers wait for or died of, before its phase."""
    status = pod.get("status") or {}
    shown = status.get("reason") or status.get("phase") or "Unknown"
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "SchedulingGated":
            shown = "SchedulingGated"
    for index, one in enumerate(status.get("initContainerStatuses") or ()):
        state = one.get("state") or {}
        ended, waiting = state.get("terminated"), state.get("waiting")
        if ended and not ended.get("exitCode"):
            continue
        if ended:
            return f"Init:{ended.get('reason') or 'ExitCode:' + str(ended.get('exitCode'))}"
        if waiting and waiting.get("reason") not in (None, "", "PodInitializing"):
            return f"Init:{waiting['reason']}"
        if not state.get("running") or not one.get("started"):
            return f"Init:{index}/{len((pod.get('spec') or {}).get('initContainers') or ())}"
    for one in reversed(status.get("containerStatuses") or ()):
        state = one.get("state") or {}
        if (state.get("waiting") or {}).get("reason"):
            shown = state["waiting"]["reason"]
        elif state.get("terminated"):
            ended = state["terminated"]
            shown = ended.get("reason") or f"ExitCode:{ended.get('exitCode')}"
    if pod["metadata"].get("deletionTimestamp"):
        return "Unknown" if status.get("reason") == "NodeLost" else "Terminating"
    return str(shown)


_PODS = (
    _NAME,
    _made("Ready", _ready),
    _made("Status", _phase),
    _made("Restarts", _restarts),
    _AGE,
    _text("status.podIP", "IP", wide=True),
    _text("spec.nodeName", "Node", wide=True),
    _text("status.nominatedNodeName", "Nominated Node", wide=True),
    Column("Readiness Gates", lambda obj, now: "<none>", priority=1),
)


# nodes
_ROLE = "node-role.kubernetes.io/"


def _node_status(node: Obj) -> str:
    conditions = (node.get("status") or {}).get("conditions") or ()
    ready = next((c for c in conditions if c.get("type") == "Ready"), None)
    shown = "Unknown" if ready is None else "Ready" if ready.get("status") == "True" else "NotReady"
    return f"{shown},SchedulingDisabled" if (node.get("spec") or {}).get("unschedulable") else shown


def _roles(node: Obj) -> str:
    labels = node["metadata"].get("labels") or {}
    return _list(sorted(name.removeprefix(_ROLE) for name in labels if name.startswith(_ROLE)))


def _address(kind: str) -> Callable[[Obj], str]:
    def address(node: Obj) -> str:
        found = (node.get("status") or {}).get("addresses") or ()
        return next((str(a["address"]) for a in found if a.get("type") == kind), "<none>")

    return address


_NODES = (
    _NAME,
    _made("Status", _node_status),
    _made("Roles", _roles),
    _AGE,
    _text("status.nodeInfo.kubeletVersion", "Version"),
    _made("Internal-IP", _address("InternalIP"), wide=True),
    _made("External-IP", _address("ExternalIP"), wide=True),
    _text("status.nodeInfo.osImage", "OS-Image", absent="<unknown>", wide=True),
    _text("status.nodeInfo.kernelVersion", "Kernel-Version", absent="<unknown>", wide=True),
    _text("status.nodeInfo.containerRuntimeVersion", "Container-Runtime", absent="<unknown>", wide=True),
)


# services and their kin
def _external(service: Obj) -> str:
    spec = service.get("spec") or {}
    if spec.get("type") == "ExternalName":
        return str(spec.get("externalName"))
    ingress = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    addresses = [*(i.get("ip") or i.get("hostname") for i in ingress), *(spec.get("externalIPs") or ())]
    if addresses:
        return ",".join(addresses)
    return "<pending>" if spec.get("type") == "LoadBalancer" else "<none>"


def _ports(service: Obj) -> str:
    shown = []
    for port in (service.get("spec") or {}).get("ports") or ():
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        shown.append(f"{port['port']}{node}/{port.get('protocol', 'TCP')}")
    return _list(shown)


def _hosts(ingress: Obj) -> str:
    rules = (ingress.get("spec") or {}).get("rules") or ()
    return ",".join(rule["host"] for rule in rules if rule.get("host")) or "*"


def _ingress_address(ingress: Obj) -> str:
    found = ((ingress.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    return ",".join(one.get("ip") or one.get("hostname") or "" for one in found)


def _endpoint_addresses(obj: Obj) -> str:
    shown = []
    for subset in obj.get("subsets") or ():
        ports = subset.get("ports") or [None]
        for address in subset.get("addresses") or ():
            shown += [f"{address['ip']}:{p['port']}" if p else address["ip"] for p in ports]
    more = f" + {len(shown) - 3} more..." if len(shown) > 3 else ""
    return _list(shown[:3]) + more


# jobs
def _completions(job: Obj) -> str:
    spec, done = job.get("spec") or {}, (job.get("status") or {}).get("succeeded") or 0
    if spec.get("completions") is not None:
        return f"{done}/{spec['completions']}"
    return f"{done}/1 of {spec.get('parallelism', 1)}"


def _job_status(job: Obj) -> str:
    conditions = (job.get("status") or {}).get("conditions") or ()
    for kind in ("Complete", "Failed", "Suspended", "FailureTarget", "SuccessCriteriaMet"):
        if any(c.get("type") == kind and c.get("status") == "True" for c in conditions):
            return kind
    return "Terminating" if job["metadata"].get("deletionTimestamp") else "Running"


def _job_duration(job: Obj, now: datetime) -> str:
    status = job.get("status") or {}
    if not status.get("startTime"):
        return ""
    end = status.get("completionTime")
    until = datetime.fromisoformat(end.replace("Z", "+00:00")) if end else now
    return duration_since(status["startTime"], until)


def _last_schedule(job: Obj, now: datetime) -> str:
    last = (job.get("status") or {}).get("lastScheduleTime")
    return duration_since(last, now) if last else "<none>"


# the rest
def _event_age(event: Obj, now: datetime) -> str:
    last = event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp")
    return duration_since(last, now)


def _event_object(event: Obj) -> str:
    about = event.get("involvedObject") or {}
    return f"{str(about.get('kind', '')).lower()}/{about.get('name', '')}"


def _budget_limit(field: str) -> Value:
    return _at(f"spec.{field}", "N/A")


def _default_class(obj: Obj) -> str:
    annotations = obj["metadata"].get("annotations") or {}
    default = annotations.get("storageclass.kubernetes.io/is-default-class") == "true"
    return f"{obj['metadata']['name']} (default)" if default else str(obj["metadata"]["name"])


def _modes(obj: Obj) -> str:
    short = {
        "ReadWriteOnce": "RWO",
        "ReadOnlyMany": "ROX",
        "ReadWriteMany": "RWX",
        "ReadWriteOncePod": "RWOP",
    }
    return ",".join(short.get(mode, mode) for mode in (obj.get("spec") or {}).get("accessModes") or ())


def _claim_of(volume: Obj) -> str:
    claim = (volume.get("spec") or {}).get("claimRef")
    return f"{claim['namespace']}/{claim['name']}" if claim else ""


def _targets(autoscaler: Obj) -> str:
    shown = []
    for metric in (autoscaler.get("spec") or {}).get("metrics") or ():
        resource = metric.get("resource") or {}
        target = (resource.get("target") or {}).get("averageUtilization")
        shown.append(f"{resource.get('name', metric.get('type'))}: <unknown>/{target}%")
    return ", ".join(shown) or "<none>"


def _scale_target(autoscaler: Obj) -> str:
    target = (autoscaler.get("spec") or {}).get("scaleTargetRef") or {}
    return f"{target.get('kind')}/{target.get('name')}"


def _data_count(obj: Obj) -> int:
    return len(obj.get("data") or {}) + len(obj.get("binaryData") or {})


def _slice_ports(obj: Obj) -> str:
    return _list(port.get("port", "<unset>") for port in obj.get("ports") or ())


def _slice_endpoints(obj: Obj) -> str:
    return _list(address for one in obj.get("endpoints") or () for address in one.get("addresses") or ())


def _role_ref(binding: Obj) -> str:
    return f"{binding['roleRef']['kind']}/{binding['roleRef']['name']}"


_CREATED = _text("metadata.creationTimestamp", "Created At")
_ROLES = (_NAME, _CREATED)
_BINDINGS = (_NAME, _made("Role", _role_ref), _AGE)

_PRINTERS: dict[str, tuple[Column, ...]] = {
    "pods": _PODS,
    "nodes": _NODES,
    "namespaces": (_NAME, _text("status.phase", "Status"), _AGE),
    "deployments.apps": (
        _NAME,
        _made("Ready", _ready_replicas),
        _number("status.updatedReplicas", "Up-to-date"),
        _number("status.availableReplicas", "Available"),
        _AGE,
        *_WORKLOAD_WIDE,
    ),
    "replicasets.apps": (
        _NAME,
        _number("spec.replicas", "Desired"),
        _number("status.replicas", "Current"),
        _number("status.readyReplicas", "Ready"),
        _AGE,
        *_WORKLOAD_WIDE,
    ),
    "replicationcontrollers": (
        _NAME,
        _number("spec.replicas", "Desired"),
        _number("status.replicas", "Current"),
        _number("status.readyReplicas", "Ready"),
        _AGE,
        *_WORKLOAD_WIDE,
    ),
    "statefulsets.apps": (
        _NAME,
        _made("Ready", _ready_replicas),
        _AGE,
        *_WORKLOAD_WIDE[:2],
    ),
    "daemonsets.apps": (
        _NAME,
        _number("status.desiredNumberScheduled", "Desired"),
        _number("status.currentNumberScheduled", "Current"),
        _number("status.numberReady", "Ready"),
        _number("status.updatedNumberScheduled", "Up-to-date"),
        _number("status.numberAvailable", "Available"),
        _made("Node Selector", lambda o: _selector(_template(o).get("nodeSelector"))),
        _AGE,
        *_WORKLOAD_WIDE,
    ),
    "jobs.batch": (
        _NAME,
        _made("Status", _job_status),
        _made("Completions", _completions),
        Column("Duration", _job_duration),
        _AGE,
        *_WORKLOAD_WIDE,
    ),
    "cronjobs.batch": (
        _NAME,
        _text("spec.schedule", "Schedule"),
        _text("spec.timeZone", "Timezone"),
        _made("Suspend", lambda o: "True" if (o.get("spec") or {}).get("suspend") else "False"),
        _made("Active", lambda o: len((o.get("status") or {}).get("active") or ()), type="integer"),
        Column("Last Schedule", _last_schedule),
        _AGE,
    ),
    "services": (
        _NAME,
        _text("spec.type", "Type"),
        _text("spec.clusterIP", "Cluster-IP"),
        _made("External-IP", _external),
        _made("Port(s)", _ports),
        _AGE,
        _made("Selector", lambda o: _selector((o.get("spec") or {}).get("selector")), wide=True),
    ),
    "endpoints": (_NAME, _made("Endpoints", _endpoint_addresses), _AGE),
    "endpointslices.discovery.k8s.io": (
        _NAME,
        _text("addressType", "AddressType"),
        _made("Ports", _slice_ports),
        _made("Endpoints", _slice_endpoints),
        _AGE,
    ),
    "ingresses.networking.k8s.io": (
        _NAME,
        _text("spec.ingressClassName", "Class"),
        _made("Hosts", _hosts),
        _made("Address", _ingress_address),
        _made("Ports", lambda o: "80, 443" if (o.get("spec") or {}).get("tls") else "80"),
        _AGE,
    ),
    "ingressclasses.networking.k8s.io": (
        _NAME,
        _text("spec.controller", "Controller"),
        _text("spec.parameters.name", "Parameters"),
        _AGE,
    ),
    "networkpolicies.networking.k8s.io": (
        _NAME,
        _made("Pod-Selector", lambda o: _selector((o.get("spec") or {}).get("podSelector"))),
        _AGE,
    ),
    "configmaps": (_NAME, _made("Data", _data_count, type="integer"), _AGE),
    "secrets": (_NAME, _text("type", "Type"), _made("Data", _data_count, type="integer"), _AGE),
    "serviceaccounts": (
        _NAME,
        _made("Secrets", lambda o: len(o.get("secrets") or ()), type="integer"),
        _AGE,
    ),
    "persistentvolumeclaims": (
        _NAME,
        _text("status.phase", "Status"),
        _text("spec.volumeName", "Volume", absent=""),
        _text("status.capacity.storage", "Capacity", absent=""),
        _made("Access Modes", _modes),
        _text("spec.storageClassName", "StorageClass", absent=""),
        _text("spec.volumeAttributesClassName", "VolumeAttributesClass", absent="<unset>"),
        _AGE,
        _text("spec.volumeMode", "VolumeMode", wide=True),
    ),
    "persistentvolumes": (
        _NAME,
        _text("spec.capacity.storage", "Capacity", absent=""),
        _made("Access Modes", _modes),
        _text("spec.persistentVolumeReclaimPolicy", "Reclaim Policy"),
        _text("status.phase", "Status"),
        _made("Claim", _claim_of),
        _text("spec.storageClassName", "StorageClass", absent=""),
        _text("status.reason", "Reason", absent=""),
        _AGE,
    ),
    "storageclasses.storage.k8s.io": (
        Column("Name", lambda obj, now: _default_class(obj), format="name"),
        _text("provisioner", "Provisioner"),
        _text("reclaimPolicy", "ReclaimPolicy"),
        _text("volumeBindingMode", "VolumeBindingMode"),
        _made("AllowVolumeExpansion", lambda o: str(bool(o.get("allowVolumeExpansion"))).lower()),
        _AGE,
    ),
    "poddisruptionbudgets.policy": (
        _NAME,
        Column("Min Available", _budget_limit("minAvailable")),
        Column("Max Unavailable", _budget_limit("maxUnavailable")),
        _number("status.disruptionsAllowed", "Allowed Disruptions"),
        _AGE,
    ),
    "horizontalpodautoscalers.autoscaling": (
        _NAME,
        _made("Reference", _scale_target),
        _made("Targets", _targets),
        _text("spec.minReplicas", "MinPods", absent="<unset>"),
        _number("spec.maxReplicas", "MaxPods"),
        _number("status.currentReplicas", "Replicas"),
        _AGE,
    ),
    "events": (
        Column("Last Seen", _event_age),
        _text("type", "Type"),
        _text("reason", "Reason"),
        _made("Object", _event_object),
        _text("message", "Message", absent=""),
        Column("Name", _at("metadata.name"), format="name", priority=1),
    ),
    "customresourcedefinitions.apiextensions.k8s.io": _ROLES,
    "roles.rbac.authorization.k8s.io": _ROLES,
    "clusterroles.rbac.authorization.k8s.io": _ROLES,
    "rolebindings.rbac.authorization.k8s.io": _BINDINGS,
    "clusterrolebindings.rbac.authorization.k8s.io": _BINDINGS,
    "leases.coordination.k8s.io": (_NAME, _text("spec.holderIdentity", "Holder"), _AGE),
    "priorityclasses.scheduling.k8s.io": (
        _NAME,
        _number("value", "Value"),
        _made("Global-Default", lambda o: str(bool(o.get("globalDefault"))).lower()),
        _AGE,
        _text("preemptionPolicy", "PreemptionPolicy"),
    ),
    "apiservices.apiregistration.k8s.io": (
        _NAME,
        _made("Service", lambda o: "Local"),
        _made("Available", lambda o: "True"),
        _AGE,
    ),
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": (
        _NAME,
        _made("Webhooks", lambda o: len(o.get("webhooks") or ()), type="integer"),
        _AGE,
    ),
    "validatingwebhookconfigurations.admissionregistration.k8s.io": (
        _NAME,
        _made("Webhooks", lambda o: len(o.get("webhooks") or ()), type="integer"),
        _AGE,
    ),
}
