"""What one exported document says, before it is held against a cluster."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

import msgspec

from seatrial.cluster.provider_state import Insight, NodeGroup, PodRange, Subnet

_LONGEST_AGENT = 160  # characters
_LONGEST_WORD = 64
"""A word of a user agent that is longer is no name of a program: it may be a key."""

Word = Annotated[str, msgspec.Meta(max_length=300, pattern=r"^[A-Za-z0-9_.:/@+ ()%*,'-]*\Z")]
"""A name or a state, as providers write them; whatever else stands there is no document of theirs."""
_NUMBER = "(0|[1-9][0-9]{0,4})"
VersionText = Annotated[
    str,
    msgspec.Meta(
        max_length=60,
        pattern=rf"^(v?{_NUMBER}\.{_NUMBER}(\.{_NUMBER})?([-+][A-Za-z0-9.+-]*)?)?\Z",
    ),
]
"""Empty where it is not told."""
Count = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
Timestamp = str | float | int
"""RFC 3339, or seconds since 1970 as version 1 of the AWS CLI prints them."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Of one document. The first fields say whose it is, and are not kept."""

    provider: str
    """ "eks", "gke" or "aks"."""
    clusters: tuple[str, ...] = ()
    """The names of the cluster in it; empty where it names none."""
    hosts: tuple[str, ...] = ()
    """The names under which the cluster's API server is reached."""
    before: str = ""
    """The minor of the upgrade that it is about; empty: of none in particular."""

    version: str = ""
    status: str = ""
    support: str = ""
    node_groups: tuple[NodeGroup, ...] = ()
    insights: tuple[Insight, ...] | None = None
    insights_of: Mapping[str, tuple[Insight, ...]] | None = None
    """By cluster, where a list is about all at a place; those that it does not name have none."""
    subnets: tuple[Subnet, ...] = ()
    control_plane_subnets: tuple[str, ...] = ()
    pod_ranges: tuple[PodRange, ...] = ()
    channel: str = ""
    """The release channel that the cluster follows."""
    offered: Mapping[str, tuple[str, ...]] = {}
    """Versions by release channel; "" where there are no channels, or for clusters in none."""
    template_of: Mapping[str, str] = {}
    """The launch template of a node group."""
    newest_of: Mapping[str, str] = {}
    """The newest version of a launch template."""
    useless: bool = False
    """It holds nothing that a check reads."""
    note: str = ""
    """What the user should know of this document."""


class Format(NamedTuple):
    """One document of a provider's command line."""

    command: str
    """What prints it."""
    fits: Callable[[Any], bool]
    """Whether a decoded document is one, by its outermost fields."""
    read: Callable[[Any], Facts]
    """Raises `msgspec.ValidationError` where it is damaged."""


def has(document: Any, *fields: str) -> bool:
    return isinstance(document, dict) and all(field in document for field in fields)


def moment(timestamp: Timestamp) -> str:
    """RFC 3339 in UTC; empty where it is no moment."""
    try:
        if isinstance(timestamp, str):
            found = datetime.fromisoformat(timestamp)
            found = found if found.tzinfo else found.replace(tzinfo=UTC)
        else:
            found = datetime.fromtimestamp(timestamp, UTC)
        return found.astimezone(UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return ""


def share(amount: str, of: int) -> int:
    """ "2" or "33%" of so many nodes, rounded up; 0 where it says neither."""
    number = amount.removesuffix("%")
    if not number.isdecimal() or len(number) > 6:
        return 0
    return math.ceil(int(number) * of / 100) if amount.endswith("%") else int(number)


def user_agent(text: str) -> str:
    """What a client calls itself: printable, short, and without what may be a key."""
    words = (
        "…" if len(word) > _LONGEST_WORD or "=" in word else word
        for word in "".join(each if each.isprintable() else "?" for each in text).split()
    )
    return " ".join(words)[:_LONGEST_AGENT]
