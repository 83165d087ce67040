"""Commits a change on a branch of its own, without touching what somebody has checked out.

Only Git's plumbing is used: objects and one new reference. Index, work tree, HEAD and every other branch
stay as they are, in a repository with or without a work tree. The same change at the same time gives the
same commit, so doing it twice is harmless; the branch is only ever created, never moved.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from seatrial.child_process import start_child
from seatrial.errors import BadInput, Conflict, NotFound, PermanentError, SeatrialError, TemporaryError

_LIMIT = 120.0  # wall seconds that one Git command gets; a push over a slow line takes the longest
_AUTHOR = "Seatrial"
_EMAIL = "seatrial@localhost"


@dataclass(frozen=True, slots=True)
class Repository:
    """A local repository; `environment` is this process's, of which Git's own variables are left out."""

    path: Path
    environment: Mapping[str, str] = field(repr=False)

    async def commit_of(self, branch: str) -> str:
        """The commit that a branch, or HEAD where the name is empty, is at; empty when there is none."""
        reference = f"refs/heads/{branch}" if branch else "HEAD"
        return (await self._try("rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}")).strip()

    async def base(self, branch: str) -> str:
        """As `commit_of`; raise `BadInput` when there is no such branch."""
        await self._git("rev-parse", "--git-dir")
        found = await self.commit_of(branch)
        if not found:
            raise BadInput(
                f"there is no branch {branch!r}." if branch else "it has no commit yet.",
                where=str(self.path),
                next_step="Correct `base` of the owner in the fleet file.",
            )
        return found

    async def read(self, commit: str, file: str) -> str:
        """The text of a file in a commit; raise `NotFound`."""
        listed = await self._git("ls-tree", "-z", commit, "--", file)
        mode, kind, *_ = (*listed.split(" ", 2), "", "")
        if kind != "blob" or mode == "120000":
            raise NotFound(
                f"{file} is not a file in commit {commit[:12]}.",
                where=str(self.path),
                next_step="Correct `file` of the owner in the fleet file.",
            )
        return await self._git("cat-file", "blob", f"{commit}:{file}")

    async def trailer(self, commit: str, key: str) -> str:
        """The value of a trailer of the commit's message."""
        return (await self._git("log", "-1", f"--format=%(trailers:key={key},valueonly)", commit)).strip()

    async def commit(
        self, branch: str, base: str, file: str, text: str, *, message: str, author: str, at: datetime
    ) -> str:
        """Create `branch` with one commit on `base` that changes `file`; return the commit.

        Raises `Conflict` when the branch came into being meanwhile.
        """
        mode = (await self._git("ls-tree", base, "--", file)).split(" ", 1)[0]
        blob = (await self._git("hash-object", "-w", "--stdin", stdin=text)).strip()
        with tempfile.TemporaryDirectory(prefix="seatrial-") as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            await self._git("read-tree", base, extra=index)
            await self._git("update-index", "--cacheinfo", f"{mode},{blob},{file}", extra=index)
            tree = (await self._git("write-tree", extra=index)).strip()
        date = f"{int(at.timestamp())} +0000"
        identity = {
            "GIT_AUTHOR_NAME": author or _AUTHOR,
            "GIT_AUTHOR_EMAIL": _EMAIL,
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_NAME": _AUTHOR,
            "GIT_COMMITTER_EMAIL": _EMAIL,
            "GIT_COMMITTER_DATE": date,
        }
        made = (await self._git("commit-tree", tree, "-p", base, stdin=message, extra=identity)).strip()
        try:
            # all zeros: only if there is no such branch
            await self._git("update-ref", "-m", "seatrial handoff", f"refs/heads/{branch}", made, "0" * 40)
        except PermanentError:
            if await self.commit_of(branch) != made:
                raise Conflict(
                    f"branch {branch} came into being meanwhile.", where=str(self.path), next_step=""
                ) from None
        return made

    async def patch(self, base: str, commit: str) -> str:
        """The change as `git am` and `git apply` take it."""
        return await self._git("format-patch", "--stdout", "--no-signature", f"{base}..{commit}")

    async def push(self, remote: str, branch: str) -> None:
        """Push the one branch; raise `TemporaryError` when the remote does not take it."""
        try:
            await self._git("push", "--quiet", remote, f"refs/heads/{branch}:refs/heads/{branch}", hooks=True)
        except PermanentError as error:
            raise TemporaryError(
                f"branch {branch} could not be pushed to {remote}: {error.what}",
                where=str(self.path),
                next_step="The commit is kept; pushing is tried again.",
            ) from None

    async def _try(self, *arguments: str) -> str:
        try:
            return await self._git(*arguments)
        except PermanentError:
            return ""

    async def _git(
        self, *arguments: str, stdin: str = "", extra: Mapping[str, str] | None = None, hooks: bool = False
    ) -> str:
        # a hook of the user's may do anything; for plumbing there is no need to run any
        quiet = [] if hooks else ["-c", "core.hooksPath=/dev/null"]
        command = ["git", *quiet, "-c", "core.quotePath=false", "-c", "gc.auto=0", *arguments]
        environment = {
            **{key: value for key, value in self.environment.items() if not key.startswith("GIT_")},
            "LC_ALL": "C",
            "GIT_TERMINAL_PROMPT": "0",
            **(extra or {}),
        }
        try:
            process = await start_child(
                *command,
                cwd=self.path,
                env=environment,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            raise _cannot_start(self.path, error) from None
        try:
            async with asyncio.timeout(_LIMIT):
                out, err = await process.communicate(stdin.encode("utf-8", "surrogateescape"))
        except BaseException as error:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            if isinstance(error, TimeoutError):
                raise TemporaryError(
                    f"git {arguments[0]} did not end within {_LIMIT:.0f} seconds.", where=str(self.path)
                ) from None
            raise
        if process.returncode:
            raise PermanentError(_said(arguments[0], err), where=str(self.path))
        return out.decode("utf-8", "surrogateescape")


def _said(verb: str, stderr: bytes) -> str:
    """Git's last line; it may name a remote, but never with the password in its URL."""
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    words = (lines[-1] if lines else "it gave no reason").removeprefix("fatal: ").removeprefix("error: ")
    return f"git {verb} failed: {' '.join(_without_password(word) for word in words.split())}"


def _without_password(word: str) -> str:
    scheme, slashes, rest = word.partition("://")
    user, at, host = rest.rpartition("@")
    return f"{scheme}://…@{host}" if slashes and at and user else word


def _cannot_start(path: Path, error: OSError) -> SeatrialError:
    if not path.is_dir():
        return NotFound(
            "there is no such folder.",
            where=str(path),
            next_step="Correct `repository` of the owner in the fleet file.",
        )
    return PermanentError(
        f"git cannot be started: {os.strerror(error.errno or 0).lower()}.", next_step="Install Git."
    )
