"""Writes the demo's report as one page of HTML that needs nothing from anywhere else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from seatrial.demo.drawing import rollout_svg
from seatrial.demo.summary import ClusterEnd, Summary
from seatrial.errors import PermanentError
from seatrial.rehearsal.timeline import timeline_svg

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .7rem .3rem 0; }
td:not(:last-child) { white-space: nowrap; }
th, td { border-bottom: 1px solid #8884; }
svg { width: 100%; height: auto; }
.rollout text { fill: currentColor; } .rollout text.on-bar { fill: #fff; pointer-events: none; }
figure { margin: 1rem 0; } figure.paper svg { background: #fff; color: #222; }
code { font: 13px ui-monospace, monospace; }
"""


def write_page(path: Path, summary: Summary) -> None:
    try:
        path.write_text(page(summary), encoding="utf-8")
    except OSError as problem:
        raise PermanentError(
            f"the report cannot be written: {problem.strerror}.",
            where=str(path),
            next_step="Free some space, or name another folder with --dir.",
        ) from None


def page(summary: Summary) -> str:
    head = f"Release {summary.release}: {len(summary.clusters)} clusters upgraded"
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(head)}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{escape(head)}</h1>",
            f"<p>Rollout <code>{escape(summary.rollout)}</code> of simulated clusters, from"
            f" {summary.started:%Y-%m-%d %H:%M} to {summary.ended:%Y-%m-%d %H:%M} UTC by their clock; the"
            f" demo itself took {summary.wall_seconds:.0f} seconds and {summary.all_helm_calls} calls of"
            " Helm.</p>",
            "<h2>The rollout</h2>",
            f'<figure class="rollout">{rollout_svg(summary.clusters)}</figure>',
            _table(
                ("Cluster", "Tier", "Provider", "Version", "Predicted", "Took", "How it ended"),
                map(cluster_row, summary.clusters),
            ),
            "<h2>What the rehearsal prevented</h2>",
            *(
                f"<p><strong>{escape(each.cluster)}</strong>: {escape(each.prediction)}"
                f"<br>Fixed before the rollout: {escape(each.fix)}.</p>"
                for each in summary.prevented
            ),
            *(f'<figure class="paper">{timeline_svg(each)}</figure>' for each in summary.rehearsals),
            "<h2>Approvals</h2>",
            *(f"<p>{escape(each)}</p>" for each in summary.approvals),
            "</body></html>\n",
        ]
    )


def cluster_row(end: ClusterEnd) -> tuple[str, ...]:
    return (
        end.name,
        end.tier,
        f"like {end.provider}",
        f"{end.before} → {end.after}",
        minutes(end.predicted),
        " + ".join(minutes(attempt.seconds) for attempt in end.attempts),
        end.how,
    )


def minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f} min"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
