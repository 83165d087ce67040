"""Whether an exported document is about the cluster at hand: another's is refused, naming both."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from seatrial.catalog.providers import provider_by_signs
from seatrial.cluster.models import Node
from seatrial.cluster.snapshot import Snapshot
from seatrial.cluster.version import Minor
from seatrial.errors import BadInput
from seatrial.providers.exports.facts import Facts

_CONTEXTS = (
    ("eks", re.compile(r"^arn:[a-z-]+:eks:[^:]*:[0-9]*:cluster/(?P<name>[^/]+)$")),
    ("eks", re.compile(r"^[^@]+@(?P<name>[^.@]+)\.[a-z0-9-]+\.eksctl\.io$")),
    ("gke", re.compile(r"^gke_[^_]+_[^_]+_(?P<name>[^_]+)$")),
)
"""What `aws eks update-kubeconfig`, eksctl and `gcloud container clusters get-credentials` call contexts; the
Azure CLI calls them like the cluster, as people do others."""
_NAMES = {"eks": "EKS", "gke": "GKE", "aks": "AKS"}


class Live(NamedTuple):
    """What is known of the cluster beside its snapshot."""

    host: str = ""
    """Where its API server is reached; empty for a file."""


class Said(NamedTuple):
    """What one document of a file says."""

    source: str
    facts: Facts


def refuse_foreign(snapshot: Snapshot, said: Said, live: Live) -> list[str]:
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


def refuse_behind(snapshot: Snapshot, said: Iterable[Said]) -> None:
    """Refuse a file all of whose insights are about minors that the cluster has behind it."""
    ahead: dict[str, list[Said]] = {}
    for each in said:
        if each.facts.before:
            ahead.setdefault(each.source, []).append(each)
    for of_file in ahead.values():
        newest = max(of_file, key=lambda each: Minor.parse(each.facts.before))
        if Minor.parse(newest.facts.before) <= snapshot.meta.minor:
            raise _foreign(
                newest,
                f"it is about an upgrade to {newest.facts.before}",
                f"{snapshot.meta.cluster} runs {snapshot.meta.minor} already",
            )


def _foreign(said: Said, theirs: str, ours: str) -> BadInput:
    return BadInput(
        f"this file is about another cluster, or is out of date: {theirs}, and {ours}.",
        where=said.source,
        next_step="Write the file again for this cluster, or leave it out.",
    )


def refuse_several(said: Iterable[Said]) -> None:
    first: Said | None = None
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


def of_this_cluster(said: Said, snapshot: Snapshot, all_said: Iterable[Said]) -> Facts:
    """With its own share of a list that is about all clusters at a place."""
    facts, cluster = said.facts, snapshot.meta.cluster
    if facts.insights_of is None:
        return facts
    names = [_own_name(cluster, facts.provider), *(name for each in all_said for name in each.facts.clusters)]
    names += [cluster] if cluster in facts.insights_of else []
    name = next(filter(None, names), "")
    if facts.insights_of and not name:
        raise BadInput(
            f"this is about {_named(tuple(facts.insights_of))}, and nothing tells which is {cluster}.",
            where=said.source,
            next_step="Give what `gcloud container clusters describe` prints of it, too.",
        )
    return msgspec.structs.replace(facts, insights=facts.insights_of.get(name, ()))


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
