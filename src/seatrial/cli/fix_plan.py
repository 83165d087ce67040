"""`seatrial check --fix-plan`: the fixes that are known, as a diff to review. Nothing is written."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seatrial.cli.output import OutputFormat, harmless, print_data
from seatrial.errors import BadInput

if TYPE_CHECKING:
    from seatrial.checks.run import Inputs
    from seatrial.cluster.findings import Report
    from seatrial.cluster.manifests import Manifest, Manifests
    from seatrial.cluster.version import Minor
    from seatrial.fixes import FileFix
    from seatrial.fixes.offers import Offer

FORMAT = 1


def print_fix_plan(report: Report, inputs: Inputs, target: Minor, output: OutputFormat) -> None:
    """What `git apply` takes, with notes between that it passes over; or a document."""
    files = (
        _file_fixes(inputs.manifests, target, frozenset(report.checked))
        if inputs.manifests is not None
        else ()
    )
    live = _offers(report, inputs)
    if output is OutputFormat.TABLE:
        lines = [*_file_lines(files), *_offer_lines(live)]
        if not lines:
            lines = ["# No fix is known for what was found.\n" if report.findings else "# Nothing to fix.\n"]
        _write(lines)
        return
    if output not in (OutputFormat.JSON, OutputFormat.YAML):
        raise BadInput(
            f"a fix plan cannot be printed as {output.value}.", next_step="Take table, json or yaml."
        )
    document = {
        "format": FORMAT,
        "kind": "FixPlan",
        "target": str(target),
        "subject": report.subject,
        "files": [_file_document(each) for each in files],
        "proposals": [_offer_document(each) for each in live],
    }
    print_data(document, output)


def _file_fixes(manifests: Manifests, target: Minor, checks: frozenset[str]) -> tuple[FileFix, ...]:
    """By file; what was read from no file here, or is made from a template, cannot be edited where it is."""
    from seatrial.fixes import FileFix, Refusal, fix_file, needs_fixing

    gone: dict[str, list[Manifest]] = {}
    for each in manifests.found:
        if needs_fixing(each, target, checks):
            gone.setdefault(each.file, []).append(each)
    fixes = []
    for file, wanted in gone.items():
        text = _text_of(Path(file))
        fix = fix_file(text, file, target, checks) if text is not None else FileFix(file, "", "")
        known = {each.ref for each in fix.fixed} | {each.ref for each in fix.refused}
        made = tuple(Refusal(each.ref, each.line, _MADE) for each in wanted if each.ref not in known)
        fixes.append(FileFix(file, fix.before, fix.after, fix.fixed, (*fix.refused, *made)))
    return tuple(fixes)


_MADE = "it does not stand in this file as it is applied: change what it is made from."


def _text_of(file: Path) -> str | None:
    """The file's text; None for what is no file, or not in UTF-8, which git would take for binary."""
    try:
        return file.read_bytes().decode() if file.is_file() else None
    except (OSError, UnicodeDecodeError):
        return None


def _offers(report: Report, inputs: Inputs) -> tuple[Offer, ...]:
    from seatrial.fixes.offers import offers

    return offers(report.findings, inputs.snapshot) if inputs.snapshot is not None else ()


def _file_lines(files: tuple[FileFix, ...]) -> Iterator[str]:
    for each in files:
        for fix in each.fixed:
            moved = "" if fix.after.api_version == fix.ref.api_version else f" → {fix.after}"
            yield f"# {each.file}:{fix.line}: {fix.ref}{moved}\n"
            yield from (f"#   note: {note}\n" for note in fix.notes)
        for refusal in each.refused:
            yield f"# {each.file}:{refusal.line}: {refusal.ref} is not rewritten: {refusal.why}\n"
        yield _diff(each)


def _diff(fix: FileFix) -> str:
    from seatrial.fixes.diff import unified_diff

    return unified_diff(fix.before, fix.after, _relative(fix.file))


def _relative(file: str) -> str:
    """As seen from here, where `git apply` will run; else without the slash that it would not take."""
    found = os.path.relpath(file)
    return found if not found.startswith("..") else str(Path(file).resolve()).lstrip("/")


def _offer_lines(live: tuple[Offer, ...]) -> Iterator[str]:
    from seatrial.fixes.offers import field_changes, kubectl_patch

    for each in live:
        proposal = each.proposal
        yield f"# {proposal.title} ({each.check})\n"
        yield f"#   because: {each.why}\n"
        yield f"    {proposal.target}\n"
        for change in field_changes(proposal):
            yield f"    - {change.path}: {change.before}\n"
            yield f"    + {change.path}: {change.after}\n"
        if proposal.target.kind != "Secret":
            yield f"    {kubectl_patch(proposal, proposal.patch)}\n"
            yield f"    # undo: {kubectl_patch(proposal, proposal.undo)}\n"
        if each.note:
            yield f"    # note: {each.note}\n"
        if each.refused:
            yield f"    # `seatrial fix` refuses it: {each.refused}\n"
        else:
            until = ", for the time of the upgrade" if proposal.temporary else ""
            yield f"    # `seatrial fix --id {each.id}` carries it out after asking{until}.\n"


def _file_document(fix: FileFix) -> dict[str, Any]:
    return {
        "file": fix.file,
        "diff": _diff(fix),
        "fixed": [
            {"object": str(each.ref), "line": each.line, "to": str(each.after), "notes": list(each.notes)}
            for each in fix.fixed
        ],
        "refused": [{"object": str(each.ref), "line": each.line, "why": each.why} for each in fix.refused],
    }


def _offer_document(offer: Offer) -> dict[str, Any]:
    from seatrial.fixes.offers import field_changes, kubectl_patch

    proposal = offer.proposal
    hidden = proposal.target.kind == "Secret"
    return {
        "id": offer.id,
        "check": offer.check,
        "why": offer.why,
        "title": proposal.title,
        "object": str(proposal.target),
        "changes": [
            {"path": each.path, "before": each.before, "after": each.after}
            for each in field_changes(proposal)
        ],
        "command": "" if hidden else kubectl_patch(proposal, proposal.patch),
        "undo": "" if hidden else kubectl_patch(proposal, proposal.undo),
        "temporary": proposal.temporary,
        "refused": offer.refused,
        "note": offer.note,
    }


def _write(lines: list[str]) -> None:
    """As bytes: a diff must not change on its way, save that nothing in it may steer a terminal."""
    text = "".join(lines)
    if sys.stdout.isatty():
        text = "".join(f"{harmless(line)}\n" for line in text.replace("\t", "    ").splitlines())
    click.echo(text.encode(), nl=False)
