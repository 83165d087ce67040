"""The words that go with a handoff: a commit's message, and the text of a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from seatrial.handoffs.edit import Edit
from seatrial.plan import Handoff, Plan, Step, Undo


def commit_message(plan: Plan, step: Step, edit: Edit, handoff: Handoff, trailers: Mapping[str, str]) -> str:
    """A subject of one line, why, and the trailers by which it is found again."""
    subject = f"{plan.cluster}: {step.title}"
    body = (
        f"{handoff.variable} goes from {edit.before} to {edit.after}, as release {plan.release} asks"
        f" for cluster {plan.cluster}.\nSeatrial waits until it is applied, and then goes on."
    )
    return f"{subject}\n\n{body}\n\n" + "".join(f"{key}: {value}\n" for key, value in trailers.items())


def pull_request(plan: Plan, step: Step, how: str) -> str:
    """Markdown: what, why, what it relies on, how long, what comes after, and how to take it back."""
    return "\n".join(_lines(plan, step, how)) + "\n"


def _lines(plan: Plan, step: Step, how: str) -> Iterator[str]:
    yield f"# {plan.cluster}: {step.title}"
    yield ""
    yield (
        f"Cluster `{plan.cluster}` goes from Kubernetes {plan.from_version} to {plan.to_version}"
        f" (release {plan.release}). This change is {step.owner or 'its owner'}'s to make."
    )
    yield ""
    yield how
    yield ""
    if step.preconditions:
        yield "Before it is applied:"
        yield from (f"- {each}" for each in step.preconditions)
        yield ""
    after = [each.title for each in plan.steps if step.id in each.after]
    if after:
        yield f"Seatrial looks until it is applied, and then goes on with: {'; '.join(after)}."
    if step.duration is not None:
        low, high = (timedelta(seconds=round(each)) for each in (step.duration.low, step.duration.high))
        yield f"It takes {low} to {high} ({step.duration.source})."
    yield ""
    if step.undo is Undo.FINAL:
        yield "There is no way back from it."
    elif step.undo_commands:
        yield "To take it back:"
        yield ""
        yield from (f"    {command}" for command in step.undo_commands)
