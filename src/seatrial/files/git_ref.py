"""The files of a Git reference, written into a folder of ours: what is checked out is not touched.

Only Git's plumbing is asked (`ls-tree`, `cat-file --batch`): it runs no hook, no filter and no diff driver of
the repository, and fetches nothing. Kustomize and Helm want files, hence the folder.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from msgspec.structs import replace

from seatrial.cluster.foreign_text import fit_to_show
from seatrial.cluster.manifests import ManifestProblem, Manifests
from seatrial.errors import BadInput, NotFound, PermanentError
from seatrial.files.kustomization import NAMES, texts_in

_MOST_FILES = 200_000
_LARGEST_TREE = 1 << 30  # bytes
_MATTER = (".yaml", ".yml", ".json", ".tpl", ".tgz")
_LIMIT = 300  # wall seconds for one Git command


@dataclass(frozen=True, slots=True)
class Exported:
    """A folder that stands for `folder` of the repository as it was."""

    commit: str
    root: Path
    """Of the whole tree."""
    folder: Path
    """What corresponds to the working directory."""
    missing: tuple[Path, ...] = ()
    """Files of the commit that this clone does not hold: a partial one fetches them when they are used."""

    def of(self, path: Path) -> Path:
        """The exported path for one relative to the working directory. Raises `BadInput`."""
        real = Path(os.path.normpath(self.folder / path))
        if path.is_absolute() or not real.is_relative_to(self.root):
            raise BadInput(
                "with --git-ref, paths are relative to the working directory and inside its repository.",
                where=str(path),
                next_step="Change into the repository and name them from there.",
            )
        if not real.exists() and not any(each.is_relative_to(real) for each in self.missing):
            raise NotFound(
                f"there is no such file or folder in commit {self.commit[:12]}.",
                where=str(path),
                next_step="Check the path and the reference: git ls-tree -r --name-only REF.",
            )
        return real

    def as_named(self, manifests: Manifests, paths: Sequence[Path]) -> Manifests:
        """What was found under `paths`, with the names that the user knows, instead of ours."""

        ours = re.compile(re.escape(str(self.root)) + r"[^\s:,;'\"]*")

        def named(text: str) -> str:
            return ours.sub(lambda found: os.path.relpath(found[0], self.folder), text)

        def place(file: str) -> str:
            return os.path.relpath(file, self.folder) if file.startswith(str(self.root)) else file

        return Manifests(
            tuple(replace(each, file=place(each.file)) for each in manifests.found),
            tuple(
                replace(each, file=place(each.file), what=named(each.what), next_step=named(each.next_step))
                for each in (*manifests.problems, *self._missing_below(paths))
            ),
            manifests.files,
        )

    def _missing_below(self, paths: Sequence[Path]) -> Iterator[ManifestProblem]:
        for file in self.missing:
            if file.suffix in _MATTER and any(file.is_relative_to(path) for path in paths):
                yield ManifestProblem(
                    file=str(file),
                    what="this file was not checked: this clone, a partial one, does not hold it.",
                    next_step="Fetch it: git fetch --refetch --no-filter, or clone the repository whole.",
                )


@contextmanager
def exported(
    reference: str, folder: Path, environment: Mapping[str, str], paths: Sequence[Path]
) -> Iterator[Exported]:
    """`paths` as of `reference` in the repository around `folder`, for as long as the block lasts.

    They come with what kustomizations in them build on, wherever in the repository that is.

    Raises `BadInput` where there is no repository or no such reference.
    """
    git = _Git(folder, environment)
    prefix = git.prefix()
    commit = git.commit_of(reference)
    with tempfile.TemporaryDirectory(prefix="seatrial-") as name:  # made with mode 0700
        root = Path(name).resolve()
        tree = _Tree(git, commit, root)
        if not tree.has(prefix):
            raise NotFound(
                f"this folder does not exist in commit {commit[:12]}.",
                where=prefix,
                next_step="Run it in a folder that the reference has.",
            )
        (root / prefix).mkdir(parents=True, exist_ok=True)
        tree.write(os.path.normpath(f"{prefix}{path}") for path in paths)
        yield Exported(commit, root, root / prefix, tuple(tree.missing))


@dataclass(frozen=True, slots=True)
class _Git:
    folder: Path
    environment: Mapping[str, str] = field(repr=False)

    def prefix(self) -> str:
        """The working directory within the repository."""
        try:
            return self._ask("rev-parse", "--show-prefix").rstrip("\n")
        except PermanentError as problem:
            raise BadInput(
                f"Git finds no repository here that it may read: {problem.what}",
                where=str(self.folder),
                next_step="Change into a Git repository.",
            ) from None

    def commit_of(self, reference: str) -> str:
        if not reference or reference.startswith("-") or "\0" in reference:
            raise self._unknown(reference)
        try:
            found = self._ask(
                "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}"
            )
        except PermanentError:
            raise self._unknown(reference) from None
        return found.strip()

    def _unknown(self, reference: str) -> BadInput:
        try:
            shallow = self._ask("rev-parse", "--is-shallow-repository").strip() == "true"
        except PermanentError:
            shallow = False
        return BadInput(
            f"there is no commit {reference!r} in this repository"
            + (", which is a shallow clone." if shallow else "."),
            where=str(self.folder),
            next_step="Fetch it: git fetch --unshallow." if shallow else "See git branch --all and git tag.",
        )

    def listed(self, commit: str) -> tuple[dict[str, str], dict[str, str]]:
        """Path → object, of files and of links."""
        files: dict[str, str] = {}
        links: dict[str, str] = {}
        for line in self._ask("ls-tree", "-r", "-z", "--full-tree", commit).split("\0"):
            head, _, path = line.partition("\t")
            if not path:
                continue
            mode, kind, name = head.split()
            parts = PurePosixPath(path).parts
            if kind != "blob" or ".." in parts or ".git" in parts or path.startswith("/"):
                continue
            (links if mode == "120000" else files)[path] = name
            if len(files) > _MOST_FILES:
                raise _too_large(f"more than {_MOST_FILES} files")
        return files, links

    def contents(self, objects: Mapping[str, str]) -> Iterator[tuple[str, bytes | None]]:
        if not objects:
            return
        with tempfile.TemporaryFile() as asked:
            asked.write("".join(f"{name}\n" for name in objects.values()).encode())
            asked.seek(0)
            process = subprocess.Popen(
                self._command("cat-file", "--batch"),
                cwd=self.folder,
                env=self._environment(),
                stdin=asked,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            try:
                assert process.stdout is not None  # noqa: S101  it was asked for
                for path in objects:
                    yield path, _next_object(process.stdout)
            finally:
                process.kill()
                process.wait()
                if process.stdout is not None:
                    process.stdout.close()

    def _ask(self, *arguments: str) -> str:
        try:
            done = subprocess.run(
                self._command(*arguments),
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_LIMIT,
                check=False,
            )
        except FileNotFoundError:
            raise NotFound("no git was found on PATH.", next_step="Install Git.") from None
        except subprocess.TimeoutExpired:
            raise PermanentError(f"git {arguments[0]} did not end within {_LIMIT} seconds.") from None
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
            raise PermanentError(fit_to_show(said, names=self.folder.parts) or "it does not say why.")
        return os.fsdecode(done.stdout)

    def _command(self, *arguments: str) -> list[str]:
        return ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", *arguments]

    def _environment(self) -> dict[str, str]:
        """As Git would find it, also in a hook; nothing is fetched, also not in a partial clone."""
        return {**self.environment, "LC_ALL": "C", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}


class _Tree:
    """The files of a commit, of which those that are asked for are written below `root`."""

    def __init__(self, git: _Git, commit: str, root: Path) -> None:
        self.missing: list[Path] = []
        """What this clone does not hold."""
        self._git, self._root = git, root
        self._files, self._links = git.listed(commit)
        self._bytes = 0

    def has(self, place: str) -> bool:
        return any(True for _ in _at(place, (*self._files, *self._links)))

    def write(self, places: Iterable[str]) -> None:
        """Each file, or folder with all in it, and what kustomizations and links among them lead to.

        Links are made only where they stay inside; submodules are left out.
        """
        waiting = list(places)
        while waiting:
            place = waiting.pop()
            files = {path: self._files.pop(path) for path in _at(place, tuple(self._files))}
            links = {path: self._links.pop(path) for path in _at(place, tuple(self._links))}
            for path, content in self._git.contents(files):
                if self._put(path, content) and path.rpartition("/")[2] in NAMES:
                    waiting += (_seen_from(path, text) for text in texts_in(self._root / path))
            for path, content in self._git.contents(links):
                waiting += self._link(path, content)

    def _put(self, path: str, content: bytes | None) -> bool:
        target = self._root / path
        if content is None:
            self.missing.append(target)
            return False
        self._bytes += len(content)
        if self._bytes > _LARGEST_TREE:
            raise _too_large(f"more than {_LARGEST_TREE >> 30} GiB")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        return True

    def _link(self, path: str, content: bytes | None) -> list[str]:
        """Where it leads."""
        if content is None:
            self.missing.append(self._root / path)
            return []
        leads = _seen_from(path, os.fsdecode(content))
        if leads.startswith(("/", "..")):
            return []
        target = self._root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(os.path.relpath(self._root / leads, target.parent))
        return [leads]


def _at(place: str, paths: Iterable[str]) -> Iterator[str]:
    """The path itself, or all below it."""
    whole = place in ("", ".")
    below = f"{place.rstrip('/')}/"
    return (path for path in paths if whole or path == place or path.startswith(below))


def _seen_from(path: str, text: str) -> str:
    """What a text in the file `path` names, relative to the root; begins with `/` or `..` when outside."""
    return os.path.normpath(os.path.join(os.path.dirname(path), text.replace("\0", "")))  # noqa: PTH118, PTH120


def _next_object(stream: IO[bytes]) -> bytes | None:
    """None for one that is missing."""
    head = stream.readline().split()
    if len(head) != 3 or head[1] != b"blob":
        return None
    content = stream.read(int(head[2]))
    stream.read(1)
    return content


def _too_large(what: str) -> BadInput:
    return BadInput(
        f"the commit holds {what}.", next_step="Check out the folder that holds manifests, and name it."
    )
