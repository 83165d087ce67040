"""What of Argo CD's and Flux's objects may leave the cluster: names and versions of what they apply."""

from __future__ import annotations

from collections.abc import Mapping

from seatrial.cluster.objects import GroupKind

_NAMES = ("group", "version", "kind", "namespace", "name")

GITOPS: Mapping[GroupKind, tuple[str, ...]] = {
    GroupKind("argoproj.io", "Application"): (
        *(f"status.resources.*.{field}" for field in _NAMES),
        *(
            f"spec.{source}.{tool}.kubeVersion"
            for source in ("source", "sources.*")
            for tool in ("helm", "kustomize")
        ),
    ),
    GroupKind("kustomize.toolkit.fluxcd.io", "Kustomization"): (
        "status.inventory.entries.*.id",
        "status.inventory.entries.*.v",
        *(f"spec.healthChecks.*.{field}" for field in ("apiVersion", "kind", "namespace", "name")),
    ),
}
