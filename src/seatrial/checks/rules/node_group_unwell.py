"""Node groups that an upgrade should not begin with.

**What.** By the provider's state: node groups that are degraded or busy, whose launch template is not the
newest, or whose image their owner builds. By the nodes: groups in which kubelets of two minors run.

**Why.** A degraded group may be unable to add nodes: the upgrade stops in the middle of it. A group that is
half-way through one upgrade takes no other. A template that drifted brings settings that nobody tried. An
image of one's own must be built for the target first: the provider offers none.

**How to fix.** Clear what the provider complains about; finish or take back the upgrade under way; set the
group to the template's newest version on purpose; build the image for the target.

**Source.** EKS API, Nodegroup.health; GKE API, NodePool.status; AKS API, AgentPool.provisioningState.
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.wording import counted, named
from seatrial.cluster.findings import Finding, Severity
from seatrial.cluster.models import Node
from seatrial.cluster.node_groups import membership
from seatrial.cluster.provider_state import NodeGroup
from seatrial.cluster.version import Minor
from seatrial.errors import BadInput


@check(
    id="node-group-unwell",
    title="A node group is not ready to be upgraded",
    reads=(Node, Section.PROVIDER),
)
def node_group_unwell(check: Check, context: Context) -> Found:
    provider = context.snapshot.provider
    for group in provider.node_groups if provider is not None else ():
        yield from _as_the_provider_says(check, context, group)
    yield from _of_two_minors(check, context)


def _as_the_provider_says(check: Check, context: Context, group: NodeGroup) -> Iterator[Finding]:
    complaints = "; ".join(group.health)
    if group.status == "degraded":
        yield check.finding(
            Severity.WARNING,  # an upgrade that failed leaves it so, and trying again may mend it
            f"Node group {group.name} is degraded{f': {complaints}' if complaints else ''}.",
            title="A node group is degraded",
            fix="Clear what the provider complains about before the upgrade.",
            source="the provider's state of the node group",
        )
    elif complaints:
        yield check.finding(
            Severity.WARNING,
            f"The provider complains about node group {group.name}: {complaints}.",
            fix="Clear it before the upgrade.",
            source="the provider's state of the node group",
        )
    if group.status == "updating":
        yield check.finding(
            Severity.WARNING,
            f"Node group {group.name} is being updated.",
            title="A node group is busy",
            fix="Wait until it is done.",
            source="the provider's state of the node group",
        )
    if group.template_version and group.newest_template_version not in ("", group.template_version):
        yield check.finding(
            Severity.WARNING,
            f"Node group {group.name} uses version {group.template_version} of its launch template; the"
            f" newest is {group.newest_template_version}.",
            title="A launch template drifted",
            fix="Move to the newest version on purpose, before the upgrade, or note why not.",
            source="the provider's state of the node group",
        )
    if group.own_image and _minor(group.version) not in (None, context.target):
        yield check.finding(
            Severity.WARNING,
            f"Node group {group.name} runs an image of your own"
            f"{f' ({group.image})' if group.image else ''}: the provider has none for {context.target} to"
            " replace it by.",
            title="An image of one's own must be built",
            fix=f"Build and try the image for {context.target} before the upgrade.",
            source="the provider's state of the node group",
        )


def _of_two_minors(check: Check, context: Context) -> Iterator[Finding]:
    groups: dict[str, dict[Minor, list[Node]]] = {}
    for node in context.read(Node):
        manager, name = membership(node.labels)
        minor = _minor(node.status.node_info.kubelet_version)
        if name and manager != "karpenter" and minor is not None:  # Karpenter's nodes come and go one by one
            groups.setdefault(name, {}).setdefault(minor, []).append(node)
    for name, minors in sorted(groups.items()):
        if len(minors) > 1:
            counts = [f"{counted(len(nodes), 'node')} at {minor}" for minor, nodes in sorted(minors.items())]
            behind = minors[min(minors)]
            yield check.finding(
                Severity.WARNING,
                f"Node group {name} is half-way: {named(counts)}.",
                title="A node group is half upgraded",
                objects=[node.ref for node in behind],
                fix=f"Finish its upgrade to {max(minors)} first.",
                source="status.nodeInfo.kubeletVersion",
            )


def _minor(version: str) -> Minor | None:
    try:
        return Minor.parse(version)
    except BadInput:
        return None
