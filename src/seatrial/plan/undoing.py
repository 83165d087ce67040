"""How each step is taken back without Seatrial: the very commands, and whether there are any.

Sources: the providers' command-line references. EKS takes a control plane back within seven days
(user guide, "Roll back a cluster to a previous Kubernetes version"), once its node groups are
back; the others do not. A node group of the older version can be made anywhere, for kubelets may be
older than the API server.
"""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.cluster.version import Version
from seatrial.plan.steps import Undo


@dataclass(frozen=True, slots=True)
class HowToUndo:
    undo: Undo
    commands: tuple[str, ...] = ()


def undo_control_plane(provider: str, cluster: str, region: str, back_to: Version) -> HowToUndo:
    if provider == "eks":
        where = f" --region {region}" if region else ""
        return HowToUndo(
            Undo.COMPENSABLE,
            (
                "# within 7 days, and after the node groups are back:",
                f"aws eks update-cluster-version --name {cluster}{where} --kubernetes-version {back_to.line}",
            ),
        )
    return HowToUndo(Undo.FINAL)


def undo_node_group(
    provider: str, cluster: str, region: str, group: str, back_to: Version, image: str
) -> HowToUndo:
    """A group of the old version beside the new one; then the new one is drained."""
    drain = f"kubectl drain -l {_LABELS.get(provider, 'node-group')}={group} --ignore-daemonsets"
    match provider:
        case "eks":
            where = f" --region {region}" if region else ""
            make = (
                f"aws eks create-nodegroup --cluster-name {cluster}{where} --nodegroup-name {group}-back"
                f" --kubernetes-version {back_to.line} --node-role ROLE --subnets SUBNETS"
            )
        case "gke":
            where = f" --location={region}" if region else ""
            make = (
                f"gcloud container node-pools create {group}-back --cluster={cluster}{where}"
                f" --node-version={back_to}"
            )
        case "aks":
            make = (
                f"az aks nodepool add --cluster-name {cluster} --resource-group GROUP --name {group}back"
                f" --kubernetes-version {back_to}"
            )
        case "kapsule":
            make = f"scw k8s pool create cluster-id={cluster} name={group}-back version={back_to}"
        case _:
            return HowToUndo(Undo.FINAL)
    return HowToUndo(Undo.COMPENSABLE, (make, drain))


def undo_chart(release: str, namespace: str, installed: str) -> HowToUndo:
    command = "rollback" if installed else "uninstall"
    return HowToUndo(Undo.REVERSIBLE, (f"helm {command} {release} --namespace {namespace}",))


def undo_crds(chart_version: str) -> HowToUndo:
    if not chart_version:
        return HowToUndo(Undo.COMPENSABLE, ("# kubectl delete crd NAME also deletes every object of it",))
    return HowToUndo(
        Undo.COMPENSABLE,
        (
            f"# from the chart at {chart_version}:",
            "kubectl apply --server-side --force-conflicts -f CHART/crds",
        ),
    )


def undo_hold(kind: str, namespace: str, name: str, replicas: int) -> HowToUndo:
    return HowToUndo(
        Undo.REVERSIBLE,
        (f"kubectl scale {kind.lower()}/{name} --namespace {namespace} --replicas={replicas}",),
    )


_LABELS = {
    "eks": "eks.amazonaws.com/nodegroup",
    "gke": "cloud.google.com/gke-nodepool",
    "aks": "kubernetes.azure.com/agentpool",
    "kapsule": "k8s.scaleway.com/pool-name",
}
