"""The bill for complexity: what each exotic thing brought to a cluster, so that unused ones stand out.

A thing is whatever somebody installed: a Helm release, a Git application, or else what carries one
name. To it count the custom resource definitions that it brought or whose objects its controllers
write, the webhooks that lead to it, its controllers, its chart's updates, and the findings of the checks
about any of these. A Deployment that neither serves webhooks nor writes custom resources is not exotic.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from seatrial.catalog import api_catalog
from seatrial.catalog.providers import is_provider_crd, is_provider_webhook, is_system_namespace
from seatrial.checks.service_accounts import grants
from seatrial.cluster.findings import Finding
from seatrial.cluster.models import (
    ClusterRole,
    ClusterRoleBinding,
    CustomResourceDefinition,
    DaemonSet,
    Deployment,
    MutatingWebhookConfiguration,
    Role,
    RoleBinding,
    Service,
    StatefulSet,
    ValidatingWebhookConfiguration,
)
from seatrial.cluster.models.metadata import Metadata
from seatrial.cluster.objects import GroupKind, ObjectRef
from seatrial.cluster.ownership import OwnerKind, owner_of
from seatrial.cluster.release_state import by_release
from seatrial.cluster.snapshot import Snapshot

READS = (
    CustomResourceDefinition,
    Deployment,
    StatefulSet,
    DaemonSet,
    ClusterRole,
    ClusterRoleBinding,
    Role,
    RoleBinding,
    Service,
    ValidatingWebhookConfiguration,
    MutatingWebhookConfiguration,
)
_WRITES = frozenset({"*", "create", "update", "patch"})
_NAMES = (
    "app.kubernetes.io/part-of",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/name",
    "app",
    "k8s-app",
)


class Item(msgspec.Struct, frozen=True):
    """One thing, in one cluster or, added up, in a fleet."""

    name: str
    clusters: int = 1
    definitions: int = 0
    """Custom resource definitions."""
    objects: int = 0
    """Custom resources: how much it is used."""
    webhooks: int = 0
    controllers: int = 0
    updates: int = 0
    """Revisions of its Helm release after the first."""
    findings: int = 0

    @property
    def parts(self) -> int:
        """What somebody has to understand, follow and upgrade."""
        return self.definitions + self.webhooks + self.controllers + self.updates + self.findings

    @property
    def is_unused(self) -> bool:
        """It defines kinds of which there is not one object."""
        return self.definitions > 0 and self.objects == 0


class _Counts(msgspec.Struct):
    definitions: int = 0
    objects: int = 0
    webhooks: int = 0
    controllers: int = 0
    updates: int = 0
    refs: set[tuple[str, str, str]] = msgspec.field(default_factory=set)


def bill(snapshot: Snapshot, findings: Iterable[Finding]) -> tuple[Item, ...]:
    """The largest first."""
    counts: dict[str, _Counts] = {}
    writers = dict(_writers(snapshot))
    for definition in snapshot.read(CustomResourceDefinition):
        if is_provider_crd(definition.name):
            continue
        group = definition.spec.group
        name = _installed_as(definition.metadata) or writers.get(group) or group
        found = counts.setdefault(name, _Counts())
        found.definitions += 1
        kind = GroupKind(group, definition.spec.names.kind)
        found.objects += sum(len(each.items) for each in snapshot.lists_of(kind))
        found.refs.add(_place(definition.ref))
        found.refs.add(("*", kind.kind, group))
    for name, ref in _webhooks(snapshot):
        found = counts.setdefault(name, _Counts())
        found.webhooks += 1
        found.refs.add(_place(ref))
    for name, ref in _controllers(snapshot):
        if name in counts or name in writers.values():
            found = counts.setdefault(name, _Counts())
            found.controllers += 1
            found.refs.add(_place(ref))
    for history in by_release(snapshot.releases).values():
        name = _release_name(history[-1].namespace, history[-1].name)
        if name in counts:
            counts[name].updates = max(each.revision for each in history) - 1
    findings = tuple(findings)
    items = (_item(name, found, findings) for name, found in counts.items())
    return tuple(sorted(items, key=lambda each: (-each.parts, -each.objects, each.name)))


def add_up(bills: Iterable[tuple[Item, ...]]) -> tuple[Item, ...]:
    """The bill of a fleet: things of one name are one thing."""
    total: dict[str, Item] = {}
    for item in (each for one in bills for each in one):
        before = total.get(item.name)
        total[item.name] = item if before is None else _sum(before, item)
    return tuple(sorted(total.values(), key=lambda each: (-each.parts, -each.objects, each.name)))


def _sum(one: Item, other: Item) -> Item:
    return Item(
        name=one.name,
        clusters=one.clusters + other.clusters,
        definitions=one.definitions + other.definitions,
        objects=one.objects + other.objects,
        webhooks=one.webhooks + other.webhooks,
        controllers=one.controllers + other.controllers,
        updates=one.updates + other.updates,
        findings=one.findings + other.findings,
    )


def _item(name: str, found: _Counts, findings: tuple[Finding, ...]) -> Item:
    return Item(
        name=name,
        definitions=found.definitions,
        objects=found.objects,
        webhooks=found.webhooks,
        controllers=found.controllers,
        updates=found.updates,
        findings=sum(_is_about(each, name, found) for each in findings),
    )


def _is_about(finding: Finding, name: str, found: _Counts) -> bool:
    owner = finding.owner
    if (
        owner is not None
        and owner.kind is OwnerKind.HELM
        and _release_name(owner.namespace, owner.name) == name
    ):
        return True
    return any(
        _place(ref) in found.refs or ("*", ref.kind, ref.api_version.partition("/")[0]) in found.refs
        for ref in finding.objects
    )


def _place(ref: ObjectRef) -> tuple[str, str, str]:
    return ref.namespace, ref.kind, ref.name


def _installed_as(metadata: Metadata) -> str:
    """The release or application that put it there, else the name that its labels give; "" for none."""
    owner = owner_of(metadata)
    if owner is not None and owner.kind is OwnerKind.HELM:
        return _release_name(owner.namespace, owner.name)
    if owner is not None and owner.reverts_changes:
        return str(owner)
    return next((value for label in _NAMES if (value := metadata.labels.get(label))), "")


def _release_name(namespace: str, name: str) -> str:
    return f"Helm release {namespace}/{name}"


def _workloads(snapshot: Snapshot) -> tuple[Deployment | StatefulSet | DaemonSet, ...]:
    found: tuple[Deployment | StatefulSet | DaemonSet, ...] = (
        *snapshot.read(Deployment),
        *snapshot.read(StatefulSet),
        *snapshot.read(DaemonSet),
    )
    return tuple(each for each in found if not is_system_namespace(each.namespace))


def _controllers(snapshot: Snapshot) -> Iterator[tuple[str, ObjectRef]]:
    for workload in _workloads(snapshot):
        yield _installed_as(workload.metadata) or workload.name, workload.ref


def _writers(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """API group of custom resources → the thing whose workload may write them."""
    apis = api_catalog()
    granted = grants(snapshot)
    for workload in _workloads(snapshot):
        name = _installed_as(workload.metadata) or workload.name
        account = workload.spec.template.spec.service_account_name
        for grant in granted.get((workload.namespace, account), ()):
            for rule in grant.rules:
                if _WRITES & set(rule.verbs):
                    for group in rule.api_groups:
                        if group != "*" and not apis.is_builtin(group):
                            yield group, name


def _webhooks(snapshot: Snapshot) -> Iterator[tuple[str, ObjectRef]]:
    """Each webhook with the thing whose pods answer it."""
    services = {(each.namespace, each.name): each for each in snapshot.read(Service)}
    workloads = _workloads(snapshot)
    configurations: tuple[ValidatingWebhookConfiguration | MutatingWebhookConfiguration, ...] = (
        *snapshot.read(ValidatingWebhookConfiguration),
        *snapshot.read(MutatingWebhookConfiguration),
    )
    for configuration in configurations:
        if is_provider_webhook(configuration.name):
            continue
        for webhook in configuration.webhooks:
            name = _installed_as(configuration.metadata)
            called = webhook.client_config.service
            service = services.get((called.namespace, called.name)) if called else None
            if not name and service is not None:
                name = _behind(service, workloads)
            yield name or configuration.name, configuration.ref


def _behind(service: Service, workloads: Iterable[Deployment | StatefulSet | DaemonSet]) -> str:
    wanted = service.spec.selector.items()
    for workload in workloads:
        labels = workload.spec.template.metadata.labels.items()
        if wanted and workload.namespace == service.namespace and wanted <= labels:
            return _installed_as(workload.metadata) or workload.name
    return _installed_as(service.metadata)
