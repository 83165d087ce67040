"""The provider itself saw a client call an API that the target does not serve.

**What.** EKS upgrade insights and GKE's deprecation recommendations, where the snapshot holds them: the
clients that they name for each API that is gone in the target. A client that called within 7 days blocks;
one that has been quiet for longer warns, and after 30 days it is only told. So does an insight that names
no client, and one whose only client is a kubectl, of which the provider does not say whether it read or
wrote. Insights that the provider refreshed more than three days before are told, too.

**Why.** The provider reads the audit logs of all API servers, so this names callers even where nobody
keeps a log. It looks back 30 days: an insight stays red that long after the client was mended, which is
why the date of the last call decides here and not the colour.

**How to fix.** Upgrade the client named. When its last call is older than the mend, nothing is left to do
but to wait, or to go on knowingly.

**Source.** EKS API reference, DescribeInsight (deprecationDetails, clientStats); GKE documentation,
deprecation insights and recommendations; aws/containers-roadmap issue 2569 (30 days); read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from seatrial.checks.callers import (
    QUIET_AFTER,
    STALE_AFTER,
    age_of,
    as_owner,
    deprecated_apis,
    maybe_bystander,
    printable,
)
from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.removed_apis import lifecycle_of, removal_of, source_of
from seatrial.checks.wording import counted
from seatrial.cluster.findings import Evidence, Finding, Severity
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.provider_state import Insight, InsightClient
from seatrial.cluster.version import Minor

_FRESH = timedelta(days=3)
"""EKS and GKE refresh insights every day."""


@check(
    id="provider-reports-removed-api",
    title="The provider saw calls of an API that the target does not serve",
    reads=(Section.PROVIDER,),
    uses_facts=True,
)
def provider_reports_removed_api(check: Check, context: Context) -> Found:
    yield from _old(check, context)
    for insight in deprecated_apis(context):
        gvr = insight.gvr
        entry = lifecycle_of(context, gvr) if gvr else None
        removed = removal_of(entry, insight.removed_in)
        if removed is None or removed > context.target:
            continue
        if insight.clients:
            yield _clients(check, context, insight)
        elif insight.status in ("warning", "error"):
            yield check.finding(
                Severity.WARNING,
                f"The provider's insight {printable(insight.name)!r} says that {_used(insight, removed)} is"
                " used; it names no client.",
                objects=_refs(context, insight),
                evidence=Evidence.CLIENT_CALLS,
                fix=f"Find the client in the audit log: `seatrial check --audit-log FILE`.{_or_ask(context)}",
                source=f"provider's insights; {source_of(context, entry)}",
            )


def _old(check: Check, context: Context) -> Iterator[Finding]:
    """Once for all: they are refreshed together, every day."""
    refreshed = [each.refreshed for each in deprecated_apis(context) if each.refreshed]
    oldest = min(refreshed, default="")
    age = age_of(oldest, context.now)
    if age is not None and age > _FRESH:
        yield check.finding(
            Severity.INFO,
            f"The provider's insights are of {oldest[:10]}, {counted(age.days, 'day')} before the cluster was"
            " read: whoever called since is not among them.",
            title="The provider's insights are old",
            fix="Ask the provider for them again, after it has refreshed them.",
            source="provider's insights",
        )


def _clients(check: Check, context: Context, insight: Insight) -> Finding:
    severities = [_severity(context, each) for each in insight.clients]
    worst = min(severities, key=lambda each: each.rank)
    named = [
        client for client, severity in zip(insight.clients, severities, strict=True) if severity is worst
    ]
    told = "; ".join(_told(each) for each in named[:5])
    more = f"; and {len(named) - 5} more" if len(named) > 5 else ""
    entry = lifecycle_of(context, insight.gvr) if insight.gvr else None
    instead = f" to a version that asks for {entry.replacement}" if entry and entry.replacement else ""
    return check.finding(
        worst,
        f"The provider saw {counted(len(named), 'client')} call {_api(insight)}, gone in"
        f" {removal_of(entry, insight.removed_in)}: {told}{more}.",
        title="" if worst is Severity.BLOCKER else _WHEN_NOT_SURE[worst],
        objects=_refs(context, insight),
        evidence=Evidence.CLIENT_CALLS,
        owner=as_owner("", named[0].user_agent) if len(named) == 1 else None,
        fix="None needed." if worst is Severity.INFO else f"Upgrade each{instead}.",
        source=f"provider's insights; {source_of(context, entry)}",
    )


_WHEN_NOT_SURE = {
    Severity.WARNING: "The provider saw calls of a removed API that may be over or harmless",
    Severity.INFO: "The provider saw calls of a removed API that are over or harmless",
}


def _severity(context: Context, client: InsightClient) -> Severity:
    harmless = maybe_bystander(client.user_agent)
    age = age_of(client.last_request, context.now)
    if (harmless and not harmless.verbs) or (age is not None and age > STALE_AFTER):
        return Severity.INFO
    if harmless or (age is not None and age > QUIET_AFTER):
        return Severity.WARNING
    return Severity.BLOCKER


def _told(client: InsightClient) -> str:
    count = f", {client.requests} requests" if client.requests else ""
    last = client.last_request[:10] or "the provider does not say when"
    return f"{printable(client.user_agent)} (last on {last}{count})"


def _used(insight: Insight, removed: Minor) -> str:
    return f"{_api(insight)}, gone in {removed}," if insight.api else f"an API that is gone in {removed}"


def _or_ask(context: Context) -> str:
    """EKS lists insights without clients; GKE's name none at all."""
    provider = context.snapshot.provider
    if provider is None or provider.kind != "eks":
        return ""
    return " Or give what `aws eks describe-insight` says of it: `--provider-data FILE`."


def _api(insight: Insight) -> str:
    gvr = insight.gvr
    return f"{gvr.api_version} {gvr.resource}" if gvr else printable(insight.api or insight.name)


def _refs(context: Context, insight: Insight) -> list[ObjectRef]:
    gvr = insight.gvr
    if gvr is None:
        return []
    entry = lifecycle_of(context, gvr)
    return [ObjectRef(gvr.api_version, entry.gvk.kind if entry else gvr.resource, "", "")]
