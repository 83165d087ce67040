"""Pods that nothing brings back.

**What.** Running pods without a controller. Static pods (the kubelet runs them from a file), pods of
DaemonSets, finished pods and Helm's hooks are left out.

**Why.** A drain evicts them and nothing starts them elsewhere: they are gone. kubectl drain refuses to
touch them unless forced; providers force.

**How to fix.** Put the pod under a Deployment, StatefulSet or Job, or accept the loss and delete it
before the upgrade.

**Source.** kubernetes.io/docs/tasks/administer-cluster/safely-drain-node.
"""

from __future__ import annotations

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.wording import named, within
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Pod
from seatrial.cluster.ownership import Owner, owner_of

_HELM_HOOK = "helm.sh/hook"  # runs once and is not meant to stay


@check(id="pod-without-controller", title="A drain would lose pods", reads=(Pod,), in_files=True)
def pod_without_controller(check: Check, context: Context) -> Found:
    orphans: dict[tuple[str, Owner | None], list[Pod]] = {}
    for pod in context.read(Pod):
        if _HELM_HOOK in pod.annotations or pod.is_terminating:
            continue
        if pod.controller is None and pod.leaves_when_drained:
            orphans.setdefault((pod.namespace, owner_of(pod.metadata)), []).append(pod)
    for (namespace, owner), pods in orphans.items():
        yield check.finding(
            Severity.WARNING,
            f"{within(namespace)}{_said(sorted({pod.name for pod in pods}))}",
            objects=[pod.ref for pod in pods],
            owner=owner,
            fix=f"Put {'it' if len(pods) == 1 else 'them'} under a Deployment, StatefulSet or Job, or delete"
            f" {'it' if len(pods) == 1 else 'them'} before the upgrade.",
            source="metadata.ownerReferences",
        )


def _said(names: list[str]) -> str:
    if len(names) == 1:
        return f"Pod {names[0]} has no controller: a drain deletes it and nothing brings it back."
    return f"Pods {named(names)} have no controller: a drain deletes them and nothing brings them back."
