"""The proposals of a report: what each would change, the command that does it, who would take it back."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any

import msgspec

from seatrial.cluster.findings import Finding
from seatrial.cluster.objects import GroupKind, GroupVersionKind, Obj, ObjectRef
from seatrial.cluster.proposal import Proposal
from seatrial.cluster.snapshot import Snapshot
from seatrial.fixes.reverting import AUTOSCALER, changes_replicas, reverted_by
from seatrial.fixes.rule import part

_ABSENT = "(not set)"
_HIDDEN = "[…]"


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One proposal of one finding."""

    id: str
    check: str
    why: str
    """The finding's message."""
    proposal: Proposal
    refused: str = ""
    """Why Seatrial does not carry it out; empty when it may, after approval."""
    note: str = ""
    """What whoever approves it should know."""


class FieldChange(msgspec.Struct, frozen=True):
    path: str
    before: str
    after: str


def offers(findings: Iterable[Finding], snapshot: Snapshot) -> tuple[Offer, ...]:
    """Every proposal once, however many findings it settles."""
    live = _Live(snapshot)
    made: dict[str, Offer] = {}
    for finding in findings:
        for proposal in finding.proposals:
            id = offer_id(proposal)
            if id not in made:
                made[id] = Offer(
                    id=id,
                    check=finding.check,
                    why=finding.message,
                    proposal=proposal,
                    refused=_refusal(finding, proposal, live),
                    note=_note(proposal, live),
                )
    return tuple(made.values())


def offer_id(proposal: Proposal) -> str:
    """The same for the same change of the same object: "deployment-shop-web-1f3a9c"."""
    target = proposal.target
    said = msgspec.json.encode((target, proposal.patch), order="sorted")
    name = "-".join(part for part in (target.kind.lower(), target.namespace, target.name) if part)
    return f"{name}-{hashlib.sha256(said).hexdigest()[:6]}"


def _refusal(finding: Finding, proposal: Proposal, live: _Live) -> str:
    found = live.find(proposal.target)
    scalers = live.autoscalers if changes_replicas(proposal.patch) else []
    by = reverted_by(found, proposal.patch, scalers) if found is not None else ""
    if not by and found is None and finding.owner is not None and finding.owner.reverts_changes:
        by = str(finding.owner)
    if by:
        return f"{by} would put it back: change it there."
    if not proposal.safe:
        return "it is for a person to do: it cannot be taken back, or needs steps around it."
    return ""


def _note(proposal: Proposal, live: _Live) -> str:
    """Helm leaves the object alone until its next upgrade: good enough for a while, not for ever."""
    found = live.find(proposal.target)
    annotations = part(found or {}, "metadata", "annotations")
    release = annotations.get("meta.helm.sh/release-name")
    if not release or proposal.temporary:
        return ""
    return f"Helm release {release} puts it back with its next upgrade: change its values too."


def field_changes(proposal: Proposal) -> tuple[FieldChange, ...]:
    """Field by field, as it was read and as it would be; never a Secret's values."""
    hidden = proposal.target.kind == "Secret"
    return tuple(_changes(proposal.expects, proposal.patch, "", _hidden if hidden else _shown))


def kubectl_patch(proposal: Proposal, patch: dict[str, Any]) -> str:
    """The command that merges `patch` into the proposal's object."""
    target = proposal.target
    group = GroupVersionKind.of(target.api_version, target.kind).group
    words = ["kubectl", "patch", f"{proposal.resource}.{group}" if group else proposal.resource, target.name]
    if target.namespace:
        words += ["--namespace", target.namespace]
    if proposal.subresource:
        words.append(f"--subresource={proposal.subresource}")
    words += ["--type", "merge", "--patch", msgspec.json.encode(patch, order="sorted").decode()]
    return " ".join(shlex.quote(word) for word in words)


class _Live:
    """The objects as they were read, each kind decoded when first asked for."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._known: dict[GroupKind, dict[tuple[str, str], Obj]] = {}

    @cached_property
    def autoscalers(self) -> list[Obj]:
        return self._snapshot.objects(AUTOSCALER)

    def find(self, ref: ObjectRef) -> Obj | None:
        kind = GroupVersionKind.of(ref.api_version, ref.kind).group_kind
        known = self._known.get(kind)
        if known is None:
            refs = ((ObjectRef.of(each), each) for each in self._snapshot.objects(kind))
            known = self._known[kind] = {(found.namespace, found.name): each for found, each in refs}
        return known.get((ref.namespace, ref.name))


def _changes(before: Any, after: Any, path: str, say: Callable[[Any], str]) -> Iterator[FieldChange]:
    if isinstance(after, dict):
        inner = before if isinstance(before, dict) else {}
        for key, value in after.items():
            yield from _changes(inner.get(key), value, f"{path}.{key}" if path else key, say)
    elif before != after:
        yield FieldChange(path, say(before), say(after))


def _shown(value: Any) -> str:
    return _ABSENT if value is None else msgspec.json.encode(value).decode()


def _hidden(value: Any) -> str:
    return _ABSENT if value is None else _HIDDEN
