"""One cause, many clusters: failures grouped by what they have in common."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from seatrial.rollout.state import UNSUCCESSFUL, ClusterState, RolloutState

_VARYING = re.compile(r"\b[0-9a-f]{8,}\b|\b\d+(?:\.\d+)*\b|(?<=-)[a-z0-9]{5,10}\b")


class Incident(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    cause: str
    """The step and what was said, of the first cluster."""
    clusters: tuple[str, ...]
    since: datetime | None


def incidents(state: RolloutState) -> tuple[Incident, ...]:
    """What is failed now, the cause with the most clusters first."""
    groups: dict[str, list[ClusterState]] = {}
    for cluster in state.clusters.values():
        if cluster.phase in UNSUCCESSFUL:
            groups.setdefault(_signature(cluster), []).append(cluster)
    found = [
        Incident(
            cause=_cause(members[0]),
            clusters=tuple(cluster.name for cluster in members),
            since=min((cluster.since for cluster in members if cluster.since), default=None),
        )
        for members in groups.values()
    ]
    return tuple(sorted(found, key=lambda incident: -len(incident.clusters)))


def _cause(cluster: ClusterState) -> str:
    said = cluster.detail or "it gave no reason"
    return f"{cluster.step}: {said}" if cluster.step else said


def _signature(cluster: ClusterState) -> str:
    """The cause without the cluster's name, hashes, counts and times."""
    return _VARYING.sub("*", _cause(cluster).replace(cluster.name, "*"))
