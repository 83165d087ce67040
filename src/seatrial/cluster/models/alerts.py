"""Rules of Prometheus, as its operator keeps them: which metrics somebody relies on."""

from typing import ClassVar

from seatrial.cluster.models.metadata import Part, Resource
from seatrial.cluster.objects import GroupVersionKind


class AlertRule(Part, frozen=True):
    alert: str = ""
    record: str = ""
    expr: str | int = ""


class AlertGroup(Part, frozen=True):
    name: str = ""
    rules: tuple[AlertRule, ...] = ()


class PrometheusRuleSpec(Part, frozen=True):
    groups: tuple[AlertGroup, ...] = ()


class PrometheusRule(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("monitoring.coreos.com", "v1", "PrometheusRule")
    PLURAL: ClassVar = "prometheusrules"
    OPTIONAL: ClassVar = True

    spec: PrometheusRuleSpec = PrometheusRuleSpec()
