"""Who owns an object: the Git sync, Helm release or tool that would put it back.

A fix by hand that its owner reverts is no fix, so every finding says whom to ask.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from seatrial.cluster.models.metadata import Metadata


class OwnerKind(StrEnum):
    ARGO_CD = "argo-cd"
    FLUX = "flux"
    HELM = "helm"
    LABEL = "label"
    FIELD_MANAGER = "field-manager"
    FILE = "file"
    CLIENT = "client"
    """Who calls the API: a user, and the program that it says it is."""


class Owner(msgspec.Struct, frozen=True):
    kind: OwnerKind
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        name = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{_SAID[self.kind]} {name}"

    @property
    def reverts_changes(self) -> bool:
        """It syncs from Git: a change made in the cluster does not last."""
        return self.kind in (OwnerKind.ARGO_CD, OwnerKind.FLUX)


_SAID = {
    OwnerKind.ARGO_CD: "Argo CD application",
    OwnerKind.FLUX: "Flux",
    OwnerKind.HELM: "Helm release",
    OwnerKind.LABEL: "managed by",
    OwnerKind.FIELD_MANAGER: "written by",
    OwnerKind.FILE: "file",
    OwnerKind.CLIENT: "client",
}
# Kubernetes' own writers say nothing about who wants the object.
_SYSTEM_MANAGERS = (
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-apiserver",
    "before-first-apply",
)


def owner_of(metadata: Metadata) -> Owner | None:
    """The strongest claim on the object: Git sync, then Helm, then a label, then who wrote it last."""
    return _git_sync(metadata) or _helm(metadata) or _label(metadata) or _writer(metadata)


def _git_sync(metadata: Metadata) -> Owner | None:
    labels, annotations = metadata.labels, metadata.annotations
    tracking = annotations.get("argocd.argoproj.io/tracking-id", "").partition(":")[0]
    application = tracking or labels.get("argocd.argoproj.io/instance", "")
    if application:
        # an application in another namespace than Argo CD's is written NAMESPACE_NAME
        namespace, _, name = application.rpartition("_")
        return Owner(OwnerKind.ARGO_CD, name, namespace)
    for tool in ("kustomize", "helm"):
        name = labels.get(f"{tool}.toolkit.fluxcd.io/name", "")
        if name:
            kind = "Kustomization" if tool == "kustomize" else "HelmRelease"
            namespace = labels.get(f"{tool}.toolkit.fluxcd.io/namespace", "")
            return Owner(OwnerKind.FLUX, f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}")
    return None


def _helm(metadata: Metadata) -> Owner | None:
    name = metadata.annotations.get("meta.helm.sh/release-name", "")
    namespace = metadata.annotations.get("meta.helm.sh/release-namespace", "")
    return Owner(OwnerKind.HELM, name, namespace) if name else None


def _label(metadata: Metadata) -> Owner | None:
    name = metadata.labels.get("app.kubernetes.io/managed-by", "")
    return Owner(OwnerKind.LABEL, name) if name and name != "Helm" else None


def _writer(metadata: Metadata) -> Owner | None:
    writers = [
        writer.manager
        for writer in metadata.managed_fields
        if not writer.subresource and writer.manager and writer.manager not in _SYSTEM_MANAGERS
    ]
    return Owner(OwnerKind.FIELD_MANAGER, writers[0]) if writers else None
