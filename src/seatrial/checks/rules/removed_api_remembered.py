"""Only an object's history names a version that the target does not serve.

**What.** Objects whose field managers or last-applied annotation were written in a version that is gone
in the target.

**Why.** This is for information: such an object is no problem. The server stores every object in one
version and converts it to whatever is asked for, so it stays readable and writable. Other tools report
it as a blocker, and people rewrite healthy objects because of it. What would be a problem, a file, a
release or a client that still uses the old version, is looked for by checks of their own.

**How to fix.** Nothing needs to be done. Applying the object once in its new version renews the
annotation.

**Source.** kubernetes.io/docs/reference/using-api/server-side-apply; pluto issue 495, kubent issue 287.
"""

from __future__ import annotations

import msgspec

from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.removed_apis import is_gone, what_happened
from seatrial.cluster.findings import Evidence, Severity
from seatrial.cluster.models import Metadata
from seatrial.cluster.objects import GroupVersionKind, ObjectRef
from seatrial.cluster.snapshot import ResourceList

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@check(
    id="removed-api-remembered",
    title="Objects remember an API that the target does not serve; nothing to do",
    reads=(Section.CLUSTER,),
    uses_facts=True,
)
def removed_api_remembered(check: Check, context: Context) -> Found:
    for listed in context.snapshot.resources:
        if not _has_lost_a_version(context, listed):
            continue
        remembered: dict[GroupVersionKind, list[ObjectRef]] = {}
        for metadata in context.snapshot.metadata(listed):
            for gvk in _remembered_by(metadata, listed):
                if is_gone(context, gvk):
                    ref = ObjectRef(listed.gvr.api_version, listed.kind, metadata.namespace, metadata.name)
                    remembered.setdefault(gvk, []).append(ref)
        for gvk, objects in remembered.items():
            yield check.finding(
                Severity.INFO,
                f"{_counted(objects)} once written as {gvk}. {what_happened(context, gvk)}, but the server"
                " converts what it stores: this blocks nothing.",
                objects=objects,
                evidence=Evidence.ONCE_WAS,
                fix=f"None needed; applying as {listed.gvr.api_version} renews the record.",
                source="metadata.managedFields and the last-applied annotation",
            )


def _counted(objects: list[ObjectRef]) -> str:
    return f"{objects[0]} was" if len(objects) == 1 else f"{len(objects)} objects were"


def _has_lost_a_version(context: Context, listed: ResourceList) -> bool:
    """Whether any version of this kind, wherever it lived, is gone: most kinds never lost one."""
    group = listed.gvr.group
    return any(
        entry.gvk.kind == listed.kind and is_gone(context, entry.gvk)
        for each in {group, "extensions"}
        for entry in context.apis.in_group(each)
    )


def _remembered_by(metadata: Metadata, listed: ResourceList) -> set[GroupVersionKind]:
    versions = {
        manager.api_version for manager in metadata.managed_fields if manager.api_version
    } | _last_applied(metadata)
    return {GroupVersionKind.of(version, listed.kind) for version in versions}


def _last_applied(metadata: Metadata) -> set[str]:
    text = metadata.annotations.get(_LAST_APPLIED, "")
    if not text.startswith("{"):
        return set()  # a portable snapshot holds a token in its place
    try:
        version = msgspec.json.decode(text.encode(), type=_Applied).apiVersion
    except msgspec.DecodeError:
        return set()
    return {version} if version else set()


class _Applied(msgspec.Struct):
    apiVersion: str = ""  # noqa: N815  (as the API writes it)
