"""The cluster as a board: nodes with what is free on them, and pods with what they need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from seatrial.checks.placement.admission import admits, suits, tolerates
from seatrial.checks.placement.needs import Admission, Needs, Port, amount, needs_of
from seatrial.checks.placement.rules import PodsByLabel, Rule, SpreadRule, namespaces_of
from seatrial.cluster.models import Node, Pod
from seatrial.cluster.models.pods import PodAffinityTerm, SpreadConstraint
from seatrial.cluster.node_groups import is_virtual
from seatrial.cluster.selectors import LabelSelector

_Counted = tuple[frozenset[str], frozenset[str]]


class Slot(msgspec.Struct, eq=False):
    """One node."""

    node: Node
    free: dict[str, int]
    is_open: bool
    """Ready and not cordoned: it can take pods."""
    ports: Counter[Port] = msgspec.field(default_factory=Counter)
    pods: list[Needs] = msgspec.field(default_factory=list)

    def take(self, pod: Needs) -> None:
        self.pods.append(pod)
        for resource, asked in pod.requests.items():
            self.free[resource] = self.free.get(resource, 0) - asked
        if pod.ports:
            self.ports.update(pod.ports)


class Board:
    def __init__(self, nodes: Iterable[Node], pods: Iterable[Pod]) -> None:
        self.slots = {node.name: _slot(node) for node in nodes if not is_virtual(node.labels)}
        self.unbound: list[Needs] = []
        self._kin: dict[tuple[object, ...], int] = {}
        self._offended: dict[int, list[Rule]] = {}
        for pod in pods:
            if not pod.is_finished:
                self._put(pod)
        self._open: dict[Admission, list[Slot]] = {}
        self._rules: dict[tuple[bytes, str], Rule] = {}
        self._spreads: dict[tuple[object, ...], SpreadRule] = {}
        self._counting: dict[tuple[object, ...], _Counted] = {}
        self._index: PodsByLabel | None = None
        self._repelling: dict[str, list[Rule]] | None = None

    def _put(self, pod: Pod) -> None:
        if pod.spec.node_name:
            slot = self.slots.get(pod.spec.node_name)
            if slot is not None:
                slot.take(needs_of(pod, self._kin_of(pod)))
        elif not pod.is_terminating and not pod.spec.scheduling_gates:
            self.unbound.append(needs_of(pod, self._kin_of(pod)))

    def _kin_of(self, pod: Pod) -> int:
        return self._kin.setdefault((pod.namespace, *pod.labels.items()), len(self._kin))

    def candidates(self, admission: Admission) -> list[Slot]:
        """Ready nodes that admit the pod, the emptiest first."""
        found = self._open.get(admission)
        if found is None:
            admitting = [
                slot for slot in self.slots.values() if slot.node.is_ready and admits(slot.node, admission)
            ]
            found = sorted(admitting, key=lambda slot: (-slot.free.get("cpu", 0), slot.node.name))
            self._open[admission] = found
        return found

    def rule(self, term: PodAffinityTerm, namespace: str) -> Rule:
        key = (msgspec.json.encode(term), namespace)
        rule = self._rules.get(key)
        if rule is None:
            rule = Rule(term.topology_key, term.label_selector, namespaces_of(term, namespace))
            self._count(rule)
            self._rules[key] = rule
        return rule

    def repelling(self, pod: Needs) -> list[Rule]:
        """The anti-affinity of pods that run which this pod would offend."""
        if self._repelling is None:
            self._repelling = self._carried()
        found = self._offended.get(pod.kin)
        if found is None:
            near, anywhere = self._repelling.get(pod.pod.namespace, ()), self._repelling.get("", ())
            found = [rule for rule in (*near, *anywhere) if rule.matches(pod)]
            self._offended[pod.kin] = found
        return found

    def spread(self, constraint: SpreadConstraint, pod: Needs) -> SpreadRule:
        own = {key: pod.pod.labels[key] for key in constraint.match_label_keys if key in pod.pod.labels}
        key = (msgspec.json.encode(constraint), pod.pod.namespace, tuple(own.items()), pod.admission)
        found = self._spreads.get(key)
        if found is None:
            found = self._spreads[key] = self._spread(constraint, pod, own)
        return found

    def _spread(self, constraint: SpreadConstraint, pod: Needs, own: dict[str, str]) -> SpreadRule:
        selector = constraint.label_selector
        if selector is not None and own:
            selector = LabelSelector({**selector.match_labels, **own}, selector.match_expressions)
        rule = Rule(constraint.topology_key, selector, frozenset([pod.pod.namespace]))
        counted, domains = self._counted(constraint, pod.admission)
        rule.matching.update(dict.fromkeys(domains, 0))
        for found, labels in self._by_label().picked_by(rule):
            if found.spec.node_name in counted:
                rule.matching[labels[constraint.topology_key]] += 1
        spread = SpreadRule(rule, counted, constraint.max_skew, constraint.min_domains or 1)
        spread.settle()
        return spread

    def _counted(self, constraint: SpreadConstraint, admission: Admission) -> _Counted:
        """Names of the nodes whose pods count, and their domains: the same for most pods of a cluster."""
        policies = constraint.node_affinity_policy, constraint.node_taints_policy
        key = (constraint.topology_key, *policies, admission)
        found = self._counting.get(key)
        if found is None:
            labels = {
                slot.node.name: slot.node.labels
                for slot in self.slots.values()
                if constraint.topology_key in slot.node.labels
                if policies[0] == "Ignore" or suits(slot.node, admission)
                if policies[1] == "Ignore" or tolerates(slot.node.spec.taints, admission.tolerations)
            }
            domains = {each[constraint.topology_key] for each in labels.values()}
            found = self._counting[key] = frozenset(labels), frozenset(domains)
        return found

    def _count(self, rule: Rule) -> None:
        for _, labels in self._by_label().picked_by(rule):
            value = labels.get(rule.topology_key)
            if value is not None:
                rule.matching[value] += 1

    def _carried(self) -> dict[str, list[Rule]]:
        """By the namespace that they look at; "" for those that look at all."""
        found: dict[int, Rule] = {}
        for slot in self.slots.values():
            for pod in slot.pods:
                for term in pod.anti_affinity:
                    rule = self.rule(term, pod.pod.namespace)
                    value = slot.node.labels.get(rule.topology_key)
                    if value is not None:
                        rule.carriers[value] += 1
                        found[id(rule)] = rule
        by_namespace: dict[str, list[Rule]] = {}
        for rule in found.values():
            for namespace in ("",) if rule.namespaces is None else rule.namespaces:
                by_namespace.setdefault(namespace, []).append(rule)
        return by_namespace

    def _by_label(self) -> PodsByLabel:
        if self._index is None:
            self._index = PodsByLabel(
                (pod.pod, slot.node.labels) for slot in self.slots.values() for pod in slot.pods
            )
        return self._index


def _slot(node: Node) -> Slot:
    free = {resource: amount(resource, value) for resource, value in node.status.allocatable.items()}
    return Slot(node, free, node.is_ready and not node.spec.unschedulable)
