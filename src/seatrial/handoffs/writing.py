"""Writes a handoff in the way that the fleet file declares, once, and finds it again after a crash.

Everything is named after the run and its step, so that whoever comes back looks in the same place: the
branch, the patch, the text. Only a branch that carries our trailer is taken for ours.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from seatrial.clock import Clock
from seatrial.errors import BadInput, Conflict
from seatrial.handoffs.edit import set_variable
from seatrial.handoffs.pull_request import commit_message, pull_request
from seatrial.handoffs.repository import Repository
from seatrial.plan import Handoff, Plan, Step
from seatrial.private_folder import make_private

TRAILER = "Seatrial-Step"
"""The trailer by which a commit of ours is known: RUN/STEP."""


@dataclass(frozen=True, slots=True)
class WrittenHandoffs:
    """`Handoffs` on this machine; texts and patches go into `folder`, beside the state."""

    folder: Path
    clock: Clock
    environment: Mapping[str, str] = field(repr=False)

    async def write(
        self, plan: Plan, step: Step, handoff: Handoff | None, run_id: str, begun_at: datetime
    ) -> str:
        """Write it, unless it is written already; return what the owner has to do."""
        with self.clock.hold(f"handoff of {step.id}"):
            if handoff is None or handoff.write == "text":
                return f"{step.title}; {self._text(plan, step, run_id, _by_hand(handoff))}."
            if handoff.write == "branch":
                return await self._branch(plan, step, handoff, run_id, begun_at)
            if handoff.write == "file":
                return self._file(handoff)
            return self._patch(plan, step, handoff, run_id)

    async def _branch(self, plan: Plan, step: Step, handoff: Handoff, run_id: str, begun_at: datetime) -> str:
        repository = Repository(Path(handoff.repository), self.environment)
        branch, trailer = branch_name(run_id, step), f"{run_id}/{step.id}"
        base = await repository.base(handoff.base)
        commit = await repository.commit_of(branch)
        if commit and await repository.trailer(commit, TRAILER) != trailer:
            raise Conflict(
                f"branch {branch} exists and is not ours.",
                where=handoff.repository,
                next_step="Rename or remove it, then retry.",
            )
        if not commit:
            text = await repository.read(base, handoff.file)
            edit = set_variable(text, handoff.file, handoff.variable, handoff.value)
            if not edit.changes:
                where = f"{handoff.file} of {handoff.base or 'the checked-out branch'}"
                return f"apply what {where} says already: {handoff.variable} is {edit.after}."
            message = commit_message(plan, step, edit, handoff, {TRAILER: trailer, "Seatrial-Run": run_id})
            commit = await repository.commit(
                branch, base, handoff.file, edit.text, message=message, author=plan.made_by, at=begun_at
            )
        patch = await repository.patch(f"{commit}^", commit)
        self._keep(run_id, step, ".patch", patch)
        said = self._text(plan, step, run_id, f"Branch `{branch}`, commit {commit[:12]}.")
        pushed = ""
        if handoff.push:
            await repository.push(handoff.push, branch)
            pushed = f", pushed to {handoff.push}"
        return f"merge and apply branch {branch} of {handoff.repository}{pushed}; {said}."

    def _file(self, handoff: Handoff) -> str:
        path = Path(handoff.file)
        edit = set_variable(_read(path), handoff.file, handoff.variable, handoff.value)
        if edit.changes:
            _replace(path, edit.text)
        return f"apply {path}, in which {handoff.variable} is {edit.after} now."

    def _patch(self, plan: Plan, step: Step, handoff: Handoff, run_id: str) -> str:
        path = Path(handoff.file)
        text = _read(path)
        edit = set_variable(text, handoff.file, handoff.variable, handoff.value)
        if not edit.changes:
            return f"apply what {path} says already: {handoff.variable} is {edit.after}."
        name = str(path).lstrip("/")
        lines = difflib.unified_diff(
            text.splitlines(keepends=True), edit.text.splitlines(keepends=True), f"a/{name}", f"b/{name}"
        )
        whole = "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
        )
        kept = self._keep(run_id, step, ".patch", whole)
        said = self._text(plan, step, run_id, f"`patch -p1 -d / < {kept}` makes the change.")
        return f"apply the patch {kept} and what it changes; {said}."

    def _text(self, plan: Plan, step: Step, run_id: str, how: str) -> str:
        kept = self._keep(run_id, step, ".md", pull_request(plan, step, how))
        return f"the words for it are in {kept}"

    def _keep(self, run_id: str, step: Step, ending: str, text: str) -> Path:
        path = self.folder / _slug(run_id) / (_slug(step.id) + ending)
        make_private(path.parent)
        _replace(path, text, mode=0o600)
        return path


def branch_name(run_id: str, step: Step) -> str:
    """The same for every attempt: a crash between commit and journal finds it again."""
    return f"seatrial/{_slug(run_id)}/{_slug(step.id)}"


def _slug(text: str) -> str:
    """Fit for a branch and for a file: neither dots in a row nor a ".lock" at the end."""
    slug = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")
    return slug or "step"


def _by_hand(handoff: Handoff | None) -> str:
    if handoff is None or not handoff.variable:
        return "Nothing was written for it: the fleet file names no repository and no file."
    return f"Set `{handoff.variable}` in {handoff.file} to {handoff.value}."


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()  # line ends stay as they are
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise BadInput(
            f"it cannot be read: {(reason or 'it failed').lower()}.",
            where=str(path),
            next_step="Correct `file` of the owner in the fleet file.",
        ) from None


def _replace(path: Path, text: str, mode: int | None = None) -> None:
    """All of it or nothing, also when the machine dies; an existing file keeps its mode."""
    path = path.resolve()
    kept = path.stat().st_mode & 0o777 if mode is None and path.exists() else mode or 0o644
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(
            os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, kept), "w", encoding="utf-8"
        ) as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise BadInput(
            f"it cannot be written: {(error.strerror or 'it failed').lower()}.",
            where=str(path),
            next_step="Make the folder writable.",
        ) from None
