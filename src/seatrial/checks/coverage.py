"""Which pods and workloads a disruption budget covers, and which operator stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Generic

from seatrial.catalog.operator_budgets import LeavesBy, OperatorBudget, operator_budgets
from seatrial.checks.check import Context
from seatrial.cluster.models import Deployment, Pod, PodDisruptionBudget, StatefulSet
from seatrial.cluster.models.metadata import R
from seatrial.cluster.snapshot import Snapshot

Scalable = Deployment | StatefulSet


def with_their_pods(snapshot: Snapshot) -> tuple[tuple[PodDisruptionBudget, tuple[Pod, ...]], ...]:
    """Every budget with all pods that it selects, were they none."""
    return snapshot.once(_with_their_pods)


def _with_their_pods(snapshot: Snapshot) -> tuple[tuple[PodDisruptionBudget, tuple[Pod, ...]], ...]:
    budgets = snapshot.read(PodDisruptionBudget)
    index = _Index(budgets, snapshot.read(Pod) if budgets else (), lambda pod: pod.labels)
    return tuple((budget, index.of(budget)) for budget in budgets)


def scalables(context: Context) -> tuple[Scalable, ...]:
    """Deployments and StatefulSets."""
    return (*context.read(Deployment), *context.read(StatefulSet))


def workloads_under(context: Context, budget: PodDisruptionBudget) -> tuple[Scalable, ...]:
    """Workloads whose pods the budget selects, or would."""
    return context.snapshot.once(_workloads).of(budget)


def _workloads(snapshot: Snapshot) -> _Index[Scalable]:
    """Those that ask for pods, by what their pods are labelled."""
    budgets = snapshot.read(PodDisruptionBudget)
    asking: list[Scalable] = [*snapshot.read(Deployment), *snapshot.read(StatefulSet)]
    running = [each for each in asking if each.spec.replicas]
    return _Index(budgets, running, lambda each: each.spec.template.metadata.labels)


def operator_of(budget: PodDisruptionBudget) -> OperatorBudget | None:
    """The operator that keeps this budget: a check of its own looks at those that a drain waits for.

    One over an operator's pods that is evicted like any other may well be somebody's own.
    """
    selector = budget.spec.selector
    labels = {} if selector is None else selector.match_labels
    for each in operator_budgets() if labels else ():
        if each.is_for(labels) and (each.leaves_by is not LeavesBy.EVICTION or budget.controller):
            return each
    return None


class _Index(Generic[R]):
    """Objects by namespace and label, so that each of `budgets` looks only at those that it may select."""

    def __init__(
        self,
        budgets: Iterable[PodDisruptionBudget],
        objects: Iterable[R],
        labels: Callable[[R], Mapping[str, str]],
    ) -> None:
        self._labels = labels
        self._by_namespace: dict[str, list[R]] = {}
        self._by_label: dict[tuple[str, str, str], list[R]] = {}
        selectors = [each.spec.selector for each in budgets]
        asked = {key for each in selectors if each is not None for key in each.match_labels}
        for each in objects:
            namespace, found = each.namespace, labels(each)
            self._by_namespace.setdefault(namespace, []).append(each)
            for key in asked & found.keys():
                self._by_label.setdefault((namespace, key, found[key]), []).append(each)

    def of(self, budget: PodDisruptionBudget) -> tuple[R, ...]:
        selector = budget.spec.selector
        if selector is None:
            return ()
        namespace = budget.namespace
        candidates = self._by_namespace.get(namespace, [])
        for key, value in selector.match_labels.items():
            candidates = min(candidates, self._by_label.get((namespace, key, value), []), key=len)
        return tuple(each for each in candidates if selector.matches(self._labels(each)))
