"""Puts what files say into a snapshot, after it was held against the cluster: another's is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

import msgspec

from seatrial.catalog.providers import provider_by_signs
from seatrial.cluster.models import Node
from seatrial.cluster.node_groups import membership
from seatrial.cluster.provider_state import Insight, NodeGroup, ProviderState
from seatrial.cluster.snapshot import Snapshot
from seatrial.cluster.version import Minor, Version
from seatrial.errors import BadInput
from seatrial.providers.exports.facts import Facts

_CONTEXTS = (
    ("eks", re.compile(r"^arn:[a-z-]+:eks:[^:]*:[0-9]*:cluster/(?P<name>[^/]+)$")),
    ("gke", re.compile(r"^gke_[^_]+_[^_]+_(?P<name>[^_]+)$")),
)
"""What `aws eks update-kubeconfig` and `gcloud container clusters get-credentials` call contexts; the Azure
CLI calls them like the cluster, as people do others."""
_NAMES = {"eks": "EKS", "gke": "GKE", "aks": "AKS"}


class Live(NamedTuple):
    """What is known of the cluster beside its snapshot."""

    host: str = ""
    """Where its API server is reached; empty for a file."""


class Joined(NamedTuple):
    snapshot: Snapshot
    notes: tuple[str, ...]
    """What the user should know of the files, each a line."""


class _Said(NamedTuple):
    source: str
    facts: Facts


def with_exports(
    snapshot: Snapshot, files: Iterable[tuple[str, Iterable[Facts]]], live: Live = Live()
) -> Joined:
    """The snapshot with what the files, by their names, say of its provider.

    Raises `BadInput` for a file about another cluster, naming both.
    """
    said = [_Said(source, facts) for source, found in files for facts in found]
    notes = []
    for each in said:
        notes += _belongs(snapshot, each, live)
        if each.facts.note:
            notes.append(f"{each.source}: {each.facts.note}")
    _agree(said)
    state = _joined(snapshot, [each.facts for each in said])
    return Joined(replace(snapshot, provider=state), tuple(dict.fromkeys(notes)))


def _belongs(snapshot: Snapshot, said: _Said, live: Live) -> list[str]:
    """Refuse what contradicts the cluster; the notes tell what could not be held against anything."""
    facts, meta = said.facts, snapshot.meta
    known = _provider_of(snapshot, live)
    if known and known != facts.provider:
        raise _foreign(
            said, f"it is about {_NAMES[facts.provider]}", f"{meta.cluster} is a cluster of {known.upper()}"
        )
    if facts.version and Minor.parse(facts.version) != meta.minor:
        raise _foreign(
            said,
            f"it says that {_named(facts.clusters) or 'the cluster'} runs {Minor.parse(facts.version)}",
            f"{meta.cluster} runs {meta.minor}",
        )
    if facts.before and Minor.parse(facts.before) <= meta.minor:
        raise _foreign(
            said, f"it is about an upgrade to {facts.before}", f"{meta.cluster} runs {meta.minor} already"
        )
    if live.host in facts.hosts and live.host:
        return []
    if facts.hosts and provider_by_signs("", (), live.host) == facts.provider:
        raise _foreign(
            said,
            f"it is about {_named(facts.clusters) or 'a cluster'} at {facts.hosts[0]}",
            f"{meta.cluster} is reached at {live.host}",
        )
    own = _own_name(meta.cluster, facts.provider)
    if own and facts.clusters and facts.clusters != (own,):
        raise _foreign(
            said, f"it is about {_named(facts.clusters)}", f"the cluster is {own} ({meta.cluster})"
        )
    if facts.clusters and facts.clusters != (own or meta.cluster,):
        return [f"{said.source} is about {_named(facts.clusters)}: taken for {meta.cluster}."]
    return []


def _foreign(said: _Said, theirs: str, ours: str) -> BadInput:
    return BadInput(
        f"this file is about another cluster, or is out of date: {theirs}, and {ours}.",
        where=said.source,
        next_step="Write the file again for this cluster, or leave it out.",
    )


def _agree(said: Iterable[_Said]) -> None:
    first: _Said | None = None
    for each in said:
        if not each.facts.clusters:
            continue
        if first is None:
            first = each
        elif first.facts.clusters != each.facts.clusters:
            raise BadInput(
                f"this file is about {_named(each.facts.clusters)}, and {first.source} is about"
                f" {_named(first.facts.clusters)}.",
                where=each.source,
                next_step="Give files of one cluster.",
            )


def _named(clusters: tuple[str, ...]) -> str:
    return " and ".join(clusters)


def _own_name(context: str, provider: str) -> str:
    """What the provider calls the cluster, where the context says it for sure."""
    for whose, pattern in _CONTEXTS:
        if whose == provider and (found := pattern.match(context)):
            return found["name"]
    return ""


def _provider_of(snapshot: Snapshot, live: Live) -> str:
    """Empty where nothing tells."""
    if snapshot.provider is not None and snapshot.provider.kind != "simulated":
        return snapshot.provider.kind
    labels = (key for node in snapshot.read(Node) for key in node.labels)
    return provider_by_signs(snapshot.meta.server_version, labels, live.host)


def _joined(snapshot: Snapshot, said: list[Facts]) -> ProviderState:
    """What files say stands over what was known."""
    meta = snapshot.meta
    known = snapshot.provider or ProviderState(kind="", version=str(meta.version), complete=False)
    state = msgspec.structs.replace(
        known,
        kind=next((each.provider for each in said), known.kind),
        status=_last((each.status for each in said), known.status),
        support=_last((each.support for each in said), known.support),
        node_groups=_by_name(known.node_groups, said, snapshot),
        insights=_insights(known.insights, said, meta.minor),
        available_versions=_offered(said, meta.version) or known.available_versions,
        pod_ranges=tuple(
            dict.fromkeys((*known.pod_ranges, *(one for each in said for one in each.pod_ranges)))
        ),
    )
    subnets = {one.name: one for each in said for one in each.subnets}
    of_control_plane = {name for each in said for name in each.control_plane_subnets}
    subnets = {**{each.name: each for each in state.subnets}, **subnets}
    return msgspec.structs.replace(
        state,
        subnets=tuple(
            msgspec.structs.replace(
                each, for_control_plane=each.for_control_plane or each.name in of_control_plane
            )
            for each in subnets.values()
        ),
    )


def _last(said: Iterable[str], known: str) -> str:
    return next((each for each in reversed([*said]) if each), known)


def _by_name(known: Iterable[NodeGroup], said: Iterable[Facts], snapshot: Snapshot) -> tuple[NodeGroup, ...]:
    groups = {each.name: each for each in known}
    newest: dict[str, str] = {}
    template_of: dict[str, str] = {}
    told = set()
    for facts in said:
        groups |= {each.name: each for each in facts.node_groups}
        told |= {each.name for each in facts.node_groups}
        newest |= facts.newest_of
        template_of |= facts.template_of
    sizes = _sizes(snapshot) if told else {}
    return tuple(
        msgspec.structs.replace(
            each,
            size=each.size or sizes.get(name, 0),
            newest_template_version=newest.get(template_of.get(name, ""), each.newest_template_version),
        )
        if name in told
        else each
        for name, each in groups.items()
    )


def _sizes(snapshot: Snapshot) -> Mapping[str, int]:
    """Nodes of each group, for documents that do not tell it."""
    found: dict[str, int] = {}
    for node in snapshot.read(Node):
        name = membership(node.labels).group
        found[name] = found.get(name, 0) + 1
    return found


def _insights(
    known: tuple[Insight, ...] | None, said: Iterable[Facts], running: Minor
) -> tuple[Insight, ...] | None:
    """Without those of a list that another file tells in full, and those about minors that are behind."""
    told = [each.insights for each in said if each.insights is not None]
    if not told:
        return known
    found = dict.fromkeys((*(known or ()), *(one for some in told for one in some)))
    in_full = {each.name for each in found if each.api}
    return tuple(
        each
        for each in found
        if each.api or each.name not in in_full
        if not each.removed_in or Minor.parse(each.removed_in) > running
    )


def _offered(said: Iterable[Facts], running: Version) -> tuple[str, ...]:
    """The newest patch of each minor from the one that runs on, of the channel that the cluster follows.

    Where the channel is not known, whatever any of them offers: refusing is for what nobody offers."""
    said = tuple(said)
    channel = _last((each.channel for each in said), "")
    newest: dict[Minor, str] = {}
    for facts in said:
        versions = facts.offered.get(channel) if channel else None
        for text in versions or (one for some in facts.offered.values() for one in some):
            version = Version.parse(text)
            if version > running and (
                version.line not in newest or version > Version.parse(newest[version.line])
            ):
                newest[version.line] = text
    return tuple(newest[line] for line in sorted(newest))
