"""What Argo CD and Flux apply from Git, as they report it: names and versions, never values."""

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from seatrial.cluster.models.metadata import Part, Resource
from seatrial.cluster.objects import GroupVersionKind, ObjectRef


class RenderOptions(Part, frozen=True):
    kube_version: str = ""
    """The cluster's version that rendering pretends; empty: the real one."""


class ApplicationSource(Part, frozen=True):
    helm: RenderOptions | None = None
    kustomize: RenderOptions | None = None


class ApplicationSpec(Part, frozen=True):
    source: ApplicationSource | None = None
    sources: tuple[ApplicationSource, ...] = ()


class SyncedResource(Part, frozen=True):
    """One object of an Application, in the version that Git has it in."""

    group: str = ""
    version: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""


class ApplicationStatus(Part, frozen=True):
    resources: tuple[SyncedResource, ...] = ()


class Application(Resource, frozen=True):
    """Of Argo CD."""

    API: ClassVar = GroupVersionKind("argoproj.io", "v1alpha1", "Application")
    PLURAL: ClassVar = "applications"
    OPTIONAL: ClassVar = True

    spec: ApplicationSpec = ApplicationSpec()
    status: ApplicationStatus = ApplicationStatus()

    @property
    def applied(self) -> Iterator[ObjectRef]:
        for each in self.status.resources:
            gvk = GroupVersionKind(each.group, each.version, each.kind)
            yield ObjectRef(gvk.api_version, each.kind, each.namespace, each.name)

    @property
    def pinned_versions(self) -> tuple[str, ...]:
        """The cluster versions that its sources are rendered for, where that is pinned."""
        sources = (*([self.spec.source] if self.spec.source else []), *self.spec.sources)
        options = [each for source in sources for each in (source.helm, source.kustomize) if each]
        return tuple(each.kube_version for each in options if each.kube_version)


class HealthCheck(Part, frozen=True):
    api_version: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""


class KustomizationSpec(Part, frozen=True):
    health_checks: tuple[HealthCheck, ...] = ()


class InventoryEntry(Part, frozen=True):
    id: str = ""
    """NAMESPACE_NAME_GROUP_KIND; no part can hold an underscore."""
    version: str = msgspec.field(default="", name="v")


class Inventory(Part, frozen=True):
    entries: tuple[InventoryEntry, ...] = ()


class KustomizationStatus(Part, frozen=True):
    inventory: Inventory = Inventory()


class Kustomization(Resource, frozen=True):
    """Of Flux."""

    API: ClassVar = GroupVersionKind("kustomize.toolkit.fluxcd.io", "v1", "Kustomization")
    PLURAL: ClassVar = "kustomizations"
    OPTIONAL: ClassVar = True

    spec: KustomizationSpec = KustomizationSpec()
    status: KustomizationStatus = KustomizationStatus()

    @property
    def applied(self) -> Iterator[ObjectRef]:
        for entry in self.status.inventory.entries:
            parts = entry.id.split("_")
            if len(parts) < 4:
                continue
            namespace, *name, group, kind = parts  # roles may hold "__" for a colon
            gvk = GroupVersionKind(group, entry.version, kind)
            yield ObjectRef(gvk.api_version, kind, namespace, "_".join(name).replace("__", ":"))

    @property
    def waited_for(self) -> Iterator[ObjectRef]:
        for each in self.spec.health_checks:
            yield ObjectRef(each.api_version, each.kind, each.namespace, each.name)
