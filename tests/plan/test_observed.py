"""What planning finds in a snapshot."""

from __future__ import annotations

from typing import Any

from tests.builders import a_snapshot

from seatrial.checks.one_more_replica import one_more_replica
from seatrial.cluster.findings import Finding, Severity
from seatrial.cluster.models import PodDisruptionBudget
from seatrial.cluster.objects import GroupKind, Obj
from seatrial.cluster.snapshot import Snapshot
from seatrial.plan.inputs import AutoscalerInput, SelfMadeNodes
from seatrial.plan.observed import autoscalers_in, budgets_in, fixes_for, self_made_nodes
from seatrial.plan.owners import ChartOwner, chart_owner


def deployment(name: str, namespace: str, image: str, replicas: int = 1, **meta: Any) -> Obj:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, **meta},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "main", "image": image}]},
            },
        },
    }


def budget(name: str, namespace: str, covered: int = 1, **spec: Any) -> Obj:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": {"app": name}}, **spec},
        "status": {"expectedPods": covered},
    }


def blocked(snapshot: Snapshot, name: str, namespace: str) -> Finding:
    (found,) = [each for each in snapshot.read(PodDisruptionBudget) if each.name == name]
    return Finding(
        check="budget-never-allows",
        severity=Severity.BLOCKER,
        title="t",
        message=f"{namespace}/{name} never lets go",
        objects=(found.ref,),
        proposals=one_more_replica(snapshot, found),
    )


def test_autoscalers_are_known_by_their_image() -> None:
    snapshot = a_snapshot(
        deployment("ca", "kube-system", "images.example.com/autoscaling/cluster-autoscaler:v1.33.0", 2),
        deployment("karpenter", "karpenter", "images.example.com/karpenter/controller:1.8.1@sha256:aa"),
        deployment("web", "shop", "images.example.com/shop/web:1"),
    )
    assert autoscalers_in(snapshot) == (
        AutoscalerInput("apps/v1", "Deployment", "kube-system", "ca", 2),
        AutoscalerInput("apps/v1", "Deployment", "karpenter", "karpenter", 1, makes_nodes=True),
    )


def test_an_autoscaler_under_a_git_sync_names_who_would_start_it_again() -> None:
    tracked = {"argocd.argoproj.io/tracking-id": "infra:apps/Deployment:kube-system/ca"}
    snapshot = a_snapshot(deployment("ca", "kube-system", "x/cluster-autoscaler", annotations=tracked))
    assert autoscalers_in(snapshot)[0].reverted_by == "Argo CD application infra"


def test_budgets_that_cover_pods_are_a_fact_and_those_of_planned_charts_are_not() -> None:
    ours = budget("ingress", "infra", minAvailable=1)
    ours["metadata"]["annotations"] = {
        "meta.helm.sh/release-name": "ingress",
        "meta.helm.sh/release-namespace": "infra",
    }
    snapshot = a_snapshot(
        budget("web", "shop", minAvailable=1), budget("idle", "shop", covered=0, maxUnavailable=1), ours
    )
    assert budgets_in(snapshot, {("infra", "ingress")}) == (
        'shop/idle maxUnavailable 1 over {"matchLabels":{"app":"idle"}} (no pods); '
        'shop/web minAvailable 1 over {"matchLabels":{"app":"web"}}'
    )


def test_one_more_replica_lets_a_budget_with_a_whole_minimum_go() -> None:
    snapshot = a_snapshot(deployment("web", "shop", "web"), budget("web", "shop", minAvailable=1))
    (fix,) = fixes_for(snapshot, [blocked(snapshot, "web", "shop")])
    assert (fix.id, fix.patch, fix.replicas) == ("scale-shop-web", '{"spec":{"replicas":2}}', 1)
    assert fix.settles == ("shop/web never lets go",)
    assert fix.undo_command == "kubectl scale deployment/web --namespace shop --replicas=1"
    assert fix.reverted_by == ""


def test_no_number_of_replicas_helps_where_nothing_may_be_unavailable() -> None:
    snapshot = a_snapshot(deployment("web", "shop", "web"), budget("web", "shop", maxUnavailable=0))
    assert fixes_for(snapshot, [blocked(snapshot, "web", "shop")]) == ()


def test_a_workload_that_an_autoscaler_of_pods_scales_names_it() -> None:
    scaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}},
    }
    snapshot = a_snapshot(deployment("web", "shop", "web"), budget("web", "shop", minAvailable=1), scaler)
    assert (
        fixes_for(snapshot, [blocked(snapshot, "web", "shop")])[0].reverted_by
        == "HorizontalPodAutoscaler web"
    )


class Counting(Snapshot):
    """A snapshot that remembers which kinds were decoded."""

    def objects(self, kind: GroupKind) -> list[Obj]:
        self.__dict__.setdefault("decoded", []).append(kind.kind)
        return super().objects(kind)


def test_each_kind_is_decoded_once_however_many_fixes_are_proposed() -> None:
    names = ("a", "b", "c")
    plain = a_snapshot(
        *(deployment(name, "shop", "web") for name in names),
        *(budget(name, "shop", minAvailable=1) for name in names),
        deployment("ca", "kube-system", "x/cluster-autoscaler"),
        deployment("karpenter", "kube-system", "x/karpenter"),
    )
    counting = Counting(plain.meta, plain.resources)
    found = [blocked(plain, name, "shop") for name in names]
    assert [each.target.name for each in fixes_for(counting, found)] == list(names)
    assert counting.__dict__["decoded"] == ["Deployment", "HorizontalPodAutoscaler"]
    counting.__dict__["decoded"].clear()
    assert len(autoscalers_in(counting)) == 2
    assert counting.__dict__["decoded"] == ["HorizontalPodAutoscaler"]


def node(name: str, kubelet: str, **labels: str) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "status": {"nodeInfo": {"kubeletVersion": kubelet}},
    }


def test_nodes_of_karpenter_and_auto_modes_are_found_by_their_pool_with_the_oldest_kubelet() -> None:
    pool = "karpenter.sh/nodepool"
    auto = {pool: "system", "eks.amazonaws.com/compute-type": "auto"}
    snapshot = a_snapshot(
        node("a", "v1.33.4", **{pool: "spot"}),
        node("b", "v1.33.1", **{pool: "spot"}),
        node("c", "v1.33.4", **auto),
        node("d", "v1.32.1"),
    )
    assert self_made_nodes(snapshot) == (
        SelfMadeNodes(pool, "spot", "Karpenter", "v1.33.1"),
        SelfMadeNodes(pool, "system", "EKS Auto Mode", "v1.33.4"),
    )


def helm_release(name: str, **spec: Any) -> Obj:
    return {
        "apiVersion": "helm.toolkit.fluxcd.io/v2",
        "kind": "HelmRelease",
        "metadata": {"name": name, "namespace": "flux"},
        "spec": spec,
    }


def test_a_helm_release_of_flux_owns_the_release_that_its_defaults_name() -> None:
    snapshot = a_snapshot(
        helm_release("plain"),
        helm_release("there", targetNamespace="web"),
        helm_release("named", targetNamespace="web", releaseName="edge"),
    )
    owned = {
        key: chart_owner(snapshot, *key) for key in [("flux", "plain"), ("web", "web-there"), ("web", "edge")]
    }
    assert owned == {
        ("flux", "plain"): ChartOwner("flux/HelmRelease flux/plain"),
        ("web", "web-there"): ChartOwner("flux/HelmRelease flux/there"),
        ("web", "edge"): ChartOwner("flux/HelmRelease flux/named"),
    }
    assert chart_owner(snapshot, "web", "named") is None


def test_labels_of_a_kustomization_on_its_workloads_tell_the_owner_and_the_version() -> None:
    labels = {
        "kustomize.toolkit.fluxcd.io/name": "infra",
        "kustomize.toolkit.fluxcd.io/namespace": "flux",
        "app.kubernetes.io/instance": "edge",
        "helm.sh/chart": "edge-proxy-1.4.0",
    }
    snapshot = a_snapshot(deployment("edge", "web", "x/edge:1", labels=labels))
    assert chart_owner(snapshot, "web", "edge") == ChartOwner("flux/Kustomization flux/infra", "1.4.0")
