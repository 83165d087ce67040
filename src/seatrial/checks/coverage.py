"""Which pods and workloads a disruption budget covers, and which operator stands behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seatrial.catalog.operator_budgets import OperatorBudget, operator_budgets
from seatrial.checks.check import Context
from seatrial.cluster.models import Deployment, Pod, PodDisruptionBudget, StatefulSet

Scalable = Deployment | StatefulSet


def with_their_pods(context: Context) -> Iterator[tuple[PodDisruptionBudget, tuple[Pod, ...]]]:
    """Every budget with all pods that it selects, were they none."""
    budgets = context.read(PodDisruptionBudget)
    index = _PodIndex(context.read(Pod) if budgets else ())
    return ((budget, index.of(budget)) for budget in budgets)


def scalables(context: Context) -> tuple[Scalable, ...]:
    """Deployments and StatefulSets."""
    return (*context.read(Deployment), *context.read(StatefulSet))


class Workloads:
    """Those that ask for pods, by namespace, so that a budget looks only at what it may select."""

    def __init__(self, context: Context) -> None:
        self._by_namespace: dict[str, list[Scalable]] = {}
        for each in scalables(context):
            if each.spec.replicas:
                self._by_namespace.setdefault(each.namespace, []).append(each)

    def under(self, budget: PodDisruptionBudget) -> tuple[Scalable, ...]:
        """Workloads whose pods the budget selects, or would."""
        return tuple(
            each
            for each in self._by_namespace.get(budget.namespace, ())
            if budget.selects(each.namespace, each.spec.template.metadata.labels)
        )


def operator_of(budget: PodDisruptionBudget) -> OperatorBudget | None:
    """The operator that keeps this budget so that a drain waits for it: a check of its own looks at these."""
    selector = budget.spec.selector
    labels = {} if selector is None else selector.match_labels
    return next((each for each in operator_budgets() if each.is_for(labels)), None) if labels else None


class _PodIndex:
    """Pods by namespace and label, so that a budget looks only at pods that it may select."""

    def __init__(self, pods: Iterable[Pod]) -> None:
        self._by_namespace: dict[str, list[Pod]] = {}
        self._by_label: dict[tuple[str, str, str], list[Pod]] = {}
        for pod in pods:
            self._by_namespace.setdefault(pod.namespace, []).append(pod)
            for key, value in pod.labels.items():
                self._by_label.setdefault((pod.namespace, key, value), []).append(pod)

    def of(self, budget: PodDisruptionBudget) -> tuple[Pod, ...]:
        selector = budget.spec.selector
        if selector is None:
            return ()
        namespace = budget.namespace
        candidates = self._by_namespace.get(namespace, [])
        for key, value in selector.match_labels.items():
            candidates = min(candidates, self._by_label.get((namespace, key, value), []), key=len)
        return tuple(pod for pod in candidates if selector.matches(pod.labels))
