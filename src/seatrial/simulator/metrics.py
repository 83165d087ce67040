"""The API server's own metrics: the two that readiness checks read, in the Prometheus text format.

Names and labels are upstream's, as in
https://kubernetes.io/docs/reference/instrumentation/metrics/ ; the gauge of requested deprecated
APIs is what a check looks at to learn who still asks for a version that goes away.
"""

from __future__ import annotations

from collections import Counter

from seatrial.simulator.surface import Served

_DEPRECATED = "apiserver_requested_deprecated_apis"
_REQUESTS = "apiserver_request_total"


class Metrics:
    """Counts since the API server started: an upgrade replaces it, as a restart does."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, str, str, str, str, str]] = Counter()
        self._deprecated: set[tuple[str, str, str, str, str]] = set()

    def saw_deprecated(self, served: Served, subresource: str) -> None:
        group, version, resource = served.gvr
        removed = str(served.removed) if served.removed else ""
        self._deprecated.add((group, version, resource, subresource, removed))

    def saw_request(self, verb: str, served: Served | None, subresource: str, code: int) -> None:
        group, version, resource = served.gvr if served else ("", "", "")
        self._requests[verb.upper(), group, version, resource, subresource, str(code)] += 1

    def text(self) -> str:
        lines = [
            f"# HELP {_DEPRECATED} [STABLE] Gauge of deprecated APIs that have been requested, broken out by"
            " API group, version, resource, subresource, and removed_release.",
            f"# TYPE {_DEPRECATED} gauge",
        ]
        for group, version, resource, subresource, removed in sorted(self._deprecated):
            lines.append(
                f'{_DEPRECATED}{{group="{group}",removed_release="{removed}",resource="{resource}",'
                f'subresource="{subresource}",version="{version}"}} 1'
            )
        lines += [
            f"# HELP {_REQUESTS} [STABLE] Counter of apiserver requests broken out for each verb, group,"
            " version, resource, subresource and code.",
            f"# TYPE {_REQUESTS} counter",
        ]
        for (verb, group, version, resource, subresource, code), count in sorted(self._requests.items()):
            lines.append(
                f'{_REQUESTS}{{code="{code}",group="{group}",resource="{resource}",'
                f'subresource="{subresource}",verb="{verb}",version="{version}"}} {count}'
            )
        return "\n".join(lines) + "\n"
