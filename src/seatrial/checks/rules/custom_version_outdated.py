"""Somebody applies custom resources in a version that their definition no longer wants.

**What.** Objects of deployed Helm releases and of the given files whose kind is custom: in a version that
its definition does not serve, in one that the definition or the add-on calls deprecated, or, for a release,
of a kind that no definition serves at all. Versions that only field managers remember are told, where the
custom resources themselves were read.

**Why.** Add-ons are upgraded along with clusters, and drop old versions as Kubernetes does. The objects live
on, converted; the next apply fails, and a Helm release that holds such a version is stuck ("no matches
for kind") until its record is edited.

**How to fix.** Write the objects in the version that the finding names before the add-on is upgraded, and
upgrade the chart that renders them.

**Source.** The definitions themselves (`served`, `deprecated`); Seatrial's facts about add-ons
(`addons-lifecycle`), each taken from the add-on's own definitions.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from seatrial.catalog import AddonLifecycle, addon_catalog
from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.wording import counted
from seatrial.cluster.findings import Evidence, Finding, Severity
from seatrial.cluster.models import APIService, CustomResourceDefinition
from seatrial.cluster.models.extensions import CRDVersion
from seatrial.cluster.objects import GroupKind, GroupVersionKind, ObjectRef
from seatrial.cluster.ownership import Owner, OwnerKind
from seatrial.cluster.release_state import deployed

_Definitions = dict[GroupKind, CustomResourceDefinition]


@check(
    id="custom-version-outdated",
    title="Custom resources are applied in an outdated version",
    reads=(CustomResourceDefinition, APIService, Section.RELEASES),
)
def custom_version_outdated(check: Check, context: Context) -> Found:
    definitions = {
        GroupKind(crd.spec.group, crd.spec.names.kind): crd for crd in context.read(CustomResourceDefinition)
    }
    aggregated = {each.spec.group for each in context.read(APIService) if each.spec.service is not None}
    for (owner, gvk, location), refs in _applied(context).items():
        if context.apis.is_builtin(gvk.group) or gvk.group in aggregated or not gvk.version:
            continue
        trouble = _trouble(definitions, gvk)
        if trouble is not None and (owner.kind is OwnerKind.HELM or gvk.group_kind in definitions):
            yield _finding(check, owner, gvk, refs, trouble, location)
    yield from _remembered(check, context, definitions)


def _applied(context: Context) -> dict[tuple[Owner, GroupVersionKind, str], list[ObjectRef]]:
    """What will be applied again, by whom it is and, for a file, where."""
    found: dict[tuple[Owner, GroupVersionKind, str], list[ObjectRef]] = {}
    for release in deployed(context.snapshot.releases):
        owner = Owner(OwnerKind.HELM, release.name, release.namespace)
        for ref in release.objects:
            found.setdefault((owner, GroupVersionKind.of(ref.api_version, ref.kind), ""), []).append(ref)
    for manifest in context.manifests:
        owner = Owner(OwnerKind.FILE, manifest.file)
        found.setdefault((owner, manifest.gvk, manifest.location), []).append(manifest.ref)
    return found


class _Trouble(msgspec.Struct, frozen=True):
    what: str
    fails: bool
    instead: str
    fact: AddonLifecycle | None


def _trouble(definitions: _Definitions, gvk: GroupVersionKind) -> _Trouble | None:
    crd = definitions.get(gvk.group_kind)
    fact = addon_catalog().lifecycle(gvk)
    replacement = fact.replacement if fact else ""
    if crd is None:
        return _Trouble("no definition in the cluster serves this kind", True, replacement, fact)
    version = next((each for each in crd.spec.versions if each.name == gvk.version), None)
    instead = replacement or _preferred(crd)
    if version is None or not version.served:
        return _Trouble(f"{crd.name} does not serve {gvk.version}", True, instead, fact)
    when = _when(fact)
    if version.deprecated:
        return _Trouble(f"{crd.name} calls {gvk.version} deprecated{when}", False, instead, fact)
    if fact is not None and fact.removed_in and version.name != _storage(crd):
        return _Trouble(f"{gvk.version} is on its way out{when}", False, instead, fact)
    return None


def _when(fact: AddonLifecycle | None) -> str:
    if fact is None:
        return ""
    since = f"deprecated in {fact.deprecated_in}" if fact.deprecated_in else ""
    gone = f"gone in {fact.removed_in}" if fact.removed_in else ""
    told = ", ".join(each for each in (since, gone) if each)
    return f" ({fact.component}: {told})" if told else ""


def _preferred(crd: CustomResourceDefinition) -> str:
    """The stored version where it is served, else any that is and is not deprecated."""

    def order(version: CRDVersion) -> tuple[bool, bool]:
        return version.deprecated, not version.storage

    served = sorted((each for each in crd.spec.versions if each.served), key=order)
    return f"{crd.spec.group}/{served[0].name} {crd.spec.names.kind}" if served else ""


def _storage(crd: CustomResourceDefinition) -> str:
    return next((each.name for each in crd.spec.versions if each.storage), "")


def _finding(
    check: Check,
    owner: Owner,
    gvk: GroupVersionKind,
    refs: list[ObjectRef],
    trouble: _Trouble,
    location: str,
) -> Finding:
    many = str(refs[0]) if len(refs) == 1 else f"{len(refs)} objects"
    effect = "applying fails" if trouble.fails else "applying works until the add-on drops it"
    return check.finding(
        Severity.WARNING,
        f"{str(owner)[0].upper()}{str(owner)[1:]} holds {many} as {gvk}: {trouble.what}; {effect}.",
        title="" if trouble.fails else "Custom resources are applied in a deprecated version",
        objects=refs,
        evidence=Evidence.WILL_BE_APPLIED_AGAIN,
        owner=owner,
        fix=f"Write them as {trouble.instead}."
        if trouble.instead
        else "Install what defines the kind, or remove them.",
        source=f"Seatrial's facts about {trouble.fact.component} ({', '.join(trouble.fact.sources)})"
        if trouble.fact
        else "the cluster's custom resource definitions",
        location=location,
    )


def _remembered(check: Check, context: Context, definitions: _Definitions) -> Iterator[Finding]:
    for listed in context.custom_resources():
        crd = definitions.get(listed.group_kind)
        if crd is None or (len(crd.spec.versions) < 2 and len(crd.status.stored_versions) < 2):
            continue
        refs: dict[str, list[ObjectRef]] = {}
        writers: dict[str, set[str]] = {}
        for metadata in context.snapshot.metadata(listed):
            ref = ObjectRef(listed.gvr.api_version, listed.kind, metadata.namespace, metadata.name)
            for manager in metadata.managed_fields:
                gvk = GroupVersionKind.of(manager.api_version, listed.kind)
                if gvk.group == listed.gvr.group and _trouble(definitions, gvk) is not None:
                    refs.setdefault(manager.api_version, []).append(ref)
                    writers.setdefault(manager.api_version, set()).add(manager.manager)
        for api_version, found in refs.items():
            names = ", ".join(sorted(writers[api_version]))
            yield check.finding(
                Severity.INFO,
                f"{counted(len(set(found)), f'{listed.kind} object')} once written as {api_version}, by"
                f" {names}: look whether that still writes so.",
                title="Custom resources remember an outdated version",
                objects=found,
                evidence=Evidence.ONCE_WAS,
                fix="None needed for the objects; they are converted.",
                source="metadata.managedFields",
            )
