"""Puts a report together from what was recorded, in words that promise nothing."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial import __version__
from seatrial.cluster.findings import Finding, Incomplete
from seatrial.cluster.snapshot import Snapshot
from seatrial.plan import DurationRange, Plan, digest
from seatrial.rehearsal.critical_path import critical_path
from seatrial.rehearsal.report import (
    Comparison,
    Label,
    NotModelled,
    RehearsalReport,
    Seen,
    StepOutcome,
    StepReport,
)
from seatrial.rehearsal.timings import LearnedTimings


def summarise(
    snapshot: Snapshot,
    plan: Plan,
    *,
    steps: tuple[StepReport, ...],
    timings: LearnedTimings,
    changes: Comparison,
    new_findings: tuple[Finding, ...],
    unchecked: tuple[Incomplete, ...],
    not_modelled: tuple[NotModelled, ...],
) -> RehearsalReport:
    path = critical_path(steps)
    started = min((step.started for step in steps if step.started), default=snapshot.meta.captured_at)
    ended = max((step.ended for step in steps if step.ended), default=started)
    return RehearsalReport(
        seatrial=__version__,
        cluster=snapshot.meta.cluster,
        plan_digest=digest(plan),
        from_version=plan.from_version,
        to_version=plan.to_version,
        captured_at=snapshot.meta.captured_at,
        from_portable_snapshot=snapshot.meta.portable,
        steps=steps,
        simulated_seconds=(ended - started).total_seconds(),
        expected=_expected(steps, path),
        critical_path=path,
        durations=tuple(
            Seen(
                what=f"pods of {each.workload} become ready",
                source=f"the conditions of {each.pods} pods in the snapshot",
                low=each.low,
                high=each.high,
            )
            for each in timings.seen
        ),
        durations_unseen=timings.unseen,
        changes=changes,
        new_findings=new_findings,
        unchecked=unchecked,
        not_modelled=not_modelled,
        verdict=_verdict(steps, not_modelled),
    )


def _expected(steps: Sequence[StepReport], path: Sequence[str]) -> DurationRange | None:
    """The sum over the critical path; unknown when a part of it is, or when the end was not reached."""
    if any(step.outcome in (StepOutcome.FAILED, StepOutcome.NOT_REACHED) for step in steps):
        return None
    ranges = [step.expected for step in steps if step.id in set(path)]
    known = [each for each in ranges if each is not None]
    if not known or len(known) < len(ranges):
        return None
    return DurationRange(
        low=sum(each.low for each in known),
        high=sum(each.high for each in known),
        source="the sum of the steps on the critical path",
    )


def _verdict(steps: Sequence[StepReport], not_modelled: Sequence[NotModelled]) -> str:
    failed = [step for step in steps if step.outcome is StepOutcome.FAILED]
    if failed:
        return f"On the twin it fails at: {failed[0].title}."
    left_out = [step for step in steps if step.label is Label.NOT_MODELLED]
    if left_out or not_modelled:
        unknown = len(left_out) + len(not_modelled)
        things = "1 thing is" if unknown == 1 else f"{unknown} things are"
        return f"Nothing failed on the twin; {things} not modelled, and nothing is known of that."
    return "Nothing failed on the twin."
