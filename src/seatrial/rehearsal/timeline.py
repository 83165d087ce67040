"""Draws a rehearsal's timeline as SVG: a bar per step, the critical path in full colour, failures in red.

Our own few shapes rather than a plotting library. It stands alone: no script, no font and no style from
elsewhere; each bar says its step, outcome and duration in words too, for readers and for screen readers.
"""

from __future__ import annotations

from datetime import datetime
from xml.sax.saxutils import escape

from seatrial.rehearsal.report import Label, RehearsalReport, StepOutcome, StepReport

_LEFT, _WIDTH, _RIGHT = 360, 640, 120  # pixels: titles, bars, durations
_TOP, _ROW = 76, 24
_COLOURS = {"critical": "#1d4ed8", "other": "#93a4c3", "failed": "#c2261d", "unknown": "#8b5cf6"}


def timeline_svg(report: RehearsalReport) -> str:
    """The whole document; times are simulated, from the first step on."""
    steps = [step for step in report.steps if step.started is not None and step.ended is not None]
    total = max(report.simulated_seconds, 1.0)
    first = min((step.started for step in steps if step.started), default=report.captured_at)
    height = _TOP + _ROW * len(steps) + 56
    width = _LEFT + _WIDTH + _RIGHT
    heading = f"Rehearsal of {report.cluster}: {report.from_version} → {report.to_version}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
        ' font-family="system-ui, sans-serif" font-size="13">',
        f"<title>{escape(heading)}. {escape(report.verdict)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="26" font-size="16" font-weight="600">{escape(heading)}</text>',
        f'<text x="16" y="46" fill="#555">{escape(report.verdict)}</text>',
        *_grid(total, height),
    ]
    for number, step in enumerate(steps):
        parts += _bar(step, number, report, first, total)
    parts += [*_legend(height - 16), "</svg>"]
    return "\n".join(parts) + "\n"


def _bar(step: StepReport, number: int, report: RehearsalReport, first: datetime, total: float) -> list[str]:
    began = step.started or first
    begin = (began - first).total_seconds() / total * _WIDTH
    length = max(2.0, (step.simulated_seconds or 0.0) / total * _WIDTH)
    y = _TOP + _ROW * number
    critical = step.id in report.critical_path
    takes = _minutes(step.simulated_seconds or 0.0)
    title = escape(_short(step.title))
    words = f"{step.title}: {step.outcome.value}, {takes}, {step.label.value}"
    return [
        f"<g><title>{escape(words)}</title>",
        f'<text x="{_LEFT - 12}" y="{y + 14}" text-anchor="end"'
        f' font-weight="{600 if critical else 400}">{title}</text>',
        f'<rect x="{_LEFT + begin:.1f}" y="{y + 3}" width="{length:.1f}" height="{_ROW - 8}" rx="3"'
        f' fill="{_COLOURS[_kind(step, critical)]}"/>',
        f'<text x="{_LEFT + begin + length + 6:.1f}" y="{y + 14}" fill="#333">{takes}'
        f"{' fails' if step.outcome is StepOutcome.FAILED else ''}</text></g>",
    ]


def _kind(step: StepReport, critical: bool) -> str:
    if step.outcome is StepOutcome.FAILED:
        return "failed"
    if step.label is Label.NOT_MODELLED:
        return "unknown"
    return "critical" if critical else "other"


def _grid(total: float, height: int) -> list[str]:
    """A line every so many minutes that about six fit."""
    every = next((step for step in (60, 300, 600, 1800, 3600, 7200, 21600) if total / step <= 8), 86400)
    lines = []
    for at in range(0, int(total) + 1, every):
        x = _LEFT + at / total * _WIDTH
        lines.append(f'<line x1="{x:.1f}" y1="{_TOP - 4}" x2="{x:.1f}" y2="{height - 40}" stroke="#e3e6ec"/>')
        lines.append(
            f'<text x="{x:.1f}" y="{_TOP - 8}" text-anchor="middle" font-size="11" fill="#777">'
            f"{at // 60} min</text>"
        )
    return lines


def _legend(y: int) -> list[str]:
    shown = (
        ("critical", "decides how long it takes"),
        ("other", "other steps"),
        ("failed", "fails"),
        ("unknown", "not modelled"),
    )
    parts = []
    for number, (kind, text) in enumerate(shown):
        x = 16 + number * 210
        parts.append(f'<rect x="{x}" y="{y - 10}" width="14" height="12" rx="2" fill="{_COLOURS[kind]}"/>')
        parts.append(f'<text x="{x + 20}" y="{y}">{text}</text>')
    return parts


def _short(title: str) -> str:
    return title if len(title) <= 50 else title[:49] + "…"


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
