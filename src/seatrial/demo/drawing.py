"""Draws a rollout as SVG: a row per cluster, a bar per attempt, waits shortened to a gap.

A soak lasts days and an upgrade half an hour: on one scale no bar could be seen. So only the time in
which something ran is to scale; each wait is a gap of fixed width that says how long it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from seatrial.demo.summary import Attempt, ClusterEnd
from seatrial.fleet.durations import write_duration
from seatrial.rollout.events import Outcome

_LEFT, _WIDTH, _ROW, _TOP = 150.0, 820.0, 30.0, 44.0
_GAP = 70.0
_WIDE_ENOUGH = 60.0  # for words on a bar
_WORTH_A_GAP = timedelta(minutes=10)
_COLOURS = {Outcome.SUCCEEDED: "#1a7f4b", Outcome.FAILED: "#c2261d"}


def rollout_svg(clusters: Sequence[ClusterEnd]) -> str:
    """The drawing; nothing in it is fetched from elsewhere."""
    attempts = [attempt for cluster in clusters for attempt in cluster.attempts]
    if not attempts:
        return ""
    scale = _Scale.over(attempts)
    height = _TOP + _ROW * len(clusters) + 16
    parts = [
        f'<svg viewBox="0 0 {_LEFT + _WIDTH + 20:.0f} {height:.0f}" role="img" font-size="13"'
        ' aria-label="The rollout over time: one row per cluster">'
    ]
    parts += _waits(scale, height)
    for number, cluster in enumerate(clusters):
        y = _TOP + _ROW * number
        parts.append(f'<text x="8" y="{y + 17:.0f}">{escape(cluster.name)}</text>')
        parts += [_bar(cluster.name, attempt, y, scale) for attempt in cluster.attempts]
    return "\n".join([*parts, "</svg>"])


def _bar(cluster: str, attempt: Attempt, y: float, scale: _Scale) -> str:
    begin, end = scale.x(attempt.started), scale.x(attempt.ended)
    said = (
        f"{cluster}: {attempt.outcome.value}, {attempt.started:%Y-%m-%d %H:%M} to {attempt.ended:%H:%M} UTC"
        + (f"; {attempt.step}: {attempt.detail}" if attempt.detail else "")
    )
    colour = _COLOURS.get(attempt.outcome, "#8a6d1a")
    width = max(3.0, end - begin)
    middle = begin + width / 2
    sign = "" if attempt.outcome is Outcome.SUCCEEDED else "✘ "
    took = f"{sign}{attempt.seconds / 60:.0f} min" if width > _WIDE_ENOUGH else sign
    return (
        f'<rect x="{begin:.1f}" y="{y + 3:.0f}" width="{width:.1f}" height="20" rx="3" fill="{colour}">'
        f"<title>{escape(said)}</title></rect>"
        f'<text class="on-bar" x="{middle:.1f}" y="{y + 18:.0f}" text-anchor="middle">{took}</text>'
    )


def _waits(scale: _Scale, height: float) -> list[str]:
    parts = []
    for begin, end in scale.waits:
        x, middle = scale.x(begin), scale.x(begin) + _GAP / 2
        lasted = write_duration(timedelta(seconds=round((end - begin).total_seconds() / 60) * 60))
        parts.append(
            f'<rect x="{x:.1f}" y="{_TOP - 8:.0f}" width="{_GAP:.0f}" height="{height - _TOP:.0f}"'
            ' fill="#8888" fill-opacity="0.15"/>'
            f'<text x="{middle:.1f}" y="{_TOP - 28:.0f}" text-anchor="middle">{lasted}</text>'
            f'<text x="{middle:.1f}" y="{_TOP - 14:.0f}" text-anchor="middle" font-size="11">'
            f"until {end:%a %H:%M}</text>"
        )
    return parts


@dataclass(frozen=True, slots=True)
class _Scale:
    busy: tuple[tuple[datetime, datetime], ...]
    """Times in which something ran, in order, apart from each other."""
    per_second: float

    @classmethod
    def over(cls, attempts: Sequence[Attempt]) -> _Scale:
        busy: list[tuple[datetime, datetime]] = []
        for begin, end in sorted((attempt.started, attempt.ended) for attempt in attempts):
            if busy and begin - busy[-1][1] < _WORTH_A_GAP:
                busy[-1] = (busy[-1][0], max(busy[-1][1], end))
            else:
                busy.append((begin, end))
        seconds = sum((end - begin).total_seconds() for begin, end in busy)
        room = max(100.0, _WIDTH - _GAP * (len(busy) - 1))
        return cls(tuple(busy), room / max(seconds, 1.0))

    @property
    def waits(self) -> list[tuple[datetime, datetime]]:
        return [(left[1], right[0]) for left, right in zip(self.busy, self.busy[1:], strict=False)]

    def x(self, time: datetime) -> float:
        x = _LEFT
        for begin, end in self.busy:
            if time <= end:
                return x + max(0.0, (time - begin).total_seconds()) * self.per_second
            x += (end - begin).total_seconds() * self.per_second + _GAP
        return x
