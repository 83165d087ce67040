"""Nodes on an image that the provider no longer builds.

**What.** Nodes whose system, by osImage, has no image for the target at this provider, or none at all any
more, by Seatrial's facts.

**Why.** The node group cannot be upgraded to the target as it is; where the images are gone, it cannot even
add a node, so that a surge fails.

**How to fix.** Move the node group to the successor: Amazon Linux 2023 or Bottlerocket on EKS, the present
Ubuntu or Azure Linux 3 on AKS, Windows Server 2025 for Windows Server 2022. Often that takes a new node
group beside the old one.

**Source.** Seatrial's facts (node-images.tsv) with the providers' announcements.
"""

from __future__ import annotations

from seatrial.catalog.node_images import NodeImage, node_images
from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.provider_of import provider_of
from seatrial.checks.wording import counted, named
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Node
from seatrial.cluster.node_groups import membership
from seatrial.cluster.version import Minor
from seatrial.errors import BadInput


@check(
    id="node-image-ended",
    title="The provider no longer builds the nodes' image",
    reads=(Node, Section.PROVIDER),
    uses_facts=True,
)
def node_image_ended(check: Check, context: Context) -> Found:
    provider = provider_of(context)
    known = [each for each in node_images() if each.provider and each.provider == provider]
    found: dict[tuple[NodeImage, bool], list[Node]] = {}
    for node in context.read(Node) if known else ():
        image = next((each for each in known if each.matches(node.status.node_info.os_image)), None)
        if image is not None:
            found.setdefault((image, _must_be_the_providers(node, image)), []).append(node)
    for (image, certain), nodes in found.items():
        absent = image.no_image_from is not None and context.target >= image.no_image_from
        over = image.ended is not None and context.now.date() >= image.ended
        if not absent and not over and image.ended is None:
            continue
        groups = sorted({membership(node.labels).group for node in nodes} - {""})
        where = f" (node group {named(groups)})" if groups else ""
        yield check.finding(
            Severity.BLOCKER
            if absent and certain and provider == "eks"
            else Severity.WARNING
            if absent or over
            else Severity.INFO,
            f"{counted(len(nodes), 'node')} with {nodes[0].status.node_info.os_image}{where}: {image.what}.",
            objects=[node.ref for node in nodes],
            fix="Move the node group to the provider's successor of this image before the upgrade.",
            source=image.source,
        )


def _must_be_the_providers(node: Node, image: NodeImage) -> bool:
    """A managed group of the provider whose nodes are not yet where only an image of one's own can be."""
    if image.no_image_from is None or membership(node.labels).manager != image.provider:
        return False
    try:
        return Minor.parse(node.status.node_info.kubelet_version) < image.no_image_from
    except BadInput:
        return False
