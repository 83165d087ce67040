"""How a plan reads: every step with its owner, its time and its way back, then what was found."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.cli.output import OutputFormat, harmless, print_data
from seatrial.plan import DurationRange, Ownership, Plan, Step, digest

_UNDO = {"reversible": "can be undone", "compensable": "can be made good", "final": "NO WAY BACK"}
_SEVERITIES = ("blocker", "incomplete", "warning", "info")


def plan_lines(plan: Plan) -> Iterator[str]:
    """Without control characters: a plan that is to be approved must not hide a step from the terminal."""
    return map(harmless, _lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    yield f"Plan for {plan.cluster}: Kubernetes {plan.from_version} → {plan.to_version}" + (
        f" (release {plan.release})" if plan.release not in ("", plan.to_version) else ""
    )
    yield f"Provider {plan.provider or 'unknown'}; made {plan.made_at:%Y-%m-%d %H:%M} UTC by {plan.made_by}"
    yield ""
    for number, step in enumerate(plan.steps, start=1):
        yield from step_lines(number, step, plan)
    yield ""
    yield f"Duration: {duration_text(plan.duration)}"
    if plan.point_of_no_return:
        yield f"Point of no return: {plan.step(plan.point_of_no_return).title}"
    else:
        yield "Point of no return: none, every step can be undone or made good"
    if plan.hops_left:
        yield f"Still to go after this plan, each with a plan of its own: {', '.join(plan.hops_left)}"
    yield from finding_lines(plan)


def step_lines(number: int, step: Step, plan: Plan) -> Iterator[str]:
    owner = "" if step.ownership is Ownership.DIRECT else f"  [{step.ownership.value}: {step.owner or '?'}]"
    mark = "  ◄ point of no return" if step.id == plan.point_of_no_return else ""
    notes = []
    if step.duration is not None:
        notes.append(duration_text(step.duration))
    if step.undo_commands or step.undo.value == "final":
        notes.append(_UNDO[step.undo.value])
    if step.always:
        notes.append("also after a failure")
    yield f"{number:>3}. {step.title}{owner}" + (f"  ({'; '.join(notes)})" if notes else "") + mark
    for command in step.undo_commands:
        yield f"       undo: {command}"


def finding_lines(plan: Plan) -> Iterator[str]:
    if not plan.findings:
        return
    yield ""
    for severity in _SEVERITIES:
        for finding in plan.findings:
            if finding.severity == severity:
                yield f"{severity.upper()}  {finding.check}: {finding.message}"


def duration_text(duration: DurationRange | None) -> str:
    """ "15 to 40 min (source)", or "unknown"."""
    if duration is None:
        return "unknown"
    low, high = round(duration.low / 60), round(duration.high / 60)
    return f"{low} to {high} min ({duration.source})"


def print_plan_data(plan: Plan, output: OutputFormat) -> None:
    import msgspec

    print_data({"digest": digest(plan), "plan": msgspec.to_builtins(plan)}, output)
