"""What disruption budgets will allow over workloads that have no pods yet: in files, as a rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from seatrial.checks.budgets import desired_of
from seatrial.checks.check import Context
from seatrial.checks.coverage import Scalable, with_their_pods, workloads_under
from seatrial.cluster.models import PodDisruptionBudget
from seatrial.cluster.objects import ObjectRef


class Written(msgspec.Struct, frozen=True):
    """One budget with the workloads that it will cover."""

    budget: PodDisruptionBudget
    workloads: tuple[Scalable, ...]
    expected: int
    desired: int


def written_allowances(context: Context) -> Iterator[Written]:
    """Budgets that select no pod, but the templates of workloads whose number of replicas is known."""
    unknown = _of_unknown_size(context)
    for budget, pods in with_their_pods(context.snapshot):
        workloads = () if pods else workloads_under(context, budget)
        if not workloads:
            continue
        spec = budget.spec
        no_rule = spec.max_unavailable is None and spec.min_available is None
        flat_zero = no_rule or spec.max_unavailable in (0, "0%") or spec.min_available == "100%"
        if not flat_zero and any(each.ref in unknown for each in workloads):
            continue
        expected = sum(each.spec.replicas for each in workloads)
        yield Written(budget, workloads, expected, expected if no_rule else desired_of(budget, expected))


class _Spec(msgspec.Struct, rename="camel"):
    replicas: Any = msgspec.UNSET
    scale_target_ref: dict[str, Any] | None = None


class _Sized(msgspec.Struct):
    spec: _Spec


_SIZED = ("Deployment", "StatefulSet", "HorizontalPodAutoscaler")
_sized = msgspec.json.Decoder(_Sized)


def _of_unknown_size(context: Context) -> frozenset[ObjectRef]:
    """Workloads in files that leave their replicas to somebody else: unset, or under an autoscaler."""
    found = set()
    for each in context.manifests:
        if each.gvk.kind not in _SIZED:
            continue
        try:
            spec = _sized.decode(each.raw).spec
        except msgspec.ValidationError:  # kinds without a spec, or with one of another shape
            continue
        if each.gvk.kind == "HorizontalPodAutoscaler":
            if spec.scale_target_ref is not None:
                kind, name = str(spec.scale_target_ref.get("kind")), str(spec.scale_target_ref.get("name"))
                found.add(ObjectRef("apps/v1", kind, each.namespace, name))
        elif spec.replicas is msgspec.UNSET:
            found.add(ObjectRef("apps/v1", each.gvk.kind, each.namespace, each.name))
    return frozenset(found)
