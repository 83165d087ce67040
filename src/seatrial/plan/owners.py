"""Which Git sync applies a chart: an Argo CD Application, or Flux's HelmRelease or Kustomization.

Found in three places, the most telling first: the sync's own object, which names the release; then the
labels that it leaves on the workloads. Field names are those of argoproj.io/v1alpha1 Application,
helm.toolkit.fluxcd.io HelmRelease and kustomize.toolkit.fluxcd.io Kustomization.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from seatrial.cluster.models import DaemonSet, Deployment, StatefulSet
from seatrial.cluster.objects import GroupKind, Obj
from seatrial.cluster.ownership import Owner, OwnerKind, owner_of
from seatrial.cluster.snapshot import Snapshot

APPLICATION = GroupKind("argoproj.io", "Application")
HELM_RELEASE = GroupKind("helm.toolkit.fluxcd.io", "HelmRelease")
KUSTOMIZATION = GroupKind("kustomize.toolkit.fluxcd.io", "Kustomization")
INSTANCE = "app.kubernetes.io/instance"
"""The label by which charts name their release."""
_CHART = "helm.sh/chart"


@dataclass(frozen=True, slots=True)
class ChartOwner:
    name: str
    """ "argo-cd/infra", "flux/HelmRelease infra/ingress"."""
    version: str = ""
    """Of the chart in place, where the owner tells; Argo CD leaves no Helm release that would."""


def chart_owner(snapshot: Snapshot, namespace: str, release: str) -> ChartOwner | None:
    """Who puts the chart back when somebody else changes it; None when nobody does."""
    application = find_application(snapshot.objects(APPLICATION), namespace, release)
    if application is not None:
        version = in_place(application, namespace, release) or _labelled_version(snapshot, namespace, release)
        return ChartOwner(f"argo-cd/{application['metadata'].get('name')}", version)
    for each in snapshot.objects(HELM_RELEASE):
        if _release_of(each) == (namespace, release):
            meta = each["metadata"]
            return ChartOwner(f"flux/HelmRelease {meta.get('namespace')}/{meta.get('name')}")
    for workload in _workloads(snapshot, namespace, release):
        owner = owner_of(workload.metadata)
        if owner is not None and owner.reverts_changes:
            return ChartOwner(_short(owner), _labelled_version(snapshot, namespace, release))
    return None


def find_application(applications: Iterable[Obj], namespace: str, release: str) -> Obj | None:
    """The Application that renders the release into the namespace."""
    for each in applications:
        spec = each.get("spec") or {}
        if (spec.get("destination") or {}).get("namespace") != namespace:
            continue
        name = (each.get("metadata") or {}).get("name")
        if any((source.get("helm") or {}).get("releaseName", name) == release for source in _sources(spec)):
            return each
    return None


def in_place(application: Obj, namespace: str, release: str) -> str:
    """The chart version that the Application last synced; empty when it does not say.

    Only a source from a chart repository does: of one in Git the revision is a commit.
    """
    spec, status = application.get("spec") or {}, application.get("status") or {}
    sync = status.get("sync") or {}
    history = status.get("history") or ()
    for index, source in enumerate(_sources(spec)):
        if not source.get("chart"):
            continue
        said = history[-1] if history else sync if sync.get("status") == "Synced" else {}
        revisions = said.get("revisions") or [said.get("revision") or ""]
        return str(revisions[index]) if index < len(revisions) else ""
    return ""


def chart_label_is(obj: Obj, version: str) -> bool:
    """Whether the chart's label names this version; labels write "+" as "_"."""
    labels = (obj.get("metadata") or {}).get("labels") or {}
    return str(labels.get(_CHART) or "").endswith(f"-{version.replace('+', '_')}")


def _sources(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return list(spec.get("sources") or ([spec["source"]] if spec.get("source") else []))


def _release_of(helm_release: Obj) -> tuple[str, str]:
    """(namespace, name) of the Helm release, by Flux's defaults."""
    meta, spec = helm_release["metadata"], helm_release.get("spec") or {}
    target = spec.get("targetNamespace") or ""
    default = f"{target}-{meta.get('name')}" if target else meta.get("name")
    return target or str(meta.get("namespace")), str(spec.get("releaseName") or default)


def _workloads(
    snapshot: Snapshot, namespace: str, release: str
) -> Iterator[Deployment | StatefulSet | DaemonSet]:
    every: tuple[Deployment | StatefulSet | DaemonSet, ...] = (
        *snapshot.read(Deployment),
        *snapshot.read(StatefulSet),
        *snapshot.read(DaemonSet),
    )
    for each in every:
        names = {
            each.metadata.labels.get(INSTANCE),
            each.metadata.annotations.get("meta.helm.sh/release-name"),
        }
        if each.namespace == namespace and release in names:
            yield each


def _labelled_version(snapshot: Snapshot, namespace: str, release: str) -> str:
    """From "ingress-nginx-4.11.3": what follows the last dash before a digit; empty when they disagree."""
    found = set()
    for each in _workloads(snapshot, namespace, release):
        label = each.metadata.labels.get(_CHART, "")
        dashes = [at for at, char in enumerate(label[:-1]) if char == "-" and label[at + 1].isdigit()]
        if dashes:
            found.add(label[dashes[0] + 1 :].replace("_", "+"))
    return found.pop() if len(found) == 1 else ""


def _short(owner: Owner) -> str:
    name = f"{owner.namespace}/{owner.name}" if owner.namespace else owner.name
    return f"argo-cd/{name}" if owner.kind is OwnerKind.ARGO_CD else f"flux/{name}"
