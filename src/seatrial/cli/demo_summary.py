"""Prints how the demo ended."""

from __future__ import annotations

from seatrial.cli.output import Tone, icon, print_line, print_table
from seatrial.demo.page import cluster_row
from seatrial.demo.summary import Summary


def print_summary(summary: Summary) -> None:
    rows = [cluster_row(end) for end in summary.clusters]
    print_table(
        ("CLUSTER", "TIER", "PROVIDER", "VERSION", "PREDICTED", "TOOK", "HOW IT ENDED"),
        [
            (*row[:-1], row[-1] if row[-1] == "succeeded" else "succeeded at the second attempt")
            for row in rows
        ],
    )
    print_line("")
    for end in summary.clusters:
        if len(end.attempts) > 1:
            print_line((f"{icon(Tone.WARN)} {end.name}  ", Tone.WARN), end.how)
    for missed in summary.prevented:
        print_line(
            (f"{icon(Tone.GOOD)} {missed.cluster}  ", Tone.GOOD), f"a failed upgrade less: {missed.fix}"
        )
    for approval in summary.approvals:
        print_line((f"{icon(Tone.GOOD)} approved  ", Tone.GOOD), approval)
    by_verb = ", ".join(f"{count} {verb}" for verb, count in sorted(summary.helm_calls.items()))
    days = (summary.ended - summary.started).total_seconds() / 86400
    print_line("")
    print_line(
        f"{days:.1f} days of the fleet in {summary.wall_seconds:.0f} seconds; real Helm was called"
        f" {summary.all_helm_calls} times ({by_verb})."
    )
