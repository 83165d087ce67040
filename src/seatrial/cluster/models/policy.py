"""Disruption budgets."""

from typing import ClassVar

from seatrial.cluster.models.metadata import Condition, Part, Resource
from seatrial.cluster.objects import GroupVersionKind
from seatrial.cluster.selectors import LabelSelector


class BudgetSpec(Part, frozen=True):
    min_available: int | str | None = None
    max_unavailable: int | str | None = None
    selector: LabelSelector | None = None  # policy/v1: empty selects every pod of the namespace, none no pod
    unhealthy_pod_eviction_policy: str = ""


class BudgetStatus(Part, frozen=True):
    observed_generation: int = 0
    disruptions_allowed: int = 0
    current_healthy: int = 0
    desired_healthy: int = 0
    expected_pods: int = 0
    conditions: tuple[Condition, ...] = ()


class PodDisruptionBudget(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("policy", "v1", "PodDisruptionBudget")
    PLURAL: ClassVar = "poddisruptionbudgets"

    spec: BudgetSpec = BudgetSpec()
    status: BudgetStatus | None = None

    @property
    def fresh_status(self) -> BudgetStatus | None:
        """The status, if the controller wrote it for the spec as it is now."""
        if self.status is None or self.status.observed_generation < max(self.metadata.generation, 1):
            return None
        return self.status

    def selects(self, namespace: str, labels: dict[str, str]) -> bool:
        return (
            self.namespace == namespace
            and self.spec.selector is not None
            and self.spec.selector.matches(labels)
        )
