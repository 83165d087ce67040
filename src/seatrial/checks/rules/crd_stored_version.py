"""A custom resource definition remembers stored versions that its next release must drop.

**What.** `status.storedVersions` of each custom resource definition: the versions in which objects may lie
in etcd. A name in it that `spec.versions` no longer has blocks. A version besides the storage version
that is no longer served, is marked deprecated, or is known to be dropped by a newer release of its add-on,
warns.

**Why.** The API server refuses every change of a definition that leaves out a stored version. So the
chart that brings the add-on's next release, often the very one that supports the target, fails when it
applies its definitions ("must appear in spec.versions").

**How to fix.** Write every object once, which stores it in the current version
(`kubectl get RESOURCE -A -o json | kubectl replace -f -`, or a StorageVersionMigration), then take the old
name out: `kubectl patch crd NAME --subresource=status --type=merge -p
'{"status":{"storedVersions":["VERSION"]}}'`. In this order: the other way round objects become unreadable.

**Source.** kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning
(Upgrade existing objects to a new stored version); Seatrial's facts about add-ons.
"""

from __future__ import annotations

from seatrial.catalog import addon_catalog
from seatrial.checks.check import Check, Context, Found, check
from seatrial.cluster.findings import Finding, Severity
from seatrial.cluster.models import CustomResourceDefinition
from seatrial.cluster.objects import GroupVersionKind
from seatrial.cluster.ownership import owner_of
from seatrial.cluster.proposal import Proposal


@check(
    id="crd-stored-version",
    title="A definition's next release would be rejected for its stored versions",
    reads=(CustomResourceDefinition,),
)
def crd_stored_version(check: Check, context: Context) -> Found:
    doubtful: dict[tuple[str, str], list[tuple[CustomResourceDefinition, str]]] = {}
    for crd in context.read(CustomResourceDefinition):
        known = {each.name for each in crd.spec.versions}
        lost = [each for each in crd.status.stored_versions if each not in known]
        if lost and known:
            yield _rejected(check, crd, lost)
        for version in crd.spec.versions:
            if version.storage or version.name not in crd.status.stored_versions:
                continue
            if not version.served or version.deprecated or _is_dropped_later(crd, version.name):
                doubtful.setdefault((crd.spec.group, version.name), []).append((crd, version.name))
    for (group, name), crds in doubtful.items():
        yield _doubtful(check, group, name, [crd for crd, _ in crds])


def _rejected(check: Check, crd: CustomResourceDefinition, lost: list[str]) -> Finding:
    return check.finding(
        Severity.BLOCKER,
        f"{crd.name} says that objects are stored as {', '.join(lost)}, which it no longer defines: the API"
        " server rejects every change of it, the next release's too.",
        objects=[crd.ref],
        owner=owner_of(crd.metadata),
        fix=_fix(crd, f"put {', '.join(lost)} back into its versions, unserved;"),
        source="status.storedVersions of the definition",
    )


def _doubtful(check: Check, group: str, version: str, crds: list[CustomResourceDefinition]) -> Finding:
    first = crds[0]
    fact = addon_catalog().lifecycle(GroupVersionKind(group, version, first.spec.names.kind))
    dropped = (
        f" {fact.component} drops it in {fact.crd_entry_dropped_in}."
        if fact and fact.crd_entry_dropped_in
        else ""
    )
    names = ", ".join(crd.spec.names.plural for crd in crds)
    owners = {owner for crd in crds if (owner := owner_of(crd.metadata))}
    return check.finding(
        Severity.WARNING,
        f"{group}: {names} may still be stored as {version}, an old version.{dropped} A release that drops it"
        " cannot be applied before they are rewritten.",
        objects=[crd.ref for crd in crds],
        owner=owners.pop() if len(owners) == 1 else None,
        fix=_fix(first, ""),
        source=f"status.storedVersions; Seatrial's facts ({', '.join(fact.sources)})"
        if fact
        else "status.storedVersions",
        proposals=[_without(crd, version) for crd in crds],
    )


def _without(crd: CustomResourceDefinition, version: str) -> Proposal:
    """Not safe by itself: only a person knows that every object was written anew before."""
    stored = list(crd.status.stored_versions)
    return Proposal(
        title=f"Once each object was written anew, take {version} out of the stored versions of {crd.name}",
        target=crd.ref,
        resource=crd.PLURAL,
        subresource="status",
        patch={"status": {"storedVersions": [each for each in stored if each != version]}},
        undo={"status": {"storedVersions": stored}},
        expects={"status": {"storedVersions": stored}},
    )


def _fix(crd: CustomResourceDefinition, before: str) -> str:
    storage = next((each.name for each in crd.spec.versions if each.storage), "")
    first = f"First {before} then write" if before else "Write"
    return (
        f"{first} each object once (kubectl get {crd.name} -A -o json | kubectl replace -f -), and after that"
        f" set status.storedVersions to [{storage}]."
    )


def _is_dropped_later(crd: CustomResourceDefinition, version: str) -> bool:
    fact = addon_catalog().lifecycle(GroupVersionKind(crd.spec.group, version, crd.spec.names.kind))
    return fact is not None and bool(fact.crd_entry_dropped_in)
