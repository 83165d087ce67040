"""Too little quota for the nodes that an upgrade adds.

**What.** By the provider's state, where it holds quotas: what is left of each (cores, instances, addresses,
disk) against what the surge of the node group that takes the most would draw. Node groups are upgraded one
after the other, so the largest counts, not the sum.

**Why.** A node that the quota refuses does not come, and an upgrade that adds one first stands still.

**How to fix.** Ask for more before the upgrade: that may take days, and the account may be the customer's.
Or lower the surge, or let the group drain before it replaces.

**Source.** The provider's quotas as the snapshot holds them; capacity of the nodes (status.capacity).
"""

from __future__ import annotations

from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.placement.surge import Surge, surges
from seatrial.checks.wording import counted, named
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Node
from seatrial.cluster.provider_state import Quota


@check(
    id="quota-exhausted",
    title="Too little quota for the nodes that an upgrade adds",
    reads=(Section.PROVIDER, Node),
)
def quota_exhausted(check: Check, context: Context) -> Found:
    provider = context.snapshot.provider
    for quota in provider.quotas if provider is not None else ():
        short = [(needed, surge) for surge, needed in _drawing(context, quota) if needed > quota.left]
        if not short:
            continue
        needed, most = max(short, key=lambda each: (each[0], each[1].group.name))
        one = needed / most.added
        stuck = any(surge.must_come_first and needed / surge.added > quota.left for needed, surge in short)
        yield check.finding(
            Severity.BLOCKER if stuck else Severity.WARNING,
            f"{quota.name}: {quota.left:g} of {quota.limit:g} left. Node group {most.group.name} adds"
            f" {counted(most.added, 'node')} at a time and takes {needed:g} ({one:g} a node); short for"
            f" {named(surge.group.name for _, surge in short)}.",
            fix="Ask for more quota before the upgrade, or lower the surge.",
            source="the provider's quotas against status.capacity",
        )


def _drawing(context: Context, quota: Quota) -> list[tuple[Surge, float]]:
    found = []
    for surge in surges(context):
        needed = surge.takes(quota.counts)
        if needed is not None and (not quota.node_groups or surge.group.name in quota.node_groups):
            found.append((surge, needed))
    return found
