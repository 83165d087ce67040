"""Pods and nodes that ask not to be disrupted.

**What.** The annotation karpenter.sh/do-not-disrupt on nodes, pods or templates: a warning where Karpenter
makes nodes. The annotation cluster-autoscaler.kubernetes.io/safe-to-evict with the value false: for
information.

**Why.** Karpenter does not replace a node that has drifted while such a pod runs on it, unless the node pool
sets a terminationGracePeriod: the node stays at its old version for good. The cluster autoscaler does
not remove such a node, so an old node group never empties by itself. A drain takes no notice of either.

**How to fix.** Agree on a window with the owner, and take the annotation away for it.

**Source.** karpenter.sh/docs/concepts/disruption; cluster-autoscaler FAQ.
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.templates import READS, pod_templates
from seatrial.checks.wording import named, within
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Node, Pod
from seatrial.cluster.models.metadata import Resource
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.ownership import Owner, owner_of

_KARPENTER = ("karpenter.sh/do-not-disrupt", "true")
_AUTOSCALER = ("cluster-autoscaler.kubernetes.io/safe-to-evict", "false")
_KEYS = frozenset({_KARPENTER[0], _AUTOSCALER[0]})
_NODE_POOL = "karpenter.sh/nodepool"
_Place = tuple[str, Owner | None, bool]


@check(
    id="do-not-disrupt",
    title="Pods ask that their nodes be left alone",
    reads=(*READS, Node),
    in_files=True,
)
def do_not_disrupt(check: Check, context: Context) -> Found:
    has_karpenter = any(_NODE_POOL in node.labels for node in context.read(Node))
    asking: dict[_Place, set[ObjectRef]] = {}
    for each, carried in _annotated(context):
        for is_karpenter, (key, value) in ((True, _KARPENTER), (False, _AUTOSCALER)):
            if carried.get(key) == value:
                place = (each.namespace, owner_of(each.metadata), is_karpenter)
                asking.setdefault(place, set()).add(each.ref)
    for (namespace, owner, is_karpenter), refs in asking.items():
        key, value = _KARPENTER if is_karpenter else _AUTOSCALER
        who = "Karpenter does not replace" if is_karpenter else "the cluster autoscaler does not remove"
        yield check.finding(
            Severity.WARNING if is_karpenter and has_karpenter else Severity.INFO,
            f"{within(namespace)}{named(f'{ref.kind} {ref.name}' for ref in refs)}"
            f" {'carries' if len(refs) == 1 else 'carry'} {key}: {value}; {who} their nodes meanwhile.",
            objects=refs,
            owner=owner,
            fix="Agree on a window with the owner and take the annotation away for it.",
            source="karpenter.sh/docs/concepts/disruption" if is_karpenter else "cluster-autoscaler FAQ",
        )


def _annotated(context: Context) -> Iterator[tuple[Resource, dict[str, str]]]:
    """Nodes, templates, and pods that carry more than their template does."""
    for node in context.read(Node):
        yield node, node.annotations
    told: set[tuple[str, str, str]] = set()
    for template in pod_templates(context):
        if template.kind != "DaemonSet":
            yield template.workload, template.metadata.annotations
        for key, value in (_KARPENTER, _AUTOSCALER):
            if template.metadata.annotations.get(key) == value:
                told |= {(template.namespace, *label) for label in template.metadata.labels.items()}
    for pod in context.read(Pod):
        if _KEYS.isdisjoint(pod.annotations):
            continue
        owner = pod.controller
        by_template = any((pod.namespace, *label) in told for label in pod.labels.items())
        if owner is not None and pod.leaves_when_drained and not by_template:
            yield pod, pod.annotations
