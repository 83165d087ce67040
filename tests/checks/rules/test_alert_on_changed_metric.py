"""Alerts that would go blind."""

from typing import Any

from tests.builders import a_snapshot, an_object, not_served
from tests.checks.corpus import Case, run

from seatrial.capture.redact import portable
from seatrial.cluster.models import PrometheusRule
from seatrial.cluster.version import Minor

CHECK = "alert-on-changed-metric"


def _alerts(**expressions: str) -> dict[str, Any]:
    rules = [{"alert": name, "expr": expression} for name, expression in expressions.items()]
    spec = {"groups": [{"name": "platform", "rules": rules}]}
    return an_object("monitoring.coreos.com/v1", "PrometheusRule", "platform", "monitoring", spec=spec)


BLIND = _alerts(
    Slow='histogram_quantile(0.9, rate(scheduler_pod_scheduling_duration_seconds_bucket{job="s3cret"}[5m]))'
)
CASES = (
    Case(check=CHECK, name="a metric that was renamed", severities=("warning",), snapshot=a_snapshot(BLIND)),
    Case(
        check=CHECK,
        name="a label that went",
        severities=("warning",),
        snapshot=a_snapshot(_alerts(Slow="sum by (type) (rate(etcd_request_duration_seconds_sum[5m]))")),
    ),
    Case(
        check=CHECK,
        name="a metric that is deprecated",
        severities=("info",),
        snapshot=a_snapshot(_alerts(Many="apiserver_storage_objects > 10000")),
    ),
    Case(
        check=CHECK,
        name="the new names, a metric of another's, and a label that stayed",
        severities=(),
        snapshot=a_snapshot(
            _alerts(
                A="scheduler_pod_scheduling_sli_duration_seconds_sum > 1",
                B="my_etcd_bookmark_counts > 1",
                C="sum by (resource) (rate(etcd_request_duration_seconds_sum[5m]))",
                D="vector(1)",
            )
        ),
    ),
    Case(
        check=CHECK,
        name="a target that still has it",
        severities=(),
        snapshot=a_snapshot(_alerts(Many="apiserver_storage_objects > 10000"), version="v1.32.1"),
        target=Minor(1, 33),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
    Case(
        check=CHECK,
        name="a cluster without the Prometheus operator",
        severities=(),
        snapshot=a_snapshot(unread=[not_served(PrometheusRule)]),
    ),
    Case(
        check=CHECK,
        name="a manifest",
        severities=("warning",),
        files="""
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: a}
spec: {groups: [{name: g, rules: [{record: r, expr: "rate(volume_operation_total_errors[5m])"}]}]}
""",
    ),
)


def test_a_portable_snapshot_keeps_of_an_expression_what_changed_and_no_more() -> None:
    carried = portable(a_snapshot(BLIND))
    (rule,) = carried.read(PrometheusRule)
    assert rule.spec.groups[0].rules[0].expr == "scheduler_pod_scheduling_duration_seconds_bucket"
    assert portable(carried) == carried


def test_finding_names_the_alert_and_the_new_metric() -> None:
    (finding,) = run(CASES[0]).findings
    assert (
        finding.message
        == "Slow asks for scheduler_pod_scheduling_duration_seconds, which is gone since 1.33."
    )
    assert finding.fix == "Ask for scheduler_pod_scheduling_sli_duration_seconds too."
