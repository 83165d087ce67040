"""Too few free addresses for what an upgrade adds.

**What.** By the provider's state, where it holds subnets or pod ranges: subnets of the control plane with
fewer than five free addresses (EKS), subnets of a node group with fewer free addresses than its surge adds
nodes, pod ranges without a free block for each added node.

**Why.** EKS takes up to five addresses for new API servers and fails without. A node without an address, or
without a block for its pods, does not join, and an upgrade that adds a node first waits for it until it
times out.

**How to fix.** Free addresses (delete what is left over), add a subnet or a secondary range, or lower the
surge.

**Source.** docs.aws.amazon.com/eks/latest/userguide/update-cluster.html (five addresses, read 2026-11-22);
cloud.google.com/kubernetes-engine/docs/concepts/alias-ips (a block for each node).
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.placement.surge import Surge, surges
from seatrial.checks.wording import counted, named
from seatrial.cluster.findings import Finding, Severity
from seatrial.cluster.models import Node
from seatrial.cluster.node_groups import membership
from seatrial.cluster.provider_state import PodRange, ProviderState

_EKS_CONTROL_PLANE = 5


@check(
    id="addresses-exhausted",
    title="Too few free addresses for the upgrade",
    reads=(Section.PROVIDER, Node),
)
def addresses_exhausted(check: Check, context: Context) -> Found:
    provider = context.snapshot.provider
    if provider is None:
        return
    yield from _control_plane(check, provider)
    for surge in surges(context):
        yield from _subnets(check, provider, surge)
        yield from _pod_ranges(check, context, provider, surge)


def _control_plane(check: Check, provider: ProviderState) -> Iterator[Finding]:
    subnets = [subnet for subnet in provider.subnets if subnet.for_control_plane]
    free = sum(subnet.free_addresses for subnet in subnets)
    if provider.kind == "eks" and subnets and free < _EKS_CONTROL_PLANE:
        yield check.finding(
            Severity.BLOCKER if free == 0 else Severity.WARNING,
            f"The control plane's subnets ({named(each.name for each in subnets)}) have {free} free"
            f" addresses; EKS takes up to {_EKS_CONTROL_PLANE} for its upgrade.",
            title="The control plane lacks addresses",
            fix="Free addresses in these subnets, or give the cluster another one.",
            source="EKS user guide, Update existing cluster to new Kubernetes version",
        )


def _subnets(check: Check, provider: ProviderState, surge: Surge) -> Iterator[Finding]:
    subnets = [subnet for subnet in provider.subnets if subnet.name in surge.group.subnets]
    free = sum(subnet.free_addresses for subnet in subnets)
    if subnets and free < surge.added:
        yield check.finding(
            _severity(surge, free),
            f"Node group {surge.group.name} adds {counted(surge.added, 'node')} at a time; its subnets"
            f" ({named(each.name for each in subnets)}) have {free} free addresses.",
            title="A node group lacks addresses",
            fix="Free addresses, add a subnet, or lower the surge.",
            source="the provider's state of the subnets",
        )


def _pod_ranges(check: Check, context: Context, provider: ProviderState, surge: Surge) -> Iterator[Finding]:
    serving = [each for each in provider.pod_ranges if _serves(each, surge.group.name)]
    if not serving:
        return
    blocks = sum(_blocks(each) for each in serving)
    served = [
        node
        for node in context.read(Node)
        if any(_serves(each, membership(node.labels).group) for each in serving)
    ]
    free = max(0, blocks - len(served))
    if free < surge.added:
        yield check.finding(
            _severity(surge, free),
            f"Node group {surge.group.name} adds {counted(surge.added, 'node')} at a time; of the"
            f" {blocks} blocks of pod addresses in {named(each.cidr for each in serving)}"
            f" {counted(len(served), 'node')} already {'has' if len(served) == 1 else 'have'} one, which"
            f" leaves {free}.",
            title="A pod range is used up",
            fix="Add a secondary range for pods, or lower the surge.",
            source="the provider's pod ranges against the nodes",
        )


def _severity(surge: Surge, free: int) -> Severity:
    """Without a single one nothing can be added; some only make it slower."""
    return Severity.BLOCKER if free == 0 and surge.must_come_first else Severity.WARNING


def _serves(pods: PodRange, group: str) -> bool:
    return not pods.node_groups or group in pods.node_groups


def _blocks(pods: PodRange) -> int:
    try:
        prefix = ip_network(pods.cidr, strict=False).prefixlen
    except ValueError:
        return 0
    return 2 ** max(0, pods.block_prefix - prefix) if pods.block_prefix >= prefix else 0
