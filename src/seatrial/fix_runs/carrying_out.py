"""Carries one approved proposal out, and takes one back: observe, record, change, read back.

The change is conditional on the resourceVersion that was looked at, so that nobody's change is overwritten.
The intent is journaled before it, with the exact inverse; whoever comes after a crash settles it first.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from seatrial.clock import Clock
from seatrial.cluster.objects import GroupVersionKind, GroupVersionResource, Obj, ObjectRef
from seatrial.cluster_runs.cluster_run import Lease
from seatrial.cluster_runs.ports import Reading, Writing
from seatrial.errors import Conflict, Forbidden, NotFound, PermanentError, SeatrialError
from seatrial.fix_runs.journal import FixJournal
from seatrial.fixes.merging import inverse, is_as_expected, matches
from seatrial.fixes.offers import Offer
from seatrial.fixes.records import (
    FixFailed,
    FixIntended,
    FixMade,
    Record,
    UndoFailed,
    UndoIntended,
    UndoMade,
    what_became,
    why_not_undone,
)
from seatrial.fixes.reverting import AUTOSCALER, changes_replicas, reverted_by

_AUTOSCALERS = GroupVersionResource(AUTOSCALER.group, "v2", "horizontalpodautoscalers")
_REFUSALS = (Conflict, Forbidden, NotFound, PermanentError)
"""The server said no: nothing was changed. After any other error nobody knows."""


_UNDER_WAY = timedelta(seconds=15)
_LOOK_EVERY = 1.0  # seconds


class Refused(Conflict):
    """It would not last, or the object is not as it was when it was proposed."""


@dataclass(frozen=True, slots=True)
class Hands:
    """What a fix needs of one cluster, while its Lease is held."""

    reading: Reading
    writing: Writing
    journal: FixJournal
    clock: Clock
    by: str
    lease: Lease

    async def look(self, ref: ObjectRef, resource: str) -> Obj | None:
        try:
            found = await self.reading.get(_gvr(ref, resource), ref.name, ref.namespace)
        except NotFound:
            return None
        return {"apiVersion": ref.api_version, "kind": ref.kind, **found}


async def settle(hands: Hands) -> list[Record]:
    """Find out what became of what a dead process intended; the records that this ended.

    Its request may still be on its way: an object that looks untouched is looked at again for a while.
    """
    unsettled = [each.id for each in hands.journal.records.values() if each.is_unsettled]
    for id in unsettled:
        record = hands.journal.records[id]
        while True:
            found = await hands.look(record.intended.target, record.intended.resource)
            event = what_became(record, found, hands.clock.now())
            late = hands.clock.now() - record.touched_at < _UNDER_WAY
            if isinstance(event, FixMade | UndoMade) or not late:
                break
            await hands.clock.sleep(_LOOK_EVERY)
        await hands.journal.append(event)
    return [hands.journal.records[id] for id in unsettled]


async def carry_out(offer: Offer, hands: Hands, why: str = "") -> Record | None:
    """The record of the change; None when it is so already. Raise `Refused`, or the server's own no."""
    proposal = offer.proposal
    target = proposal.target
    found = await hands.look(target, proposal.resource)
    if found is None:
        raise Refused("the object is gone.", where=str(target), next_step="Check the cluster again.")
    if matches(found, proposal.patch):
        return None
    await _refuse_what_would_not_last(offer, found, hands)
    metadata = found.get("metadata") or {}
    intended = FixIntended(
        at=hands.clock.now(),
        id=secrets.token_hex(4),
        by=hands.by,
        why=why or offer.why,
        check=offer.check,
        title=proposal.title,
        target=target,
        resource=proposal.resource,
        uid=str(metadata.get("uid") or ""),
        version=str(metadata.get("resourceVersion") or ""),
        patch=proposal.patch,
        back=inverse(found, proposal.patch),
        temporary=proposal.temporary,
    )
    await hands.lease.confirm()
    await hands.journal.append(intended)
    try:
        await _patch(hands, intended, intended.patch, found)
    except _REFUSALS as no:
        await hands.journal.append(FixFailed(at=hands.clock.now(), id=intended.id, why=_said(no)))
        raise
    after = await hands.look(target, proposal.resource)
    now = hands.clock.now()
    if after is None or not matches(after, proposal.patch):
        # an admission webhook or a controller answered at once
        await hands.journal.append(FixFailed(at=now, id=intended.id, why="it did not last"))
        raise Refused(
            "the change was accepted, and is not there when read back: something reverts it.",
            where=str(target),
            next_step="Look who owns the field: kubectl get --show-managed-fields.",
        )
    await hands.journal.append(FixMade(at=now, id=intended.id))
    return hands.journal.records[intended.id]


async def take_back(record: Record, hands: Hands, why: str = "") -> Record:
    """Undo what was recorded; raise `Refused` when somebody changed the field since."""
    intended = record.intended
    found = await hands.look(intended.target, intended.resource)
    problem = why_not_undone(record, found)
    if problem or found is None:
        raise Refused(
            problem, where=str(intended.target), next_step="`seatrial fix list` shows what was done."
        )
    id = record.id
    await hands.lease.confirm()
    await hands.journal.append(UndoIntended(at=hands.clock.now(), id=id, by=hands.by, why=why))
    try:
        await _patch(hands, intended, intended.back, found)
    except _REFUSALS as no:
        await hands.journal.append(UndoFailed(at=hands.clock.now(), id=id, why=_said(no)))
        raise
    after = await hands.look(intended.target, intended.resource)
    now = hands.clock.now()
    if after is not None and not matches(after, intended.back):
        await hands.journal.append(UndoFailed(at=now, id=id, why="it did not last"))
        raise Refused(
            "it was put back, and is not so when read back: something reverts it.",
            where=str(intended.target),
            next_step="Look who owns the field: kubectl get --show-managed-fields.",
        )
    await hands.journal.append(UndoMade(at=now, id=id))
    return hands.journal.records[id]


async def _refuse_what_would_not_last(offer: Offer, found: Obj, hands: Hands) -> None:
    proposal = offer.proposal
    where = str(proposal.target)
    if offer.refused:
        raise Refused(offer.refused, where=where, next_step="See `seatrial check --fix-plan`.")
    if proposal.target.kind == "Secret":
        raise Refused(
            "values of Secrets are not recorded, so this could not be taken back.",
            where=where,
            next_step="Change it by hand.",
        )
    if proposal.subresource:
        raise Refused("a status is changed by hand only.", where=where, next_step="See check --fix-plan.")
    if not is_as_expected(found, proposal.expects):
        raise Refused(
            "the fields are no longer as they were when this was proposed.",
            where=where,
            next_step="Run the command again: it proposes what fits now.",
        )
    scalers: list[Obj] = []
    if changes_replicas(proposal.patch):
        scalers = await hands.reading.list_objects(_AUTOSCALERS, proposal.target.namespace)
    by = reverted_by(found, proposal.patch, scalers)
    if by:
        raise Refused(f"{by} would put it back.", where=where, next_step="Change it there.")


async def _patch(hands: Hands, intended: FixIntended, patch: dict[str, Any], found: Obj) -> None:
    seen = found.get("metadata") or {}
    only_if = {"resourceVersion": seen.get("resourceVersion"), "uid": seen.get("uid")}
    body = {**patch, "metadata": {**(patch.get("metadata") or {}), **only_if}}
    ref = intended.target
    await hands.writing.patch(_gvr(ref, intended.resource), ref.name, ref.namespace, body)


def _said(error: SeatrialError) -> str:
    return error.what.rstrip(".")


def _gvr(ref: ObjectRef, resource: str) -> GroupVersionResource:
    gvk = GroupVersionKind.of(ref.api_version, ref.kind)
    return GroupVersionResource(gvk.group, gvk.version, resource)
