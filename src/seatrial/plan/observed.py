"""What planning needs from a snapshot: autoscalers to hold, budgets to watch, fixes that could be made."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from seatrial.cluster.findings import Finding
from seatrial.cluster.models import Deployment, Node, PodDisruptionBudget
from seatrial.cluster.proposal import Proposal
from seatrial.cluster.snapshot import Snapshot
from seatrial.cluster.version import Version
from seatrial.fixes.live import LiveObjects
from seatrial.fixes.reverting import changes_replicas, reverted_by, reverter
from seatrial.plan.facts import budgets_value
from seatrial.plan.inputs import AutoscalerInput, ProposedFix, SelfMadeNodes

_AUTOSCALERS = {"cluster-autoscaler", "karpenter"}
_NODE_POOL = "karpenter.sh/nodepool"
_HELD = {"spec": {"replicas": 0}}


def budgets_in(snapshot: Snapshot, releases: Collection[tuple[str, str]]) -> str:
    """The budgets as a fact; `releases` (namespace, name) are those that the plan itself changes."""
    return budgets_value(snapshot.objects(PodDisruptionBudget.group_kind()), releases)


def autoscalers_in(snapshot: Snapshot) -> tuple[AutoscalerInput, ...]:
    """Deployments that scale nodes, known by the name of their image."""
    live = LiveObjects(snapshot)
    return tuple(
        AutoscalerInput(
            api_version="apps/v1",
            kind="Deployment",
            namespace=each.namespace,
            name=each.name,
            replicas=each.spec.replicas,
            reverted_by=reverter(each.metadata, each.API.kind, _HELD, live.autoscalers),
            makes_nodes="karpenter" in _images(each),
        )
        for each in snapshot.read(Deployment)
        if _images(each) & _AUTOSCALERS
    )


def self_made_nodes(snapshot: Snapshot) -> tuple[SelfMadeNodes, ...]:
    """By Karpenter's node pool: auto modes are Karpenter too, run by the provider."""
    oldest: dict[str, SelfMadeNodes] = {}
    for node in snapshot.read(Node):
        labels = node.metadata.labels
        pool, kubelet = labels.get(_NODE_POOL, ""), node.status.node_info.kubelet_version
        if not pool or not kubelet:
            continue
        auto = labels.get("eks.amazonaws.com/compute-type") == "auto"
        found = SelfMadeNodes(_NODE_POOL, pool, "EKS Auto Mode" if auto else "Karpenter", kubelet)
        known = oldest.get(pool)
        if known is None or Version.parse(kubelet) < Version.parse(known.version):
            oldest[pool] = found
    return tuple(oldest[pool] for pool in sorted(oldest))


def fixes_for(snapshot: Snapshot, findings: Iterable[Finding]) -> tuple[ProposedFix, ...]:
    """Temporary changes of replicas that would settle a finding; a person permits them, or does not."""
    live = LiveObjects(snapshot)
    fixes: dict[str, ProposedFix] = {}
    for finding in findings:
        for proposal in finding.proposals:
            if proposal.safe and proposal.temporary and changes_replicas(proposal.patch):
                fix = _scaling(live, finding, proposal)
                fixes.setdefault(fix.id, fix)
    return tuple(fixes.values())


def _scaling(live: LiveObjects, finding: Finding, proposal: Proposal) -> ProposedFix:
    target, before = proposal.target, int(proposal.expects["spec"]["replicas"])
    found = live.find(target)
    return ProposedFix(
        id=f"scale-{target.namespace}-{target.name}",
        check=finding.check,
        title=proposal.title[:1].lower() + proposal.title[1:],
        target=target,
        resource=proposal.resource,
        patch=msgspec.json.encode(proposal.patch, order="sorted").decode(),
        replicas=before,
        undo_command=f"kubectl scale {target.kind.lower()}/{target.name} --namespace {target.namespace}"
        f" --replicas={before}",
        settles=(finding.message,),
        reverted_by=reverted_by(found, proposal.patch, live.autoscalers) if found is not None else "",
    )


def _images(workload: Deployment) -> set[str]:
    return {_image_name(container.image) for container in workload.spec.template.spec.containers}


def _image_name(image: str) -> str:
    """ "karpenter" of "images.example.com/karpenter/controller:1.2@sha256:…"."""
    name = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    parents = image.partition("@")[0].split("/")[:-1]
    return "karpenter" if name == "controller" and "karpenter" in parents else name
