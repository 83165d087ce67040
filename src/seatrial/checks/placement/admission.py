"""Which nodes may take a pod whatever runs on them: selector, node affinity, taints.

kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node and …/taint-and-toleration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from seatrial.checks.placement.needs import Admission
from seatrial.cluster.models import Node
from seatrial.cluster.models.nodes import Taint
from seatrial.cluster.models.pods import NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Toleration
from seatrial.cluster.selectors import Operator, Requirement

_KEEPS_AWAY = ("NoSchedule", "NoExecute")
_CORDON = Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule")


def admits(node: Node, pod: Admission) -> bool:
    """Whether it may be put there; a cordon keeps away whoever does not tolerate that too."""
    if not suits(node, pod) or not tolerates(node.spec.taints, pod.tolerations):
        return False
    return not node.spec.unschedulable or tolerates((_CORDON,), pod.tolerations)


def suits(node: Node, pod: Admission) -> bool:
    """By the node's labels and name alone."""
    labels = node.labels
    if any(labels.get(key) != value for key, value in pod.selector):
        return False
    return pod.affinity is None or _selects(pod.affinity, node.name, labels)


def tolerates(taints: Iterable[Taint], tolerations: tuple[Toleration, ...]) -> bool:
    return all(
        any(_tolerates(taint, each) for each in tolerations)
        for taint in taints
        if taint.effect in _KEEPS_AWAY
    )


def _tolerates(taint: Taint, toleration: Toleration) -> bool:
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if not toleration.key:
        return toleration.operator == "Exists"
    if toleration.key != taint.key:
        return False
    return toleration.operator == "Exists" or toleration.value == taint.value


def _selects(selector: NodeSelector, name: str, labels: Mapping[str, str]) -> bool:
    return any(_term_selects(term, name, labels) for term in selector.node_selector_terms)


def _term_selects(term: NodeSelectorTerm, name: str, labels: Mapping[str, str]) -> bool:
    if not term.match_expressions and not term.match_fields:
        return False  # an empty term selects no node
    fields = {"metadata.name": name}
    return all(_matches(each, labels) for each in term.match_expressions) and all(
        _matches(each, fields) for each in term.match_fields
    )


def _matches(requirement: NodeSelectorRequirement, labels: Mapping[str, str]) -> bool:
    try:
        operator = Operator(requirement.operator)
    except ValueError:
        return True  # an operator that we do not know keeps nobody away
    return Requirement(requirement.key, operator, requirement.values).matches(labels)
