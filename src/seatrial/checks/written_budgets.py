"""What disruption budgets will allow over workloads that have no pods yet: in files, as a rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from seatrial.checks.budgets import desired_of
from seatrial.checks.check import Context
from seatrial.checks.coverage import Scalable, Workloads, with_their_pods
from seatrial.cluster.models import PodDisruptionBudget
from seatrial.cluster.objects import ObjectRef


@dataclass(frozen=True, slots=True)
class Written:
    """One budget with the workloads that it will cover."""

    budget: PodDisruptionBudget
    workloads: tuple[Scalable, ...]
    expected: int
    desired: int


def written_allowances(context: Context) -> Iterator[Written]:
    """Budgets that select no pod, but the templates of workloads whose number of replicas is known."""
    unknown, known = _of_unknown_size(context), Workloads(context)
    for budget, pods in with_their_pods(context):
        workloads = () if pods else known.under(budget)
        if not workloads:
            continue
        spec = budget.spec
        no_rule = spec.max_unavailable is None and spec.min_available is None
        flat_zero = no_rule or spec.max_unavailable in (0, "0%")
        if not flat_zero and any(each.ref in unknown for each in workloads):
            continue
        expected = sum(each.spec.replicas for each in workloads)
        yield Written(budget, workloads, expected, expected if no_rule else desired_of(budget, expected))


def _of_unknown_size(context: Context) -> frozenset[ObjectRef]:
    """Workloads in files that leave their replicas to somebody else: unset, or under an autoscaler."""
    found = set()
    for each in context.manifests:
        spec = each.document.get("spec")
        if not isinstance(spec, dict):
            continue
        if each.gvk.kind == "HorizontalPodAutoscaler":
            target = spec.get("scaleTargetRef")
            if isinstance(target, dict):
                kind, name = str(target.get("kind")), str(target.get("name"))
                found.add(ObjectRef("apps/v1", kind, each.namespace, name))
        elif "replicas" not in spec:
            found.add(ObjectRef("apps/v1", each.gvk.kind, each.namespace, each.name))
    return frozenset(found)
