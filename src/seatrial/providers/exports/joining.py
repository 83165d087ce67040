"""Puts what files say into a snapshot, after it was held against the cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

import msgspec

from seatrial.cluster.models import Node
from seatrial.cluster.node_groups import membership
from seatrial.cluster.provider_state import Insight, NodeGroup, ProviderState
from seatrial.cluster.snapshot import Snapshot
from seatrial.cluster.version import Minor, Version
from seatrial.providers.exports.belonging import (
    Live,
    Said,
    of_this_cluster,
    refuse_behind,
    refuse_foreign,
    refuse_several,
)
from seatrial.providers.exports.facts import Facts

_USELESS = "these insights are about other things than deprecated APIs: nothing reads them."


class Joined(NamedTuple):
    snapshot: Snapshot
    notes: tuple[str, ...]
    """What the user should know of the files, each a line."""


def with_exports(
    snapshot: Snapshot, files: Iterable[tuple[str, Iterable[Facts]]], live: Live = Live()
) -> Joined:
    """The snapshot with what the files, by their names, say of its provider.

    Raises `BadInput` for a file about another cluster, naming both.
    """
    said = [Said(source, facts) for source, found in files for facts in found]
    notes = []
    for each in said:
        notes += refuse_foreign(snapshot, each, live)
    notes += [f"{each.source}: {each.facts.note}" for each in said if each.facts.note]
    useful = {each.source for each in said if not each.facts.useless}
    notes += [f"{each.source}: {_USELESS}" for each in said if each.source not in useful]
    refuse_several(said)
    refuse_behind(snapshot, said)
    state = _joined(snapshot, [of_this_cluster(each, snapshot, said) for each in said])
    return Joined(replace(snapshot, provider=state), tuple(dict.fromkeys(notes)))


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
        for text in filter(None, versions or (one for some in facts.offered.values() for one in some)):
            version = Version.parse(text)
            if version > running and (
                version.line not in newest or version > Version.parse(newest[version.line])
            ):
                newest[version.line] = text
    return tuple(newest[line] for line in sorted(newest))
