"""What planning needs from a snapshot: autoscalers to hold, budgets to watch, fixes that could be made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import msgspec

from seatrial.cluster.findings import Finding
from seatrial.cluster.models import Deployment, Node, PodDisruptionBudget, StatefulSet
from seatrial.cluster.objects import GroupKind, ObjectRef
from seatrial.cluster.ownership import owner_of
from seatrial.cluster.snapshot import Snapshot
from seatrial.cluster.version import Version
from seatrial.plan.facts import budgets_value
from seatrial.plan.inputs import AutoscalerInput, ProposedFix, SelfMadeNodes

_AUTOSCALERS = {"cluster-autoscaler", "karpenter"}
_NODE_POOL = "karpenter.sh/nodepool"
_HPA = GroupKind("autoscaling", "HorizontalPodAutoscaler")
_SCALABLE_FIXES = ("budget-blocks-now", "budget-never-allows")
_MOST_EXTRA = 50  # replicas; a workload this large has its budget for another reason


def budgets_in(snapshot: Snapshot, releases: Collection[tuple[str, str]]) -> str:
    """The budgets as a fact; `releases` (namespace, name) are those that the plan itself changes."""
    return budgets_value(snapshot.objects(PodDisruptionBudget.group_kind()), releases)


def autoscalers_in(snapshot: Snapshot) -> tuple[AutoscalerInput, ...]:
    """Deployments that scale nodes, known by the name of their image."""
    return tuple(
        AutoscalerInput(
            api_version="apps/v1",
            kind="Deployment",
            namespace=each.namespace,
            name=each.name,
            replicas=each.spec.replicas,
            reverted_by=_reverted_by(each, snapshot),
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
    """Temporary changes that would settle a finding; whether any is made is for a person to permit."""
    fixes: dict[str, ProposedFix] = {}
    for finding in findings:
        if finding.check in _SCALABLE_FIXES:
            for fix in _one_more_replica(snapshot, finding):
                fixes.setdefault(fix.id, fix)
    return tuple(fixes.values())


def _one_more_replica(snapshot: Snapshot, finding: Finding) -> Iterator[ProposedFix]:
    """A budget with a whole minAvailable lets go of one pod once there is one more than it wants."""
    named = {ref for ref in finding.objects if ref.kind == "PodDisruptionBudget"}
    for budget in snapshot.read(PodDisruptionBudget):
        if (budget.namespace, budget.name) not in {(ref.namespace, ref.name) for ref in named}:
            continue
        workloads = [each for each in _scalable(snapshot) if _covers(budget, each)]
        least = budget.spec.min_available
        if len(workloads) != 1 or not isinstance(least, int):
            continue
        workload = workloads[0]
        before = workload.spec.replicas
        after = max(before, least) + 1
        if not before or after - before > _MOST_EXTRA:
            continue
        kind = workload.API.kind
        yield ProposedFix(
            id=f"scale-{workload.namespace}-{workload.name}",
            check=finding.check,
            title=f"scale {kind.lower()} {workload.namespace}/{workload.name} from {before} to {after}"
            f" so that budget {budget.name} lets its pods move",
            target=ObjectRef("apps/v1", kind, workload.namespace, workload.name),
            resource=workload.PLURAL,
            patch=msgspec.json.encode({"spec": {"replicas": after}}).decode(),
            replicas=before,
            undo_command=f"kubectl scale {kind.lower()}/{workload.name} --namespace {workload.namespace}"
            f" --replicas={before}",
            settles=(finding.message,),
            reverted_by=_reverted_by(workload, snapshot),
        )


def _scalable(snapshot: Snapshot) -> Iterator[Deployment | StatefulSet]:
    yield from snapshot.read(Deployment)
    yield from snapshot.read(StatefulSet)


def _covers(budget: PodDisruptionBudget, workload: Deployment | StatefulSet) -> bool:
    return budget.selects(workload.namespace, workload.spec.template.metadata.labels)


def _reverted_by(workload: Deployment | StatefulSet, snapshot: Snapshot) -> str:
    """Who would set the replicas back: a Git sync, or an autoscaler of pods."""
    owner = owner_of(workload.metadata)
    if owner is not None and owner.reverts_changes:
        return str(owner)
    for scaler in snapshot.objects(_HPA):
        target = (scaler.get("spec") or {}).get("scaleTargetRef") or {}
        same = (target.get("kind"), target.get("name")) == (workload.API.kind, workload.name)
        if same and scaler["metadata"].get("namespace") == workload.namespace:
            return f"HorizontalPodAutoscaler {scaler['metadata'].get('name')}"
    return ""


def _images(workload: Deployment) -> set[str]:
    return {_image_name(container.image) for container in workload.spec.template.spec.containers}


def _image_name(image: str) -> str:
    """ "karpenter" of "images.example.com/karpenter/controller:1.2@sha256:…"."""
    name = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    parents = image.partition("@")[0].split("/")[:-1]
    return "karpenter" if name == "controller" and "karpenter" in parents else name
