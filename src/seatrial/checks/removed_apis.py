"""What becomes of an API version in the target: what the checks on files, releases and callers share."""

from __future__ import annotations

from seatrial.catalog import ApiLifecycle, Served
from seatrial.checks.check import Context
from seatrial.cluster.objects import GroupVersionKind, GroupVersionResource
from seatrial.cluster.version import Minor
from seatrial.errors import BadInput


def is_gone(context: Context, gvk: GroupVersionKind) -> bool:
    """Whether the target surely does not serve it; add-ons and the unknown future are not gone."""
    return context.apis.served(gvk, context.target) is Served.NO


def what_happened(context: Context, gvk: GroupVersionKind) -> str:
    """Why the target does not serve it, in one clause."""
    entry = context.apis.lifecycle(gvk)
    if entry is None:
        return f"no Kubernetes up to {context.apis.horizon} has ever served {gvk}"
    if entry.removed is not None and entry.removed <= context.target:
        return f"{gvk} is gone since Kubernetes {entry.removed}"
    return f"{gvk} is served only from Kubernetes {entry.introduced} on"


def what_instead(context: Context, gvk: GroupVersionKind) -> str:
    """The fix: which version to use, and since when it can be used."""
    entry = context.apis.lifecycle(gvk)
    if entry is None:
        known = [each.gvk.version for each in context.apis.versions_of(gvk.group_kind)]
        return f"Use a version that exists: {', '.join(known)}." if known else "Correct apiVersion and kind."
    if entry.removed is None or entry.removed > context.target:
        return f"Hold it back until the cluster runs {entry.introduced}."
    if entry.replacement is None:
        return "Remove it: there is no replacement."
    since = context.apis.lifecycle(entry.replacement)
    served = f" (served since {since.introduced})" if since else ""
    return f"Change it to {entry.replacement}{served}, and check the fields that differ."


def source_of(context: Context, entry: ApiLifecycle | None) -> str:
    sources = ", ".join(entry.sources) if entry else "published schemas"
    return f"API lifecycle facts of {context.apis.gathered} ({sources})"


def lifecycle_of(context: Context, gvr: GroupVersionResource) -> ApiLifecycle | None:
    """The same fact by what a URL names; None for add-ons and what we do not know."""
    for entry in context.apis.in_group(gvr.group):
        if (entry.gvk.version, entry.resource) == (gvr.version, gvr.resource):
            return entry
    return None


def removal_of(entry: ApiLifecycle | None, announced: str) -> Minor | None:
    """When it goes: by our facts, else by what the server that is asked announces of it."""
    if entry is not None:
        return entry.removed
    try:
        return Minor.parse(announced)
    except BadInput:
        return None
