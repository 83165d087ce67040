"""Somebody asks the API server for a version that the target does not serve.

**What.** The metric `apiserver_requested_deprecated_apis` of every API server: one sample for each
deprecated group, version and resource that a client has asked for since that server started.

**Why.** It is the strongest evidence there is: whoever made the request gets 404 after the upgrade. It
may be an operator that nobody remembers. Whether the version is gone is decided by Seatrial's facts; the
release in the metric is only what was planned when the server was built.

**How to fix.** Find the client and upgrade it: the audit log names it (annotation `k8s.io/deprecated`).
After the fix the sample stays until that API server restarts.

**Source.** KEP-1693; Seatrial's facts (`seatrial facts api`). The metric names no client, and other
replicas of the API server count for themselves, so all of them must be heard.
"""

from __future__ import annotations

from seatrial.catalog import ApiLifecycle
from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.removed_apis import source_of
from seatrial.cluster.findings import Evidence, Finding, Severity
from seatrial.cluster.metrics import ApiMetrics, DeprecatedRequest
from seatrial.cluster.models import EndpointSlice
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.version import Minor
from seatrial.errors import BadInput


@check(
    id="removed-api-requested",
    title="A client asks for an API that the target does not serve",
    reads=(Section.CLUSTER, Section.METRICS),
    uses_facts=True,
)
def removed_api_requested(check: Check, context: Context) -> Found:
    metrics = context.snapshot.metrics or ApiMetrics()  # the framework saw to it that they were read
    known = metrics.servers_known or _servers_behind_the_address(context)
    if metrics.servers_heard < known:
        yield check.incomplete(
            "metrics of the API servers",
            f"{metrics.servers_heard} of {known} answered; each counts only the requests that it served.",
            next_step="Read /metrics of each one, or look for k8s.io/deprecated in the audit log.",
        )
    for request in metrics.requests:
        entry = _lifecycle(context, request)
        removed = entry.removed if entry is not None else _announced(request)
        if removed is None:
            continue
        yield _finding(check, context, request, entry, removed)


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


def _finding(
    check: Check,
    context: Context,
    request: DeprecatedRequest,
    entry: ApiLifecycle | None,
    removed: Minor,
) -> Finding:
    gone = removed <= context.target
    name = f"{request.gvr.api_version} {request.resource}"
    if request.subresource:
        name += f"/{request.subresource}"
    instead = f" It must ask for {entry.replacement}." if entry and entry.replacement else ""
    when = "is gone" if gone else "is planned to go"
    return check.finding(
        Severity.BLOCKER if gone else Severity.INFO,
        f"A client has asked an API server, since that started, for {name}: it {when} in {removed}.",
        title="" if gone else "A client asks for a deprecated API",
        objects=[ObjectRef(request.gvr.api_version, entry.gvk.kind if entry else request.resource, "", "")],
        evidence=Evidence.CLIENT_CALLS,
        fix=f"Find the client in the audit log (annotation k8s.io/deprecated) and upgrade it.{instead}",
        source=f"metric apiserver_requested_deprecated_apis; {source_of(context, entry)}",
    )


def _lifecycle(context: Context, request: DeprecatedRequest) -> ApiLifecycle | None:
    for entry in context.apis.in_group(request.group):
        if (entry.gvk.version, entry.resource) == (request.version, request.resource):
            return entry
    return None


def _announced(request: DeprecatedRequest) -> Minor | None:
    try:
        return Minor.parse(request.removed_release)
    except BadInput:
        return None
