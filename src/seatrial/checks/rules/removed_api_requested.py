"""The API servers' metric says that somebody asks for a version that the target does not serve.

**What.** `apiserver_requested_deprecated_apis` of the API servers: one sample for each deprecated group,
version and resource that anybody has asked for since that server started. Alone it warns. It blocks when
something corroborates it, and the finding says what: a real client of the same API in the audit log, in an
EKS insight or a GKE recommendation, or a deployed Helm release or a file that holds it. It is only a
notice when an audit log of the time shows no callers but those that follow whatever the server offers.

**Why.** Whoever made the request gets 404 after the upgrade. But the metric names nobody, and the garbage
collector, which watches every version that there is, sets it too. Each API server counts for itself. Of
one's own control plane every server is asked by itself, at the address that the endpoints of the Service
`kubernetes` name, and one that does not answer makes the check incomplete. A provider hides its
servers behind one address, and nobody can ask them all: a notice says how many were heard, that is all
that can be done there with metrics, and it goes away when an audit log or the provider's insights, which
cover all servers, are given.

**How to fix.** Find the client with the audit log (`seatrial check --audit-log FILE`, annotation
`k8s.io/deprecated`), on EKS also with its upgrade insights (`--provider-data FILE`), and upgrade it. The
sample stays until that API server restarts.

**Source.** KEP-1693; kubernetes/kubernetes issues 87669 and 106668; Seatrial's facts (`seatrial facts
api`), by which it is decided whether a version is gone: the release in the metric is what was planned when
the server was built.
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.catalog import ApiLifecycle
from seatrial.checks.callers import deprecated_apis
from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.corroboration import only_bystanders, remembered_writers, witnesses
from seatrial.checks.provider_of import provider_of
from seatrial.checks.removed_apis import lifecycle_of, removal_of, source_of
from seatrial.checks.wording import counted
from seatrial.cluster.findings import Evidence, Finding, Incomplete, Severity
from seatrial.cluster.metrics import ApiMetrics, DeprecatedRequest
from seatrial.cluster.models import EndpointSlice, Node
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.version import Minor

_MOST_NAMED = 5


@check(
    id="removed-api-requested",
    title="Somebody asks for an API that the target does not serve",
    reads=(Section.CLUSTER, Section.METRICS, EndpointSlice, Node),
    uses_facts=True,
)
def removed_api_requested(check: Check, context: Context) -> Found:
    metrics = context.snapshot.metrics or ApiMetrics()  # the framework saw to it that they were read
    yield from _unheard(check, context, metrics)
    for request in metrics.requests:
        entry = lifecycle_of(context, request.gvr)
        removed = removal_of(entry, request.removed_release)
        if removed is None:
            continue
        if removed > context.target:
            yield _planned(check, context, request, entry, removed)
        else:
            yield _gone(check, context, request, entry, removed)


def _unheard(check: Check, context: Context, metrics: ApiMetrics) -> Iterator[Finding | Incomplete]:
    behind_address = _servers_behind_the_address(context)
    known = metrics.servers_known or behind_address
    if metrics.servers_known is None and provider_of(context):
        if context.audit is None and not deprecated_apis(context):
            yield check.finding(
                Severity.INFO,
                f"Metrics came from {counted(metrics.servers_heard, 'API server')}; the provider's address"
                " may hide others, and what only those were asked for is not seen here.",
                title="Not every API server can be heard",
                fix="Look into the audit log, which covers all: `seatrial check --audit-log FILE`.",
                source="metric apiserver_requested_deprecated_apis, which each API server counts for itself",
            )
    elif metrics.servers_heard < known:
        why = f"{metrics.servers_heard} of {known} answered; each counts only the requests that it served."
        yield check.incomplete(
            "metrics of the API servers",
            " ".join((why, *(f"{each}." for each in metrics.unheard[:_MOST_NAMED]))),
            next_step="Run this where each API server can be reached, or look for k8s.io/deprecated in the"
            " audit log.",
        )


def _servers_behind_the_address(context: Context) -> int:
    """As many as the Service `kubernetes` leads to; a provider's load balancer may still hide more."""
    return max(
        1,
        sum(
            len(endpoint.addresses)
            for listed in context.read(EndpointSlice)
            if (listed.namespace, listed.service) == ("default", "kubernetes")
            for endpoint in listed.endpoints
        ),
    )


def _planned(
    check: Check, context: Context, request: DeprecatedRequest, entry: ApiLifecycle | None, removed: Minor
) -> Finding:
    return check.finding(
        Severity.INFO,
        f"{_asked(context, request)}: it is planned to go in {removed}.",
        title="Somebody asks for a deprecated API",
        objects=[_ref(request, entry)],
        evidence=Evidence.CLIENT_CALLS,
        fix=f"{_find(context)} Then upgrade it.{_instead(entry)}",
        source=_source(context, entry),
    )


def _gone(
    check: Check, context: Context, request: DeprecatedRequest, entry: ApiLifecycle | None, removed: Minor
) -> Finding:
    asked = f"{_asked(context, request)}, gone in {removed}"
    found = list(witnesses(context, request.gvr, entry))
    if found:
        said = "; ".join(clause for clause, _ in found[:_MOST_NAMED])
        more = f"; and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
        owners = {owner for _, owner in found}
        return check.finding(
            Severity.BLOCKER,
            f"{asked}, and it is still used: {said}{more}.",
            objects=[_ref(request, entry)],
            evidence=Evidence.CLIENT_CALLS,
            owner=owners.pop() if len(owners) == 1 else None,
            fix=f"Upgrade what is named.{_instead(entry)}",
            source=_source(context, entry),
        )
    if only_bystanders(context, request.gvr):
        return check.finding(
            Severity.INFO,
            f"{asked}. The audit log shows only callers that follow what the server offers, such as the"
            " garbage collector.",
            title="Only callers that follow what the server offers ask for it",
            objects=[_ref(request, entry)],
            evidence=Evidence.CLIENT_CALLS,
            fix="None needed.",
            source=_source(context, entry),
        )
    return check.finding(
        Severity.WARNING,
        f"{asked}. The metric names no client, and the garbage collector sets it too;"
        f" {_what_was_looked_at(context)}.{_hint(context, entry)}",
        objects=[_ref(request, entry)],
        evidence=Evidence.CLIENT_CALLS,
        fix=f"{_find(context)} Then upgrade it.{_instead(entry)}",
        source=_source(context, entry),
    )


def _find(context: Context) -> str:
    """EKS names clients itself; GKE's insights name none, and AKS has none."""
    or_ask = ", or `--provider-data FILE` with EKS's own insights" if provider_of(context) == "eks" else ""
    return f"Find the client: `seatrial check --audit-log FILE`{or_ask}."


def _asked(context: Context, request: DeprecatedRequest) -> str:
    heard = context.snapshot.metrics.servers_heard if context.snapshot.metrics else 0
    who = "the API server that was heard" if heard == 1 else f"one of the {heard} API servers that were heard"
    return f"Somebody has asked {who}, since it started, for {_name(request)}"


def _what_was_looked_at(context: Context) -> str:
    if context.audit is None:
        return "nothing else that was read names one"
    first, last = context.audit.first[:10] or "?", context.audit.last[:10] or "?"
    return f"the audit log given ({first} to {last}) does not settle who"


def _hint(context: Context, entry: ApiLifecycle | None) -> str:
    writers = remembered_writers(context, entry)
    return f" Written in that version once by {', '.join(writers[:_MOST_NAMED])}." if writers else ""


def _instead(entry: ApiLifecycle | None) -> str:
    return f" It must ask for {entry.replacement}." if entry and entry.replacement else ""


def _name(request: DeprecatedRequest) -> str:
    name = f"{request.gvr.api_version} {request.resource}"
    return f"{name}/{request.subresource}" if request.subresource else name


def _ref(request: DeprecatedRequest, entry: ApiLifecycle | None) -> ObjectRef:
    return ObjectRef(request.gvr.api_version, entry.gvk.kind if entry else request.resource, "", "")


def _source(context: Context, entry: ApiLifecycle | None) -> str:
    return f"metric apiserver_requested_deprecated_apis; {source_of(context, entry)}"
