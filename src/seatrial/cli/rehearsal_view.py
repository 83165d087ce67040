"""Prints a rehearsal for people: its timeline, what fails and why, what changes, what is unknown."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import timedelta
from typing import TextIO

from seatrial.cli.output import Tone, icon, print_line
from seatrial.errors import ExitCode
from seatrial.rehearsal.report import (
    Comparison,
    FromPortable,
    Label,
    NodeVersions,
    RehearsalReport,
    StepOutcome,
    StepReport,
)

_TONES = {
    StepOutcome.SUCCEEDED: Tone.GOOD,
    StepOutcome.ALREADY_DONE: Tone.GOOD,
    StepOutcome.FAILED: Tone.BAD,
    StepOutcome.NOT_REACHED: Tone.QUIET,
    StepOutcome.NOT_NEEDED: Tone.QUIET,
}
_WORTH_NAMING = 0.05  # of the whole
_BAR = 24  # characters
_TITLE = 60  # characters
_MOST = 12  # lines of a list before the rest is only counted


def print_rehearsal(report: RehearsalReport) -> None:
    print_line(
        (f"Rehearsal of {report.cluster}: {report.from_version} → {report.to_version}", Tone.STRONG),
        f"  on a twin of {report.captured_at:%Y-%m-%d %H:%M} UTC, plan {report.plan_digest[:12]}",
    )
    print_line("")
    _print_steps(report)
    for step in report.steps:
        _print_trouble(step)
    print_line("")
    _print_duration(report)
    _print_changes(report.changes)
    for finding in report.new_findings:
        print_line((f"{icon(Tone.WARN)} new finding  ", Tone.WARN), f"{finding.title}: {finding.message}")
    _print_unknown(report)
    print_line("")
    tone = {ExitCode.CLEAN: Tone.GOOD, ExitCode.BLOCKERS: Tone.BAD}.get(report.exit_code, Tone.UNKNOWN)
    print_line((f"{icon(tone)} {report.verdict}", tone))


def _print_steps(report: RehearsalReport) -> None:
    started = min((step.started for step in report.steps if step.started), default=None)
    shown = [step for step in report.steps if step.outcome is not StepOutcome.NOT_NEEDED]
    width = max((len(_short(step.title)) for step in shown), default=4)
    print_line((f"    {'AT':>8}  {'TAKES':>8}  {'KNOWN':12}  {'STEP':{width}}", Tone.STRONG))
    for step in shown:
        tone = _TONES[step.outcome]
        at = span((step.started - started).total_seconds()) if step.started and started else ""
        takes = span(step.simulated_seconds) if step.simulated_seconds is not None else "not run"
        print_line(
            (f"  {icon(tone)} ", tone),
            f"{at:>8}  {takes:>8}  ",
            (f"{step.label.value:12}", Tone.UNKNOWN if step.label is Label.NOT_MODELLED else Tone.QUIET),
            (f"  {_short(step.title):{width}}", Tone.PLAIN if step.started else Tone.QUIET),
            "  ",
            (_bar(step, report), Tone.STRONG if step.id in report.critical_path else Tone.QUIET),
        )


def _bar(step: StepReport, report: RehearsalReport) -> str:
    """Where in the whole the step lies; full blocks on the critical path."""
    first = min((each.started for each in report.steps if each.started), default=None)
    if first is None or step.started is None or step.ended is None or not report.simulated_seconds:
        return ""
    scale = _BAR / report.simulated_seconds
    begin = int((step.started - first).total_seconds() * scale)
    length = max(1, round((step.ended - step.started).total_seconds() * scale))
    begin = min(begin, _BAR - 1)
    full, light = ("█", "▒") if _is_fancy() else ("#", "=")
    return " " * begin + (full if step.id in report.critical_path else light) * min(length, _BAR - begin)


def _print_trouble(step: StepReport) -> None:
    if step.outcome is StepOutcome.FAILED:
        print_line("")
        print_line((f"{icon(Tone.BAD)} FAILS  ", Tone.BAD), (step.title, Tone.STRONG))
        print_line(f"    {step.detail}")
        for each in step.blocked[:_MOST]:
            print_line(
                ("    blocked: ", Tone.QUIET),
                f"pod {each.pod} on {each.node} by budget {each.budget}: {each.why}",
            )
        _print_rest(len(step.blocked), "blocked pods")
        print_line(("    known how: ", Tone.QUIET), f"{step.label.value}; {step.how}")
    for warning in (*step.warnings, *(f"risky, for {risk}" for risk in step.risks)):
        print_line((f"{icon(Tone.WARN)} {step.title}: ", Tone.WARN), warning)


def _print_duration(report: RehearsalReport) -> None:
    print_line(("Duration  ", Tone.STRONG), f"{span(report.simulated_seconds)} in the simulation")
    if report.expected:
        low, high = span(report.expected.low), span(report.expected.high)
        print_line(f"          {low} to {high} expected ({report.expected.source})")
    else:
        print_line("          in the cluster: unknown, for not every step that counts has a sourced duration")
    seen = len(report.durations)
    if seen or report.durations_unseen:
        print_line(
            f"          pods' times: as the snapshot saw them for {_workloads(seen)},"
            f" the model's default for {_workloads(len(report.durations_unseen))}"
        )
    path = [step for step in report.steps if step.id in report.critical_path]
    long = [
        step for step in path if (step.simulated_seconds or 0) >= report.simulated_seconds * _WORTH_NAMING
    ]
    for number, step in enumerate(long):
        head = "Longest   " if number == 0 else "          "
        print_line((head, Tone.STRONG), f"{span(step.simulated_seconds or 0):>7}  {step.title}")
    if len(path) > len(long):
        print_line(f"                   and {len(path) - len(long)} shorter steps of the critical path")


def _print_changes(changes: Comparison) -> None:
    before, after = changes.control_plane
    print_line(("Versions  ", Tone.STRONG), f"control plane {before} → {after}")
    print_line(f"          nodes {_nodes(changes.nodes_before)} → {_nodes(changes.nodes_after)}")
    if changes.unready_before:
        _print_list("Not ready before, not caused by this", changes.unready_before, Tone.QUIET)
    worse = [each for each in changes.readiness if each.worse]
    better = [each for each in changes.readiness if not each.worse]
    _print_list("Not ready after", (f"{e.workload}: {e.before} → {e.after}" for e in worse), Tone.BAD)
    _print_list("Changed readiness", (f"{e.workload}: {e.before} → {e.after}" for e in better), Tone.QUIET)
    _print_list("No node takes", changes.pending_pods, Tone.BAD)
    images = (f"{e.workload} {e.container}: {e.before} → {e.after}" for e in changes.images)
    _print_list("Images", images, Tone.QUIET)
    _print_list("Gone", changes.gone, Tone.WARN)
    _print_list("Added", changes.added, Tone.QUIET)
    _print_list("No longer served", changes.no_longer_served, Tone.BAD)
    _print_list("Deprecated APIs still requested", changes.deprecated_requests, Tone.WARN)


def _print_unknown(report: RehearsalReport) -> None:
    unknown = [f"{step.title}: {step.how}" for step in report.steps if step.label is Label.NOT_MODELLED]
    unknown += [f"{each.what}: {each.why}" for each in report.not_modelled]
    unknown += [f"{each.what} [{each.check}]: {each.why}" for each in report.unchecked]
    _print_list("Not modelled", unknown, Tone.UNKNOWN)
    if report.portable is not None:
        _print_portable(report.portable)


def _print_portable(portable: FromPortable) -> None:
    lines = [portable.tokens]
    if portable.charts_from_stack:
        lines.append(f"installed charts and values are the Stack's: {', '.join(portable.charts_from_stack)}")
    _print_list("From a portable snapshot", lines, Tone.QUIET)
    depends = [f"{each.what}: {each.why}" for each in portable.depends_on_secrets]
    _print_list("Depends on secrets", depends, Tone.UNKNOWN)


def _print_list(title: str, lines: Iterable[str], tone: Tone) -> None:
    found = list(lines)
    if not found:
        return
    print_line((f"{icon(tone)} {title}", tone))
    for line in found[:_MOST]:
        print_line(f"    {line}")
    _print_rest(len(found), "lines")


def _print_rest(count: int, what: str) -> None:
    if count > _MOST:
        print_line((f"    and {count - _MOST} more {what}; -o json shows all", Tone.QUIET))


def _nodes(versions: tuple[NodeVersions, ...]) -> str:
    return ", ".join(f"{each.nodes}×{each.version.removeprefix('v')}" for each in versions) or "none"


def _workloads(count: int) -> str:
    return "1 workload" if count == 1 else f"{count} workloads"


def _short(title: str) -> str:
    return title if len(title) <= _TITLE else title[: _TITLE - 3] + "..."


def span(seconds: float) -> str:
    """ "45s", "9m00s", "1h05m"."""
    whole = timedelta(seconds=round(seconds))
    hours, rest = divmod(int(whole.total_seconds()), 3600)
    minutes, secs = divmod(rest, 60)
    if hours:
        return f"{hours}h{minutes:02}m"
    return f"{minutes}m{secs:02}s" if minutes else f"{secs}s"


def _is_fancy(out: TextIO | None = None) -> bool:
    return (getattr(out or sys.stdout, "encoding", None) or "ascii").lower().startswith("utf")
