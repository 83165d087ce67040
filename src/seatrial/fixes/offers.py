"""The proposals of a report: what each would change, the command that does it, who would take it back."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from seatrial.cluster.findings import Finding
from seatrial.cluster.objects import GroupVersionKind
from seatrial.cluster.proposal import Proposal
from seatrial.cluster.snapshot import Snapshot
from seatrial.fixes.live import LiveObjects
from seatrial.fixes.reverting import changes_replicas, reverted_by
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
    live = LiveObjects(snapshot)
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


def _refusal(finding: Finding, proposal: Proposal, live: LiveObjects) -> str:
    found = live.find(proposal.target)
    scalers = live.autoscalers if changes_replicas(proposal.patch) else ()
    by = reverted_by(found, proposal.patch, scalers) if found is not None else ""
    if not by and found is None and finding.owner is not None and finding.owner.reverts_changes:
        by = str(finding.owner)
    if by:
        return f"{by} would put it back: change it there."
    if not proposal.safe:
        return "it is for a person to do: it cannot be taken back, or needs steps around it."
    return ""


def _note(proposal: Proposal, live: LiveObjects) -> str:
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


def _changes(before: Any, after: Any, path: str, say: Callable[[Any], str]) -> Iterator[FieldChange]:
    if isinstance(after, dict):
        inner = before if isinstance(before, dict) else {}
        for key, value in after.items():
            yield from _changes(inner.get(key), value, f"{path}.{key}" if path else key, say)
    else:
        yield from _replaced(before, after, path, say)


def _replaced(before: Any, after: Any, path: str, say: Callable[[Any], str]) -> Iterator[FieldChange]:
    """A merge patch replaces lists whole: what differs in one, by the names of its items if they have any."""
    if before == after:
        return
    old, new = _by_name(before), _by_name(after)
    if old and new and [each for each in old if each in new] == [each for each in new if each in old]:
        for name in {**old, **new}:
            yield from _replaced(old.get(name), new.get(name), f"{path}[{name}]", say)
    elif isinstance(before, dict) and isinstance(after, dict):
        for key in {**before, **after}:
            yield from _replaced(before.get(key), after.get(key), f"{path}.{key}", say)
    else:
        yield FieldChange(path, say(before), say(after))


def _by_name(items: Any) -> dict[str, Any]:
    """Nothing for what is no list, or one whose items are not told apart by their names."""
    if not isinstance(items, list):
        return {}
    named = {
        each["name"]: each for each in items if isinstance(each, dict) and isinstance(each.get("name"), str)
    }
    return named if len(named) == len(items) else {}


def _shown(value: Any) -> str:
    return _ABSENT if value is None else msgspec.json.encode(value).decode()


def _hidden(value: Any) -> str:
    return _ABSENT if value is None else _HIDDEN
