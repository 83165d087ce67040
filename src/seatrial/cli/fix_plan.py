"""`seatrial check --fix-plan`: the fixes that are known, as a diff to review. Nothing is written."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
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


def print_fix_plan(
    report: Report, inputs: Inputs, target: Minor, output: OutputFormat, git_ref: str = ""
) -> None:
    """What `git apply` takes, with notes between that it passes over; or a document.

    With a `git_ref` files are taken from that commit, wherever the working directory is by now.
    """
    checks, commit = frozenset(report.checked), ""
    files: tuple[FileFix, ...] = ()
    if inputs.manifests is not None:
        wanted = _to_fix(inputs.manifests, target, checks)
        commit, texts = _committed(git_ref, wanted) if git_ref else ("", _here(wanted))
        files = tuple(_file_fixes(wanted, texts, target, checks))
    live = _offers(report, inputs)
    if output is OutputFormat.TABLE:
        lines = [*_commit_lines(commit, git_ref, files), *_file_lines(files), *_offer_lines(live)]
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
        "commit": commit,
        "files": [_file_document(each) for each in files],
        "proposals": [_offer_document(each) for each in live],
    }
    print_data(document, output)


def _to_fix(manifests: Manifests, target: Minor, checks: frozenset[str]) -> dict[str, list[Manifest]]:
    """By file, what needs a change."""
    from seatrial.fixes import needs_fixing

    wanted: dict[str, list[Manifest]] = {}
    for each in manifests.found:
        if needs_fixing(each, target, checks):
            wanted.setdefault(each.file, []).append(each)
    return wanted


def _file_fixes(
    wanted: Mapping[str, list[Manifest]],
    texts: Mapping[str, str | None],
    target: Minor,
    checks: frozenset[str],
) -> Iterator[FileFix]:
    """What was read from no file, or is made from a template, cannot be edited where it is."""
    from seatrial.fixes import FileFix, Refusal, fix_file

    for file, objects in wanted.items():
        text = texts[file]
        fix = fix_file(text, file, target, checks) if text is not None else FileFix(file, "", "")
        known = {each.ref for each in fix.fixed} | {each.ref for each in fix.refused}
        made = tuple(Refusal(each.ref, each.line, _MADE) for each in objects if each.ref not in known)
        yield FileFix(file, fix.before, fix.after, fix.fixed, (*fix.refused, *made))


def _here(files: Iterable[str]) -> dict[str, str | None]:
    return {file: _text_of(Path(file)) for file in files}


def _committed(git_ref: str, files: Collection[str]) -> tuple[str, dict[str, str | None]]:
    """The commit, and the files as they are in it."""
    from seatrial.files.git_ref import exported

    with exported(git_ref, Path.cwd(), os.environ, [Path(file) for file in files]) as tree:
        return tree.commit, {file: _text_of(tree.folder / file) for file in files}


def _commit_lines(commit: str, git_ref: str, files: tuple[FileFix, ...]) -> Iterator[str]:
    changed = [each for each in files if each.fixed]
    if not commit or not changed:
        return
    yield _line(f"# The diff applies to commit {commit} ({git_ref}), not to what may be checked out.")
    others = [each.file for each in changed if _lines_of(_text_of(Path(each.file))) != _lines_of(each.before)]
    if others:
        yield _line(f"#   Not as in that commit here: {', '.join(others)}.")
        yield _line(f"#   Apply it there: git worktree add --detach FOLDER {commit[:12]}")


def _lines_of(text: str | None) -> list[str] | None:
    """However a checkout ends them."""
    return None if text is None else text.splitlines()


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
            yield _line(f"# {each.file}:{fix.line}: {fix.ref}{moved}")
            yield from (_line(f"#   note: {note}") for note in fix.notes)
        for refusal in each.refused:
            yield _line(f"# {each.file}:{refusal.line}: {refusal.ref} is not rewritten: {refusal.why}")
        yield _diff(each)


def _line(text: str) -> str:
    """One, whatever the names in it hold: `git apply` would take what follows a line break for a diff."""
    return f"{harmless(text)}\n"


def _diff(fix: FileFix) -> str:
    from seatrial.fixes.diff import unified_diff

    return unified_diff(fix.before, fix.after, _relative(fix.file))


def _relative(file: str) -> str:
    """As `git apply` takes it: seen from the top of the repository that we are in, else from here.

    In a repository it passes over, in silence, what a path seen from a folder below names. A file that is
    in neither keeps its whole path, without the slash that `git apply` would not take.
    """
    here = Path.cwd()
    top = next((each for each in (here, *here.parents) if (each / ".git").exists()), here)
    found = os.path.relpath(file, top)
    return found if not found.startswith("..") else str(Path(file).resolve()).lstrip("/")


def _offer_lines(live: tuple[Offer, ...]) -> Iterator[str]:
    from seatrial.fixes.offers import field_changes, kubectl_patch

    for each in live:
        proposal = each.proposal
        yield _line(f"# {proposal.title} ({each.check})")
        yield _line(f"#   because: {each.why}")
        yield _line(f"    {proposal.target}")
        for change in field_changes(proposal):
            yield _line(f"    - {change.path}: {change.before}")
            yield _line(f"    + {change.path}: {change.after}")
        if proposal.target.kind != "Secret":
            yield f"    {kubectl_patch(proposal, proposal.patch)}\n"  # as it is: to be copied
            yield f"    # undo: {kubectl_patch(proposal, proposal.undo)}\n"
        if each.note:
            yield _line(f"    # note: {each.note}")
        if each.refused:
            yield _line(f"    # `seatrial fix` refuses it: {each.refused}")
        else:
            until = ", for the time of the upgrade" if proposal.temporary else ""
            yield _line(f"    # `seatrial fix --id {each.id}` carries it out after asking{until}.")


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
