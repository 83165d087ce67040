"""Pods that fail already, before anything is changed.

**What.** Pods that crash, cannot fetch their image or fail otherwise, and pods that have been pending or
unready for more than ten minutes. Left-over pods in phase Failed (evicted ones, say) are for information;
pods of Jobs that failed are left out.

**Why.** After the upgrade nobody can tell whether it broke them. They also take part in no budget: a budget
counts only ready pods, so they use up the room that a drain needs.

**How to fix.** Repair or remove them first, or write down that they failed before; this report is that
record.

**Source.** kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle.
"""

from __future__ import annotations

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.failing import failure_of
from seatrial.checks.wording import counted, named, within
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Pod
from seatrial.cluster.ownership import Owner, owner_of


@check(id="failing-before-start", title="Pods fail before the upgrade starts", reads=(Pod,))
def failing_before_start(check: Check, context: Context) -> Found:
    failing: dict[tuple[str, Owner | None], list[tuple[Pod, str]]] = {}
    left: dict[str, list[Pod]] = {}
    for pod in context.read(Pod):
        if pod.is_terminating or pod.status.phase == "Succeeded":
            continue
        if pod.status.phase == "Failed":
            if pod.controller is None or pod.controller.kind != "Job":
                left.setdefault(pod.namespace, []).append(pod)
        elif reason := failure_of(context, pod):
            failing.setdefault((pod.namespace, owner_of(pod.metadata)), []).append((pod, reason))
    for (namespace, owner), pods in failing.items():
        yield check.finding(
            Severity.WARNING,
            f"{within(namespace)}{counted(len(pods), 'pod')} failed before the upgrade:"
            f" {named(f'{pod.name} ({reason})' for pod, reason in pods)}.",
            objects=[pod.ref for pod, _ in pods],
            owner=owner,
            fix="Repair or remove them first, or keep this report as the record of what was broken before.",
            source="status of the pods",
        )
    for namespace, found in left.items():
        yield check.finding(
            Severity.INFO,
            f"{within(namespace)}{counted(len(found), 'pod')} in phase Failed"
            f" {'is' if len(found) == 1 else 'are'} left over:"
            f" {named(_with_reason(pod) for pod in found)}.",
            objects=[pod.ref for pod in found],
            fix="Delete them: nothing runs them again.",
            source="status of the pods",
        )


def _with_reason(pod: Pod) -> str:
    return f"{pod.name} ({pod.status.reason})" if pod.status.reason else pod.name
