"""What the API servers' own metrics say about deprecated APIs that somebody still asks for.

`apiserver_requested_deprecated_apis` is 1 for each group, version and resource that was requested
since that API server started; every replica counts for itself, so all of them must be heard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from seatrial.cluster.objects import GroupVersionResource

METRIC = "apiserver_requested_deprecated_apis"
_SAMPLE = rf"(?m)^{METRIC}\{{(?P<labels>[^}}]*)\}}\s+(?P<value>\S+)"
_LABEL = r'(\w+)="((?:[^"\\]|\\.)*)"'


class DeprecatedRequest(msgspec.Struct, frozen=True, order=True):
    group: str
    version: str
    resource: str
    subresource: str = ""
    removed_release: str = ""
    """The minor that upstream planned the removal for when the server was built; may be empty."""

    @property
    def gvr(self) -> GroupVersionResource:
        return GroupVersionResource(self.group, self.version, self.resource)


class ApiMetrics(msgspec.Struct, frozen=True, kw_only=True):
    requests: tuple[DeprecatedRequest, ...] = ()
    servers_heard: int = 1
    servers_known: int | None = None
    """How many API servers there are; None where the provider hides them behind one address."""
    unheard: tuple[str, ...] = ()
    """Those that did not answer, each with why: "10.0.0.2:6443 cannot be reached (connection refused)"."""


def parse_deprecated_requests(text: str) -> tuple[DeprecatedRequest, ...]:
    """The requests in one server's `/metrics`, sorted."""
    found = set()
    for sample in re.finditer(_SAMPLE, text):
        if not _is_set(sample["value"]):
            continue
        labels = dict(re.findall(_LABEL, sample["labels"]))
        found.add(
            DeprecatedRequest(
                labels.get("group", ""),
                labels.get("version", ""),
                labels.get("resource", ""),
                labels.get("subresource", ""),
                labels.get("removed_release", ""),
            )
        )
    return tuple(sorted(found))


def _is_set(value: str) -> bool:
    try:
        return float(value) > 0
    except ValueError:
        return False


def merge_metrics(
    servers: Iterable[str], *, servers_known: int | None, unheard: tuple[str, ...] = ()
) -> ApiMetrics:
    """One picture from the `/metrics` of each API server that answered."""
    texts = list(servers)
    requests = {request for text in texts for request in parse_deprecated_requests(text)}
    return ApiMetrics(
        requests=tuple(sorted(requests)),
        servers_heard=len(texts),
        servers_known=servers_known,
        unheard=unheard,
    )
