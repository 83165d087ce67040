"""A webhook or admission policy guards a version that the target no longer serves.

**What.** Rules of webhooks and of validating and mutating admission policies all of whose groups, versions
and resources Kubernetes once served and the target does not. What the upgrade takes away warns; what is
gone already is told. Groups that Kubernetes never had belong to add-ons and are left alone.

**Why.** The API server matches a rule against what it serves, also with matchPolicy Equivalent: a version
that is not served is equivalent to nothing. So the guard falls silent without an error, and what it was to
refuse or change passes as it is.

**How to fix.** Name the version that replaces it in the rule, beside the old one until the upgrade is done.

**Source.** kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers (Matching
requests: rules, matchPolicy); Seatrial's facts (`seatrial facts api`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.dead_names import Fate, fate_of, spelled
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import (
    MutatingAdmissionPolicy,
    MutatingWebhookConfiguration,
    Resource,
    ValidatingAdmissionPolicy,
    ValidatingWebhookConfiguration,
    WebhookRule,
)
from seatrial.cluster.ownership import owner_of


@check(
    id="admission-names-dead-version",
    title="A webhook or admission policy will guard nothing",
    reads=(
        ValidatingWebhookConfiguration,
        MutatingWebhookConfiguration,
        ValidatingAdmissionPolicy,
        MutatingAdmissionPolicy,
    ),
    uses_facts=True,
    in_files=True,
)
def admission_names_dead_version(check: Check, context: Context) -> Found:
    for guard, parts in _guards(context):
        for name, rules in parts:
            named = [rule for rule in rules if rule.resources]
            fates = {
                fate_of(context, rule.api_groups, rule.api_versions, rule.resources): rule for rule in named
            }
            gone = fates.get(Fate.DIES) or fates.get(Fate.DEAD)
            if gone is None:
                continue
            dies = Fate.DIES in fates
            whole = Fate.ALIVE not in fates
            what = spelled(gone.api_groups, gone.resources, gone.api_versions)
            yield check.finding(
                Severity.WARNING if dies else Severity.INFO,
                f"{guard.ref}: {name} names {what}, which {context.target} does not serve:"
                f" {'it guards nothing' if whole else 'that rule matches nothing'}.",
                title="" if dies else "A rule of a webhook or admission policy matches nothing",
                objects=[guard.ref],
                owner=owner_of(guard.metadata),
                fix="Name the version that replaces it in the rule.",
                source=f"API lifecycle facts of {context.apis.gathered}",
            )


def _guards(context: Context) -> Iterator[tuple[Resource, Iterable[tuple[str, tuple[WebhookRule, ...]]]]]:
    for validating in context.read(ValidatingWebhookConfiguration):
        yield validating, [(hook.name, hook.rules) for hook in validating.webhooks]
    for mutating in context.read(MutatingWebhookConfiguration):
        yield mutating, [(hook.name, hook.rules) for hook in mutating.webhooks]
    for policy in context.read(ValidatingAdmissionPolicy):
        yield policy, [("its policy", policy.spec.match_constraints.resource_rules)]
    for changing in context.read(MutatingAdmissionPolicy):
        yield changing, [("its policy", changing.spec.match_constraints.resource_rules)]
