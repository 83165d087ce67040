"""The audit log names a client that calls an API which the target does not serve.

**What.** Events of the given audit logs that the API server marked `k8s.io/deprecated`, added up for each
user and user agent. A client that calls a version which is gone in the target blocks; one whose version
goes later is told, and so is one that calls a deprecated version of a custom resource. Calls that are more
than 30 days older than the end of the log only warn. Callers that follow whatever the server offers
(garbage collector, namespace controller, kube-controller-manager, Velero, a reading kubectl, Seatrial) are
gathered in one notice.

**Why.** It is the strongest evidence there is, and the only one that names the caller: that program gets
404 after the upgrade. Whether the version is gone is decided by Seatrial's facts; the release in the
event is only what was planned when the server was built.

**How to fix.** Upgrade the client that the finding names, or the configuration that tells it which version
to ask for. A service account tells the namespace; the user agent tells the program. Then check again with
a log that begins after the change.

**Source.** kubernetes.io/docs/reference/labels-annotations-taints/audit-annotations (`k8s.io/deprecated`,
`k8s.io/removed-release`); KEP-1693; Seatrial's facts (`seatrial facts api`), also of harmless callers.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from seatrial.catalog import ApiLifecycle
from seatrial.checks.callers import STALE_AFTER, age_of, as_owner, bystander, printable
from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.removed_apis import lifecycle_of, removal_of, source_of
from seatrial.cluster.audit import AuditLog, DeprecatedCall
from seatrial.cluster.findings import Evidence, Finding, Severity
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.version import Minor

_MOST_NAMED = 5


@check(
    id="removed-api-in-audit",
    title="A client calls an API that the target does not serve",
    reads=(Section.AUDIT,),
    uses_facts=True,
)
def removed_api_in_audit(check: Check, context: Context) -> Found:
    log = context.audit or AuditLog()  # the framework saw to it that one was given
    for problem in log.problems:
        yield check.incomplete("audit log", problem, next_step="Give the log as the API server wrote it.")
    harmless: list[DeprecatedCall] = []
    clients: dict[tuple[str, str, bool], list[DeprecatedCall]] = {}
    custom: dict[tuple[str, str], list[DeprecatedCall]] = {}
    for call in log.calls:
        removed = _removed(context, call)
        if removed is None:
            if not (context.apis.is_builtin(call.gvr.group) or _is_bystander(call)):
                custom.setdefault((call.user, call.user_agent), []).append(call)
            continue
        gone = removed <= context.target
        if not _is_bystander(call):
            clients.setdefault((call.user, call.user_agent, gone), []).append(call)
        elif gone:
            harmless.append(call)
    for (user, agent, gone), calls in clients.items():
        yield _finding(check, context, as_owner(user, agent).name, calls, gone=gone)
    for calls in custom.values():
        yield _custom(check, calls)
    if harmless:
        yield _notice(check, context, harmless)


def _is_bystander(call: DeprecatedCall) -> bool:
    return bystander(call.user, call.user_agent, call.verbs) is not None


def _removed(context: Context, call: DeprecatedCall) -> Minor | None:
    return removal_of(lifecycle_of(context, call.gvr), call.removed_release)


def _finding(
    check: Check, context: Context, client: str, calls: list[DeprecatedCall], *, gone: bool
) -> Finding:
    entries = [lifecycle_of(context, call.gvr) for call in calls]
    last = max(call.last for call in calls)
    stale = _is_stale(context, last)
    severity = (Severity.WARNING if stale else Severity.BLOCKER) if gone else Severity.INFO
    when = "is gone" if gone else "is planned to go"
    asked = "; ".join(sorted({f"{_name(call)} ({when} in {_removed(context, call)})" for call in calls}))
    past = " It has not called for more than 30 days before the log ends." if stale else ""
    return check.finding(
        severity,
        f"{client} called {asked}: {_how_often(calls)}, last on {_day(last)}{_where(calls)}.{past}",
        title="" if gone else "A client calls a deprecated API",
        objects=[_ref(call, entry) for call, entry in zip(calls, entries, strict=True)],
        evidence=Evidence.CLIENT_CALLS,
        owner=as_owner(calls[0].user, calls[0].user_agent),
        fix=f"Upgrade that client{_instead(entries)}.",
        source=f"audit log; {source_of(context, entries[0])}",
    )


def _custom(check: Check, calls: list[DeprecatedCall]) -> Finding:
    client = as_owner(calls[0].user, calls[0].user_agent)
    asked = ", ".join(sorted({_name(call) for call in calls}))
    return check.finding(
        Severity.INFO,
        f"{client.name} called {asked}, which the definition calls deprecated: {_how_often(calls)}, last on"
        f" {_day(max(call.last for call in calls))}{_where(calls)}.",
        title="A client calls a deprecated version of a custom resource",
        objects=[_ref(call, None) for call in calls],
        evidence=Evidence.CLIENT_CALLS,
        owner=client,
        fix="Upgrade that client before the add-on that defines the kind.",
        source="audit log; the custom resource definition",
    )


def _notice(check: Check, context: Context, calls: list[DeprecatedCall]) -> Finding:
    who = {
        found.who: found.why
        for call in calls
        if (found := bystander(call.user, call.user_agent, call.verbs)) is not None
    }
    told = "; ".join(f"{name}: {why}" for name, why in sorted(who.items()))
    return check.finding(
        Severity.INFO,
        f"{_how_often(calls)} of APIs that are gone in {context.target}, which block nothing ({told}).",
        title="Only callers that follow what the server offers",
        objects=[_ref(call, lifecycle_of(context, call.gvr)) for call in calls],
        evidence=Evidence.CLIENT_CALLS,
        fix="None needed.",
        source="audit log; Seatrial's facts about harmless callers",
    )


def _is_stale(context: Context, last: str) -> bool:
    log = context.audit or AuditLog()
    ends = [_time(log.last)] if log.last else []
    if context.now.year > 1970:  # files alone have no moment of their own
        ends.append(context.now)
    age = age_of(last, max((end for end in ends if end), default=context.now))
    return age is not None and age > STALE_AFTER


def _time(timestamp: str) -> datetime | None:
    epoch = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    age = age_of(timestamp, epoch)
    return epoch - age if age is not None else None


def _name(call: DeprecatedCall) -> str:
    name = f"{call.gvr.api_version} {call.gvr.resource}"
    return f"{name}/{call.subresource}" if call.subresource else name


def _ref(call: DeprecatedCall, entry: ApiLifecycle | None) -> ObjectRef:
    return ObjectRef(call.gvr.api_version, entry.gvk.kind if entry else call.gvr.resource, "", "")


def _how_often(calls: Iterable[DeprecatedCall]) -> str:
    count = sum(call.count for call in calls)
    verbs = sorted({verb for call in calls for verb in call.verbs})
    return f"{count} call{'' if count == 1 else 's'}" + (f" ({', '.join(verbs)})" if verbs else "")


def _where(calls: Iterable[DeprecatedCall]) -> str:
    names = sorted({printable(name) for call in calls for name in call.namespaces})
    if not names:
        return ""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f", in namespaces {', '.join(names[:_MOST_NAMED])}{more}"


def _day(timestamp: str) -> str:
    return timestamp[:10] or "a day that the log does not tell"


def _instead(entries: Iterable[ApiLifecycle | None]) -> str:
    found = sorted({str(entry.replacement) for entry in entries if entry and entry.replacement})
    return f" to a version that asks for {', '.join(found)}" if found else ""
