"""A workload selects nodes by a label that Kubernetes renamed.

**What.** Node selectors, node affinities, topology keys and tolerations of pod templates that name
node-role.kubernetes.io/master, beta.kubernetes.io/… or failure-domain.beta.kubernetes.io/….

**Why.** The label sticks to nodes that are there. The upgrade brings new nodes without it, and then the
pods have nowhere to go. It was one selector of this kind that cost Reddit 314 minutes in March 2023. Where
no node has the label any more, pods that still run are lost when they are drained.

**How to fix.** Select by the new name, which the nodes have had since 1.17 (roles: since 1.20). Tolerate
the taint of the new name beside the old one.

**Source.** kubernetes.io/docs/reference/labels-annotations-taints; KEP-2067.
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.catalog.labels import LegacyLabel, legacy_labels
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.templates import READS, Template, pod_templates
from seatrial.checks.wording import counted
from seatrial.cluster.findings import Finding, Severity
from seatrial.cluster.models import DaemonSet, Deployment, Node, Pod, ReplicaSet, StatefulSet

_CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
_MASTER = "node-role.kubernetes.io/master"


@check(
    id="legacy-label-selected",
    title="Pods wait for nodes with a label that was renamed",
    reads=(*READS, Node),
    in_files=True,
)
def legacy_label_selected(check: Check, context: Context) -> Found:
    nodes = context.read(Node)
    on_nodes = {key for node in nodes for key in node.labels}
    wanted: dict[tuple[str, Severity], list[Template]] = {}
    intolerant: list[Template] = []
    for template in pod_templates(context):
        for key in set(_required(template)):
            severity = _severity(template, nobody_has_it=bool(nodes) and key not in on_nodes)
            wanted.setdefault((key, severity), []).append(template)
        if _tolerates_only_master(template) and _is_tainted(nodes):
            intolerant.append(template)
    for (key, severity), templates in sorted(wanted.items()):
        yield _finding(check, legacy_labels()[key], severity, templates, on_nodes, seen=bool(nodes))
    if intolerant:
        yield check.finding(
            Severity.WARNING,
            f"{counted(len(intolerant), 'workload')} with a toleration of the taint {_MASTER} only,"
            " and nodes of the control plane"
            f" carry {_CONTROL_PLANE}: their pods do not come to new ones.",
            objects=[template.ref for template in intolerant],
            owner=next((owner for template in intolerant if (owner := template.owner)), None),
            fix=f"Tolerate {_CONTROL_PLANE} beside it.",
            source=legacy_labels()[_MASTER].source,
        )


def _required(template: Template) -> Iterator[str]:
    """Legacy labels without which its pods are not scheduled."""
    spec = template.spec
    affinity = spec.affinity.node_affinity.required
    keys = [
        *spec.node_selector,
        *(each.topology_key for each in spec.affinity.pod_affinity.required),
        *(each.topology_key for each in spec.affinity.pod_anti_affinity.required),
        *(
            each.topology_key
            for each in spec.topology_spread_constraints
            if each.when_unsatisfiable == "DoNotSchedule"
        ),
    ]
    if affinity is not None and affinity.node_selector_terms:
        # terms are alternatives: what only some of them ask for can be done without
        asked = [
            {each.key for each in term.match_expressions if each.operator in ("In", "Exists", "Gt", "Lt")}
            for term in affinity.node_selector_terms
        ]
        keys += set.intersection(*asked)
    return (key for key in keys if key in legacy_labels())


def _severity(template: Template, *, nobody_has_it: bool) -> Severity:
    """A blocker where pods that run now could not run again anywhere."""
    workload = template.workload
    match workload:
        case Deployment() | StatefulSet() | ReplicaSet():
            runs = workload.status.ready_replicas > 0
        case Pod():
            runs = workload.is_ready
        case _:
            runs = False  # jobs come and go; a DaemonSet may be meant for nodes that are not there
    if nobody_has_it:
        return Severity.BLOCKER if runs else Severity.WARNING
    return Severity.INFO if isinstance(workload, DaemonSet) else Severity.WARNING


def _finding(
    check: Check,
    label: LegacyLabel,
    severity: Severity,
    templates: list[Template],
    on_nodes: set[str],
    *,
    seen: bool,
) -> Finding:
    if not seen:
        where = "New nodes may come without it."
    elif label.key in on_nodes:
        where = "Nodes here still have it; new ones may come without it."
    else:
        where = "No node here has it: their pods cannot be scheduled again once they are drained."
    return check.finding(
        severity,
        f"{counted(len(templates), 'workload')} confined to nodes with the label {label.key}:"
        f" {label.what}. {where}",
        objects=[template.ref for template in templates],
        owner=next((owner for template in templates if (owner := template.owner)), None),
        fix=f"Select by {label.replacement} instead.",
        source=label.source,
    )


def _tolerates_only_master(template: Template) -> bool:
    keys = {each.key for each in template.spec.tolerations}
    return _MASTER in keys and _CONTROL_PLANE not in keys and "" not in keys


def _is_tainted(nodes: tuple[Node, ...]) -> bool:
    return any(taint.key == _CONTROL_PLANE for node in nodes for taint in node.spec.taints)
