"""An alert asks for a metric that the target does not expose any more.

**What.** PrometheusRules (of the Prometheus operator) whose expressions name a metric, or a label of a
metric, that was renamed or removed up to the target. Words are compared, not queries: a name inside a
string counts too.

**Why.** A query for a metric that is not there returns nothing, and an alert on nothing never fires: the
rollout looks quiet because nobody is watching.

**How to fix.** Ask for both names while clusters of both versions exist: `new_name or old_name`.

**Source.** Release notes and pull requests of Kubernetes, named in the finding; `seatrial`'s facts of
2026-11-22.
"""

from __future__ import annotations

from seatrial.catalog.metric_changes import MetricChange, metric_changes, words_of
from seatrial.checks.check import Check, Context, Found, check
from seatrial.cluster.findings import Finding, Severity
from seatrial.cluster.models import PrometheusRule
from seatrial.cluster.ownership import owner_of

_SHOWN = 5


@check(
    id="alert-on-changed-metric",
    title="An alert asks for a metric that changed",
    reads=(PrometheusRule,),
    uses_facts=True,
    in_files=True,
)
def alert_on_changed_metric(check: Check, context: Context) -> Found:
    found: dict[MetricChange, dict[str, PrometheusRule]] = {}
    for rule in context.read(PrometheusRule):
        for group in rule.spec.groups:
            for each in group.rules:
                words = words_of(str(each.expr))
                for change in metric_changes():
                    if _concerns(change, context) and change.is_used_in(words):
                        found.setdefault(change, {})[each.alert or each.record or group.name] = rule
    for change, rules in found.items():
        yield _finding(check, context, change, rules)


def _concerns(change: MetricChange, context: Context) -> bool:
    first = change.deprecated or change.gone
    return first is not None and first <= context.target


def _finding(
    check: Check, context: Context, change: MetricChange, rules: dict[str, PrometheusRule]
) -> Finding:
    what = f"the label {change.label} of {change.metric}" if change.label else change.metric
    is_gone = change.gone is not None and change.gone <= context.target
    state = f"is gone since {change.gone}" if is_gone else f"is deprecated since {change.deprecated}"
    names = sorted(rules)
    ask = "ask" if len(names) > 1 else "asks"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return check.finding(
        Severity.WARNING if is_gone else Severity.INFO,
        f"{', '.join(names[:_SHOWN])}{more} {ask} for {what}, which {state}.",
        objects=[rule.ref for rule in rules.values()],
        owner=next((owner for rule in rules.values() if (owner := owner_of(rule.metadata))), None),
        fix=f"Ask for {change.replacement} too." if change.replacement else "Drop it: nothing replaces it.",
        source=change.source,
    )
