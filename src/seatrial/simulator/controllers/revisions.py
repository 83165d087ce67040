"""ControllerRevisions: the history of a StatefulSet's or DaemonSet's template, one object per revision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.controllers.kinds import CONTROLLER_REVISIONS
from seatrial.simulator.controllers.plane import Plane, owner_reference
from seatrial.simulator.controllers.pods import template_hash

HASH_LABEL = "controller-revision-hash"


def update_revision(plane: Plane, owner: Obj, kind: str, pods: Sequence[Obj]) -> Obj:
    """The revision of the owner's present template, made if it is new, renumbered if it came back.

    Where no revision is stored at all but pods run (a twin whose snapshot left them out), the pods are
    taken to be of the present template: without this a twin would roll everything at its start.
    """
    known = history(plane, owner)
    template = owner["spec"]["template"]
    same = next((r for r in reversed(known) if template_of(r) == template), None)
    newest = int(known[-1]["revision"]) if known else 0
    if same is None:
        hashed = _hash_that_runs(owner, pods) if not known else ""
        return _create(plane, owner, kind, hashed or template_hash(template), newest + 1)
    if int(same["revision"]) == newest:
        return same

    def renumber(obj: Obj) -> None:
        obj["revision"] = newest + 1

    return plane.verbs.modify(CONTROLLER_REVISIONS, *_place(same), renumber) or same


def history(plane: Plane, owner: Obj) -> list[Obj]:
    """All revisions, oldest first. Shared: do not change them."""
    owned = plane.owned(owner["metadata"]["uid"], CONTROLLER_REVISIONS)
    return sorted(owned, key=lambda r: int(r.get("revision") or 0))


def trim_history(plane: Plane, owner: Obj, in_use: set[str]) -> None:
    """Delete the oldest revisions beyond revisionHistoryLimit that no pod is of."""
    limit = owner["spec"].get("revisionHistoryLimit")
    limit = 10 if limit is None else int(limit)
    idle = [r for r in history(plane, owner) if hash_of(r) not in in_use]
    for old in idle[: max(0, len(idle) - limit)]:
        plane.verbs.delete(CONTROLLER_REVISIONS, *_place(old))


def template_of(revision: Obj) -> Mapping[str, Any]:
    template = ((revision.get("data") or {}).get("spec") or {}).get("template") or {}
    return {key: value for key, value in template.items() if key != "$patch"}


def hash_of(revision: Obj) -> str:
    """The hash in the revision's name, and in its pods' `controller-revision-hash` label."""
    return str((revision["metadata"].get("labels") or {}).get(HASH_LABEL) or "")


def _create(plane: Plane, owner: Obj, kind: str, hashed: str, number: int) -> Obj:
    meta = owner["metadata"]
    labels = dict((owner["spec"]["template"].get("metadata") or {}).get("labels") or {})
    return plane.verbs.create(
        CONTROLLER_REVISIONS,
        {
            "apiVersion": "apps/v1",
            "kind": "ControllerRevision",
            "metadata": {
                "name": f"{meta['name']}-{hashed}",
                "namespace": meta["namespace"],
                "labels": {**labels, HASH_LABEL: hashed},
                "ownerReferences": [owner_reference(owner, "apps/v1", kind)],
            },
            "data": {"spec": {"template": {**deepcopy(owner["spec"]["template"]), "$patch": "replace"}}},
            "revision": number,
        },
    )


def _hash_that_runs(owner: Obj, pods: Sequence[Obj]) -> str:
    found = Counter((pod["metadata"].get("labels") or {}).get(HASH_LABEL) for pod in pods)
    found.pop(None, None)
    if not found:
        return ""
    common = str(found.most_common(1)[0][0])
    return common.removeprefix(f"{owner['metadata']['name']}-")


def _place(obj: Obj) -> tuple[str, str]:
    return obj["metadata"]["namespace"], obj["metadata"]["name"]
