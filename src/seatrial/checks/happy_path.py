"""What the checks of the happy path share: whose objects they look at, and how a finding comes out.

A thing to avoid is a warning, one to use with care is for information. What the team decided otherwise
in its fleet file is for information too, with the team's reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seatrial.catalog.happy_path import Guideline, Thing, Verdict, guidelines
from seatrial.catalog.providers import is_system_namespace
from seatrial.checks.check import Check, Context
from seatrial.checks.decisions import Decision
from seatrial.checks.wording import counted
from seatrial.cluster.findings import Finding, Severity
from seatrial.cluster.models.metadata import Metadata
from seatrial.cluster.objects import ObjectRef

SOURCE = "the happy path (seatrial checks show ID; docs/happy-path.md)"
_SEVERITY = {Verdict.AVOID: Severity.WARNING, Verdict.CARE: Severity.INFO, Verdict.FREE: Severity.INFO}
_SAID = {
    Verdict.AVOID: "Avoid it",
    Verdict.CARE: "Use it with care",
    Verdict.FREE: "Used freely",
}
_OF_KUBERNETES = "kubernetes.io/bootstrapping"


def is_ours(metadata: Metadata) -> bool:
    """Not Kubernetes' own, nor the provider's."""
    return not (
        is_system_namespace(metadata.namespace)
        or metadata.name.startswith("system:")
        or _OF_KUBERNETES in metadata.labels
    )


def happy_findings(
    check: Check, context: Context, thing: Thing, used: Iterable[tuple[ObjectRef, str]], noun: str
) -> Iterator[Finding]:
    """One finding for all that the guideline covers, and one for each decision of the team.

    `used`: objects, each with what is to be said of it, "" for nothing more than its name.
    """
    guideline = guidelines()[thing]
    by_decision: dict[Decision | None, list[tuple[ObjectRef, str]]] = {}
    for ref, said in used:
        by_decision.setdefault(_decision(context, thing, ref), []).append((ref, said))
    for decision, found in by_decision.items():
        verdict = decision.verdict if decision else guideline.verdict
        yield check.finding(
            _SEVERITY[verdict],
            _message(guideline, decision, found, noun),
            objects=[ref for ref, _ in found],
            fix="" if verdict is Verdict.FREE else guideline.instead,
            source=SOURCE,
        )


def _decision(context: Context, thing: Thing, ref: ObjectRef) -> Decision | None:
    """The most particular one: one that names objects comes before one about all."""
    fitting = [each for each in context.settings.happy_path if each.thing is thing and each.covers(ref)]
    return min(fitting, key=lambda each: not each.objects, default=None)


def _message(
    guideline: Guideline, decision: Decision | None, found: list[tuple[ObjectRef, str]], noun: str
) -> str:
    details = [said for _, said in found if said]
    named = f": {'; '.join(dict.fromkeys(details[:5]))}" if details else ""
    more = f"; and {len(details) - 5} more" if len(details) > 5 else ""
    counts = f"{counted(len({ref for ref, _ in found}), noun)}{named}{more}."
    if decision is not None:
        return f"{counts} {_SAID[decision.verdict]}, the team decided: {decision.why}"
    otherwise = " unless the team decides otherwise" if guideline.verdict is Verdict.AVOID else ""
    return f"{counts} {_SAID[guideline.verdict]}{otherwise}: {guideline.why}."
