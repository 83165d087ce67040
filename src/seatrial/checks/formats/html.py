"""Reports as one page of HTML that needs nothing from anywhere else, and runs nothing.

For a fleet the page starts with who is ready and which cause to remove first; for one cluster with its
verdict. A content security policy forbids scripts and every connection, for names in a cluster
are somebody else's words.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator

from seatrial.checks.cluster_reports import ClusterReport
from seatrial.checks.fleet_readiness import FleetReadiness, Readiness, fleet_readiness, readiness_of
from seatrial.checks.formats.style import STYLE
from seatrial.checks.grouping import Gap, gaps
from seatrial.checks.wording import counted
from seatrial.cluster.findings import Evidence, Finding, Report, Severity, Waived

_SIGNS = {
    Readiness.READY: ("good", "✔"),
    Readiness.WARNED: ("warn", "▲"),
    Readiness.UNKNOWN: ("unknown", "?"),
    Readiness.BLOCKED: ("bad", "✖"),
}
_SEVERITIES = {
    Severity.BLOCKER: ("bad", "✖ Blockers"),
    Severity.WARNING: ("warn", "▲ Warnings"),
    Severity.INFO: ("quiet", "• For information"),
}
_EVIDENCE = {
    Evidence.CLIENT_CALLS: "a client asks for it",
    Evidence.STATE: "the object is so now",
    Evidence.WILL_BE_APPLIED_AGAIN: "it will be applied again",
    Evidence.ONCE_WAS: "it once was so",
}
_MOST_OBJECTS = 50
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


_STEERING = dict.fromkeys(
    (*range(32), *range(127, 160), 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\ufffd"
)
"""Control characters, which HTML forbids, and what turns the direction of text."""


def html_page(clusters: Iterable[ClusterReport], *, made: str) -> str:
    """The page; `made` is when, for people ("2026-11-22 01:20 UTC")."""
    clusters = tuple(clusters)
    title = _title(clusters)
    body = [f"<h1>{escape(title)}</h1>", f'<p class="made">Seatrial, {escape(made)}</p>']
    if len(clusters) > 1:
        body += _fleet(fleet_readiness(clusters), clusters)
    for number, each in enumerate(clusters):
        if len(clusters) > 1:
            body.append(f'<h2 id="c{number}">{escape(each.cluster)}</h2>')
        body += _cluster(each.report)
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>",
            *body,
            "</body></html>\n",
        ]
    )


def escape(text: str) -> str:
    return html.escape(text.translate(_STEERING))


def _title(clusters: tuple[ClusterReport, ...]) -> str:
    if len(clusters) == 1:
        return f"Is {clusters[0].cluster} ready for Kubernetes {clusters[0].report.target}?"
    return f"Are these {len(clusters)} clusters ready for their upgrade?"


def _fleet(fleet: FleetReadiness, clusters: tuple[ClusterReport, ...]) -> Iterator[str]:
    total = max(1, len(clusters))
    yield '<p class="bar" role="img" aria-label="Readiness of the fleet">'
    for state in Readiness:
        number = fleet.count(state)
        if number:
            tone, sign = _SIGNS[state]
            share = f"flex:{number / total:.4f}"
            yield f'<span class="{tone}" style="{share}">{sign} {number} {state.value}</span>'
    yield "</p>"
    if fleet.causes:
        yield "<h2>What to remove first</h2><table><thead><tr><th>Cause</th><th>Makes ready</th>"
        yield "<th>Blocks</th><th>Ask</th></tr></thead><tbody>"
        for cause in fleet.causes:
            check = f" <code>{escape(cause.check)}</code>" if cause.check else ""
            yield (
                f"<tr><td>{escape(cause.title)}{check}</td><td>{_named(cause.unblocks)}</td>"
                f"<td>{_named(cause.clusters)}</td><td>{escape(', '.join(cause.responsible[:5]))}</td></tr>"
            )
        yield "</tbody></table>"
    yield "<h2>Clusters</h2><table><thead><tr><th>Cluster</th><th>Version</th><th>Target</th><th>Verdict</th>"
    yield "<th>Blockers</th><th>Warnings</th><th>Not looked at</th></tr></thead><tbody>"
    for number, each in enumerate(clusters):
        report = each.report
        yield (
            f'<tr><td><a href="#c{number}">{escape(each.cluster)}</a></td><td>{escape(each.version)}</td>'
            f"<td>{escape(report.target)}</td><td>{_verdict(report)}</td>"
            f"<td>{report.count(Severity.BLOCKER)}</td><td>{report.count(Severity.WARNING)}</td>"
            f"<td>{len(gaps(report.incomplete))}</td></tr>"
        )
    yield "</tbody></table>"


def _named(clusters: tuple[str, ...]) -> str:
    shown = ", ".join(clusters[:6])
    more = f" and {len(clusters) - 6} more" if len(clusters) > 6 else ""
    return f"<strong>{len(clusters)}</strong> {escape(shown + more)}"


def _verdict(report: Report) -> str:
    state = readiness_of(report)
    tone, sign = _SIGNS[state]
    return f'<span class="word {tone}">{sign} {state.value}</span>'


def _cluster(report: Report) -> Iterator[str]:
    yield (
        f"<p>{_verdict(report)} {escape(report.subject)} to Kubernetes {escape(report.target)}:"
        f" {_counted(report)}.</p>"
    )
    for severity, (tone, heading) in _SEVERITIES.items():
        found = [each for each in report.findings if each.severity is severity]
        if found:
            yield f'<h3 class="{tone}">{heading} ({len(found)})</h3>'
            yield from (_finding(each, opened=severity is Severity.BLOCKER) for each in found)
    unread = gaps(report.incomplete)
    if unread:
        yield f'<h3 class="unknown">? Not looked at ({len(unread)})</h3>'
        yield from map(_gap, unread)
    if report.waived:
        yield f'<h3 class="quiet">Waived ({len(report.waived)})</h3>'
        yield from map(_waived, report.waived)
    if report.known:
        yield f'<h3 class="quiet">Known from the baseline ({len(report.known)})</h3>'
        yield from (_finding(each, opened=False) for each in report.known)


def _counted(report: Report) -> str:
    counts = [
        f"{number} {noun}{'s' if number != 1 and noun in ('blocker', 'warning') else ''}"
        for number, noun in (
            (report.count(Severity.BLOCKER), "blocker"),
            (report.count(Severity.WARNING), "warning"),
            (report.count(Severity.INFO), "for information"),
            (len(gaps(report.incomplete)), "not looked at"),
        )
        if number
    ]
    return f"{', '.join(counts) or 'nothing found'}; {counted(len(report.checked), 'check')}"


def _finding(finding: Finding, *, opened: bool) -> str:
    rows = [
        ("Where", finding.location),
        ("Fix", finding.fix),
        ("Owner", str(finding.owner) if finding.owner else ""),
        ("Ask", ", ".join(finding.responsible)),
        ("Evidence", _EVIDENCE[finding.evidence]),
        ("Source", finding.source),
        ("Check", finding.check),
    ]
    return (
        f"<details{' open' if opened else ''}><summary>{escape(finding.title)}"
        f"{_which(finding)}</summary><p>{escape(finding.message)}</p><dl>"
        + "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in rows if value)
        + _objects(finding)
        + "</dl></details>"
    )


def _which(finding: Finding) -> str:
    if not finding.objects:
        return ""
    what = str(finding.objects[0]) if len(finding.objects) == 1 else f"{len(finding.objects)} objects"
    return f' <span class="quiet">{escape(what)}</span>'


def _objects(finding: Finding) -> str:
    if len(finding.objects) < 2:
        return ""
    shown = "".join(f"<li><code>{escape(str(ref))}</code></li>" for ref in finding.objects[:_MOST_OBJECTS])
    more = len(finding.objects) - _MOST_OBJECTS
    return f"<dt>Objects</dt><dd><ul>{shown}{f'<li>and {more} more</li>' if more > 0 else ''}</ul></dd>"


def _gap(gap: Gap) -> str:
    next_step = f"<br>{escape(gap.next_step)}" if gap.next_step else ""
    return (
        f"<p><strong>{escape(gap.what)}</strong> <code>{escape(', '.join(gap.checks))}</code><br>"
        f"{escape(gap.why)}{next_step}</p>"
    )


def _waived(waived: Waived) -> str:
    return (
        f"<p>{escape(waived.finding.title)}: {escape(waived.finding.message)}<br>"
        f"<strong>{escape(waived.who)}</strong> until {escape(waived.until)}: {escape(waived.why)}</p>"
    )
