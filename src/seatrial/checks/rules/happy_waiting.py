"""A person waits for a pod to start; better avoided.

**What.** Workloads that are scaled to nothing until somebody asks (Knative Services, KEDA's HTTP add-on,
autoscalers with a minimum of 0), and pods that were made for one person (JupyterHub, Coder and the like).

**Why.** Scheduling, pulling an image and starting take seconds to minutes, and longer while nodes are
being replaced; and a person's pod that is drained takes the person's work with it.

**How to fix.** Processes started in a pod that already runs, which takes milliseconds; or a pool of pods
kept warm. A team that decides otherwise says so in its fleet file, with a reason.

**Source.** The policy of a four-person startup that keeps Kubernetes boring (docs/happy-path.md).
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.catalog.happy_path import Thing
from seatrial.catalog.software import session_software
from seatrial.checks.check import Check, Context, Found, Profile, check
from seatrial.checks.happy_path import happy_findings, is_ours
from seatrial.cluster.models import HorizontalPodAutoscaler, HTTPScaledObject, KnativeService, Pod
from seatrial.cluster.objects import ObjectRef


@check(
    id="happy-waiting",
    title="A person waits for a pod to start",
    reads=(Pod, HorizontalPodAutoscaler, KnativeService, HTTPScaledObject),
    in_files=True,
    profile=Profile.HAPPY_PATH,
)
def happy_waiting(check: Check, context: Context) -> Found:
    return happy_findings(check, context, Thing.WAITING_FOR_PODS, _waited_for(context), "object")


def _waited_for(context: Context) -> Iterator[tuple[ObjectRef, str]]:
    for pod in context.read(Pod):
        software = session_software(pod.labels)
        if software and not pod.is_finished:
            yield pod.ref, f"pods that {software} makes for a person"
    for autoscaler in context.read(HorizontalPodAutoscaler):
        if autoscaler.spec.min_replicas == 0 and is_ours(autoscaler.metadata):
            yield autoscaler.ref, f"{autoscaler.ref} scales to 0"
    for service in context.read(KnativeService):
        yield service.ref, "Knative Services scale to 0"
    for scaled in context.read(HTTPScaledObject):
        yield scaled.ref, "KEDA's HTTP add-on scales to 0"
