"""Who calls a deprecated API: real clients, which the upgrade breaks, and bystanders, which it does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from seatrial.catalog import Bystander, bystanders
from seatrial.checks.check import Context
from seatrial.cluster.audit import DeprecatedCall
from seatrial.cluster.objects import GroupVersionResource
from seatrial.cluster.ownership import Owner, OwnerKind
from seatrial.cluster.provider_state import Insight, InsightClient

STALE_AFTER = timedelta(days=30)
"""A client that has not called for so long is taken for mended: EKS and GKE forget it then."""
QUIET_AFTER = timedelta(days=7)
"""A client that has not called for so long is a rare job, or was just mended."""

_LONGEST = 120  # characters of a name; a client calls itself what it likes


def bystander(user: str, user_agent: str, verbs: Iterable[str]) -> Bystander | None:
    """Which harmless caller this is, if it is one."""
    return next((each for each in bystanders() if each.matches(user, user_agent, verbs)), None)


def maybe_bystander(user_agent: str) -> Bystander | None:
    """The same where nobody says which verbs were used, nor by whom: it may be harmless."""
    return bystander("", user_agent, ())


def real_calls(context: Context, gvr: GroupVersionResource) -> Iterator[DeprecatedCall]:
    """The calls of this version in the audit log that no bystander made."""
    for call in context.audit.calls if context.audit else ():
        if call.gvr == gvr and bystander(call.user, call.user_agent, call.verbs) is None:
            yield call


def deprecated_apis(context: Context) -> tuple[Insight, ...]:
    """What the provider found out about deprecated APIs."""
    provider = context.snapshot.provider
    return tuple(each for each in (provider and provider.insights) or () if each.kind == "deprecated-api")


def fresh_clients(context: Context, insight: Insight) -> tuple[InsightClient, ...]:
    """The provider's clients that surely are no bystanders and still call."""
    return tuple(
        each
        for each in insight.clients
        if maybe_bystander(each.user_agent) is None
        if (age := age_of(each.last_request, context.now)) is None or age <= QUIET_AFTER
    )


def age_of(timestamp: str, now: datetime) -> timedelta | None:
    """None where there is no timestamp that can be read."""
    try:
        then = datetime.fromisoformat(timestamp)
    except ValueError:
        return None
    return now - (then if then.tzinfo else then.replace(tzinfo=UTC))


def as_owner(user: str, user_agent: str) -> Owner:
    names = [printable(each) for each in (user, user_agent) if each]
    return Owner(OwnerKind.CLIENT, " as ".join(names) or "without a name")


def printable(text: str) -> str:
    """What a client says of itself, fit for a terminal and a line."""
    clean = "".join(letter if letter.isprintable() else "?" for letter in text)
    return clean if len(clean) <= _LONGEST else f"{clean[:_LONGEST]}…"
