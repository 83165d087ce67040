"""Rules between pods: required affinity and anti-affinity, and spread that may not be violated.

A rule counts, per domain (a value of its topology key), the pods that its selector picks. Counts of the
cluster as it is are worked out once; what a drain moves is added on top.
kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from seatrial.checks.placement.needs import Needs
from seatrial.cluster.models import Pod
from seatrial.cluster.models.pods import PodAffinityTerm
from seatrial.cluster.selectors import LabelSelector

Labels = Mapping[str, str]


class Move(msgspec.Struct, frozen=True):
    """A pod that left a node, or came to one."""

    pod: Needs
    node: str
    labels: Labels
    """Of the node."""
    sign: int


class Rule(msgspec.Struct, eq=False):
    topology_key: str
    selector: LabelSelector | None
    namespaces: frozenset[str] | None
    """None: all."""
    matching: Counter[str] = msgspec.field(default_factory=Counter)
    """Pods that the selector picks, by domain."""
    carriers: Counter[str] = msgspec.field(default_factory=Counter)
    """Pods that carry this rule as anti-affinity, by domain."""
    _answers: dict[int, bool] = msgspec.field(default_factory=dict)

    def matches(self, pod: Needs) -> bool:
        answer = self._answers.get(pod.kin)
        if answer is None:
            answer = self._answers[pod.kin] = self._matches(pod.pod)
        return answer

    def _matches(self, pod: Pod) -> bool:
        if self.selector is None:
            return False
        if self.namespaces is not None and pod.namespace not in self.namespaces:
            return False
        return self.selector.matches(pod.labels)

    def moved(self, moves: Iterable[Move]) -> Counter[str]:
        """What the moves change about `matching`."""
        change: Counter[str] = Counter()
        for move in moves:
            value = move.labels.get(self.topology_key)
            if value is not None and self.matches(move.pod):
                change[value] += move.sign
        return change


def namespaces_of(term: PodAffinityTerm, own: str) -> frozenset[str] | None:
    """Where the term looks; a selector of namespaces that is not empty is taken for nowhere.

    Their labels are not read for this: a wish that we cannot judge is no reason for a finding.
    """
    if term.namespace_selector is not None:
        if term.namespace_selector.selects_everything:
            return None
        return frozenset(term.namespaces)
    return frozenset(term.namespaces or (own,))


class PodsByLabel:
    """Bound pods by namespace and label, so that a selector looks only at pods that it may pick."""

    def __init__(self, bound: Iterable[tuple[Pod, Labels]]) -> None:
        self._all: dict[str, list[tuple[Pod, Labels]]] = {}
        self._labelled: dict[tuple[str, str, str], list[tuple[Pod, Labels]]] = {}
        for each in bound:
            namespace = each[0].namespace
            self._all.setdefault(namespace, []).append(each)
            for key, value in each[0].labels.items():
                self._labelled.setdefault((namespace, key, value), []).append(each)

    def picked_by(self, rule: Rule) -> Iterable[tuple[Pod, Labels]]:
        if rule.selector is None:
            return
        for namespace in self._all if rule.namespaces is None else rule.namespaces:
            candidates = self._all.get(namespace, [])
            for key, value in rule.selector.match_labels.items():
                candidates = min(candidates, self._labelled.get((namespace, key, value), []), key=len)
            for pod, labels in candidates:
                if rule.selector.matches(pod.labels):
                    yield pod, labels


class SpreadRule(msgspec.Struct, eq=False):
    rule: Rule
    counted: frozenset[str]
    """Names of the nodes whose pods count: those that the pod may go to."""
    max_skew: int
    min_domains: int
    least: int = 0
    at_least: int = 0
    """How many domains hold as few as that."""

    def moved(self, moves: Iterable[Move]) -> Counter[str]:
        return self.rule.moved(move for move in moves if move.node in self.counted)

    def settle(self) -> None:
        """Once the counts are in."""
        counts = self.rule.matching
        self.least = min(counts.values(), default=0)
        self.at_least = sum(count == self.least for count in counts.values())

    def fewest(self, change: Mapping[str, int]) -> int:
        """The global minimum after the change; 0 where there are fewer domains than asked for."""
        counts = self.rule.matching
        if len(counts) < self.min_domains:
            return 0
        changed = [counts[domain] + by for domain, by in change.items() if domain in counts]
        untouched = self.at_least - sum(counts[d] == self.least for d in change if d in counts)
        if untouched > 0:
            return min([self.least, *changed])
        rest = (count for domain, count in counts.items() if domain not in change)
        return min([*changed, min(rest, default=self.least)]) if changed else self.least
