"""Steps that carry a permitted fix out and put it back."""

from __future__ import annotations

from seatrial.plan.facts import replicas_fact
from seatrial.plan.inputs import ProposedFix
from seatrial.plan.steps import ApplyFix, RevertFix, Step, Undo

_TIME = 300.0  # seconds


def fix_step(fix: ProposedFix, after: tuple[str, ...]) -> Step:
    return Step(
        id=f"fix/{fix.id}/apply",
        title=fix.title,
        action=ApplyFix(
            fix_id=fix.id,
            check=fix.check,
            api_version=fix.target.api_version,
            kind=fix.target.kind,
            resource=fix.resource,
            namespace=fix.target.namespace,
            name=fix.target.name,
            patch=fix.patch,
        ),
        after=after,
        preconditions=("the object is as it was when the fix was proposed",),
        facts=(replicas_fact(fix.resource, fix.target.namespace, fix.target.name, fix.replicas),),
        undo=Undo.REVERSIBLE,
        undo_commands=(fix.undo_command,),
        timeout=_TIME,
    )


def revert_step(fix: ProposedFix, after: tuple[str, ...]) -> Step:
    fixed = f"fix/{fix.id}/apply"
    return Step(
        id=f"fix/{fix.id}/revert",
        title=f"put back: {fix.title}",
        action=RevertFix(fix_step=fixed),
        after=(fixed, *after),
        timeout=_TIME,
        always=True,
    )
