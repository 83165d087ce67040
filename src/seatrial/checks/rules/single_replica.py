"""Workloads that run a single pod.

**What.** Deployments and StatefulSets with one replica, by namespace and owner. A warning where a Service
leads to the pod, for information where nobody calls it. DaemonSets, Jobs and the namespaces that
Kubernetes and the provider keep to themselves are left out.

**Why.** A drain stops the pod before its successor is ready on another node: whoever calls it gets errors
meanwhile. Workers that nobody calls only pause.

**How to fix.** Run two replicas if the software allows it, at least for the time of the upgrade, or accept
the gap and tell its users when.

**Source.** kubernetes.io/docs/tasks/administer-cluster/safely-drain-node.
"""

from __future__ import annotations

from seatrial.catalog.providers import is_system_namespace
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.coverage import Scalable, scalables
from seatrial.checks.wording import counted, named, within
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Deployment, Service, StatefulSet
from seatrial.cluster.ownership import Owner, owner_of


@check(
    id="single-replica",
    title="A drain interrupts workloads of one pod",
    reads=(Deployment, StatefulSet, Service),
)
def single_replica(check: Check, context: Context) -> Found:
    selectors: dict[str, list[dict[str, str]]] = {}
    for service in context.read(Service):
        if service.spec.selector:
            selectors.setdefault(service.namespace, []).append(service.spec.selector)
    lone: dict[tuple[str, Owner | None, bool], list[Scalable]] = {}
    for each in scalables(context):
        if each.spec.replicas != 1 or is_system_namespace(each.namespace):
            continue
        labels = each.spec.template.metadata.labels.items()
        called = any(asked.items() <= labels for asked in selectors.get(each.namespace, ()))
        lone.setdefault((each.namespace, owner_of(each.metadata), called), []).append(each)
    for (namespace, owner, called), workloads in lone.items():
        effect = "whoever calls them gets errors" if called else "they pause"
        yield check.finding(
            Severity.WARNING if called else Severity.INFO,
            f"{within(namespace)}{counted(len(workloads), 'workload')} of one replica:"
            f" {named(f'{each.API.kind} {each.name}' for each in workloads)}; while a drain moves the pod"
            f" {effect}.",
            objects=[each.ref for each in workloads],
            owner=owner,
            fix="Run two replicas while the upgrade lasts if the software allows it, or announce the gap.",
            source="spec.replicas; selectors of Services",
        )
