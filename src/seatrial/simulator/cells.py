"""Cells that sum a kind up: ports of a service, completions of a job, claims of a volume."""

from __future__ import annotations

from datetime import datetime

from seatrial.cluster.objects import Obj
from seatrial.simulator.columns import Value, at, duration_since, listed


# services and their kin
def external(service: Obj) -> str:
    spec = service.get("spec") or {}
    if spec.get("type") == "ExternalName":
        return str(spec.get("externalName"))
    ingress = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    addresses = [*(i.get("ip") or i.get("hostname") for i in ingress), *(spec.get("externalIPs") or ())]
    if addresses:
        return ",".join(addresses)
    return "<pending>" if spec.get("type") == "LoadBalancer" else "<none>"


def ports(service: Obj) -> str:
    shown = []
    for port in (service.get("spec") or {}).get("ports") or ():
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        shown.append(f"{port['port']}{node}/{port.get('protocol', 'TCP')}")
    return listed(shown)


def hosts(ingress: Obj) -> str:
    rules = (ingress.get("spec") or {}).get("rules") or ()
    return ",".join(rule["host"] for rule in rules if rule.get("host")) or "*"


def ingress_address(ingress: Obj) -> str:
    found = ((ingress.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    return ",".join(one.get("ip") or one.get("hostname") or "" for one in found)


def endpoint_addresses(obj: Obj) -> str:
    shown = []
    for subset in obj.get("subsets") or ():
        ports = subset.get("ports") or [None]
        for address in subset.get("addresses") or ():
            shown += [f"{address['ip']}:{p['port']}" if p else address["ip"] for p in ports]
    more = f" + {len(shown) - 3} more..." if len(shown) > 3 else ""
    return listed(shown[:3]) + more


# aggregated APIs
def api_service_backend(api: Obj) -> str:
    service = (api.get("spec") or {}).get("service")
    return f"{service.get('namespace')}/{service.get('name')}" if service else "Local"


def api_service_available(api: Obj) -> str:
    conditions = (api.get("status") or {}).get("conditions") or ()
    found = next((each for each in conditions if each["type"] == "Available"), None)
    if found is None:
        return "Unknown"
    return "True" if found["status"] == "True" else f"{found['status']} ({found.get('reason', '')})"


# jobs
def completions(job: Obj) -> str:
    spec, done = job.get("spec") or {}, (job.get("status") or {}).get("succeeded") or 0
    if spec.get("completions") is not None:
        return f"{done}/{spec['completions']}"
    return f"{done}/1 of {spec.get('parallelism', 1)}"


def job_status(job: Obj) -> str:
    conditions = (job.get("status") or {}).get("conditions") or ()
    for kind in ("Complete", "Failed", "Suspended", "FailureTarget", "SuccessCriteriaMet"):
        if any(c.get("type") == kind and c.get("status") == "True" for c in conditions):
            return kind
    return "Terminating" if job["metadata"].get("deletionTimestamp") else "Running"


def job_duration(job: Obj, now: datetime) -> str:
    status = job.get("status") or {}
    if not status.get("startTime"):
        return ""
    end = status.get("completionTime")
    until = datetime.fromisoformat(end.replace("Z", "+00:00")) if end else now
    return duration_since(status["startTime"], until)


def last_schedule(job: Obj, now: datetime) -> str:
    last = (job.get("status") or {}).get("lastScheduleTime")
    return duration_since(last, now) if last else "<none>"


# the rest
def event_age(event: Obj, now: datetime) -> str:
    last = event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp")
    return duration_since(last, now)


def event_object(event: Obj) -> str:
    about = event.get("involvedObject") or {}
    return f"{str(about.get('kind', '')).lower()}/{about.get('name', '')}"


def budget_limit(field: str) -> Value:
    return at(f"spec.{field}", "N/A")


def default_class(obj: Obj) -> str:
    annotations = obj["metadata"].get("annotations") or {}
    default = annotations.get("storageclass.kubernetes.io/is-default-class") == "true"
    return f"{obj['metadata']['name']} (default)" if default else str(obj["metadata"]["name"])


def modes(obj: Obj) -> str:
    short = {
        "ReadWriteOnce": "RWO",
        "ReadOnlyMany": "ROX",
        "ReadWriteMany": "RWX",
        "ReadWriteOncePod": "RWOP",
    }
    return ",".join(short.get(mode, mode) for mode in (obj.get("spec") or {}).get("accessModes") or ())


def claim_of(volume: Obj) -> str:
    claim = (volume.get("spec") or {}).get("claimRef")
    return f"{claim['namespace']}/{claim['name']}" if claim else ""


def targets(autoscaler: Obj) -> str:
    shown = []
    for metric in (autoscaler.get("spec") or {}).get("metrics") or ():
        resource = metric.get("resource") or {}
        target = (resource.get("target") or {}).get("averageUtilization")
        shown.append(f"{resource.get('name', metric.get('type'))}: <unknown>/{target}%")
    return ", ".join(shown) or "<none>"


def scale_target(autoscaler: Obj) -> str:
    target = (autoscaler.get("spec") or {}).get("scaleTargetRef") or {}
    return f"{target.get('kind')}/{target.get('name')}"


def data_count(obj: Obj) -> int:
    return len(obj.get("data") or {}) + len(obj.get("binaryData") or {})


def slice_ports(obj: Obj) -> str:
    return listed(port.get("port", "<unset>") for port in obj.get("ports") or ())


def slice_endpoints(obj: Obj) -> str:
    return listed(address for one in obj.get("endpoints") or () for address in one.get("addresses") or ())


def role_ref(binding: Obj) -> str:
    return f"{binding['roleRef']['kind']}/{binding['roleRef']['name']}"
