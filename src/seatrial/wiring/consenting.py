"""Who allows what a kubeconfig asks for: the environment, what was allowed before, or the person here.

kubectl runs whatever a kubeconfig says. We ask once per wish (`seatrial.kube.consent` says what makes
two wishes the same) and remember the answer for this user; a process without a terminal runs only what
was allowed before, or what SEATRIAL_ALLOW_EXEC names. See docs/decisions/0010-consent-for-kubeconfigs.md.
"""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import msgspec

from seatrial.kube import Consent, Harm, Wish
from seatrial.private_folder import make_private
from seatrial.whole_file import write_whole

ALLOW = "SEATRIAL_ALLOW_EXEC"
_LARGEST = 4 << 20  # bytes


class Answer(Enum):
    NO = "no"
    ONCE = "once"
    """For as long as this process runs."""
    REMEMBER = "remember"
    """This very wish, from now on."""
    WHOLE_FILE = "whole file"
    """This program or file for every context of this kubeconfig, from now on."""


Ask = Callable[[Wish], Answer]


class _Remembered(msgspec.Struct, frozen=True, omit_defaults=True):
    """Holds no arguments: they may be secret."""

    harm: str
    subject: str
    fingerprint: str = ""
    """Empty: every wish of `kubeconfig` for `subject` with this `environment`."""
    kubeconfig: str = ""
    environment: str = ""
    """A digest of the variables that the kubeconfig sets for the program."""


class _File(msgspec.Struct):
    version: int = 1
    allowed: list[_Remembered] = []


@dataclass(slots=True)
class Consents:
    """A `Consent`."""

    allowed: tuple[str, ...]
    """Programs by name or path, files by path, or "all"."""
    file: Path | None
    ask: Ask | None
    _answered: dict[str, bool] = field(default_factory=dict)

    def __call__(self, wish: Wish) -> bool:
        if _is_named(wish, self.allowed) or self._is_remembered(wish):
            return True
        known = self._answered.get(wish.fingerprint)
        if known is not None:
            return known
        if self.ask is None:
            return False
        answer = self.ask(wish)
        self._answered[wish.fingerprint] = answer is not Answer.NO
        if answer in (Answer.REMEMBER, Answer.WHOLE_FILE):
            self._remember(wish, answer)
        return answer is not Answer.NO

    def _is_remembered(self, wish: Wish) -> bool:
        exact, whole = _remembered(wish, Answer.REMEMBER), _remembered(wish, Answer.WHOLE_FILE)
        known = _read(self.file).allowed
        return exact in known or (whole in known and _is_ours_alone(wish.kubeconfig))

    def _remember(self, wish: Wish, answer: Answer) -> None:
        if self.file is None:
            return
        found, new = _read(self.file), _remembered(wish, answer)
        if new not in found.allowed:
            make_private(self.file.parent)
            found.allowed.append(new)
            write_whole(self.file, msgspec.json.format(msgspec.json.encode(found), indent=1))


def consents(environment: Mapping[str, str], home: Path | None, *, interactive: bool) -> Consent:
    """Those of the user whose environment and home folder these are."""
    allowed = tuple(each.strip() for each in environment.get(ALLOW, "").split(",") if each.strip())
    file = consents_file(environment, home)
    return Consents(allowed, file, ask_here if interactive else None)


def consents_file(environment: Mapping[str, str], home: Path | None) -> Path | None:
    """`$XDG_CONFIG_HOME/seatrial/consents.json`; None where nobody has a home."""
    base = environment.get("XDG_CONFIG_HOME")
    home = home or (Path(environment["HOME"]) if environment.get("HOME") else None)
    if base:
        return Path(base) / "seatrial" / "consents.json"
    return home / ".config" / "seatrial" / "consents.json" if home else None


def ask_here(wish: Wish) -> Answer:
    """Put the question on the terminal; no terminal, no word: no."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return Answer.NO
    for line in question(wish):
        sys.stderr.write(f"{line}\n")
    sys.stderr.write("Allow it? [y]es from now on, [o]nce, [a]ll contexts of this file, [N]o: ")
    sys.stderr.flush()
    # asyncio would turn Ctrl-C into a cancellation, which a task blocked here never sees
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        said = sys.stdin.readline().strip().lower()
    finally:
        signal.signal(signal.SIGINT, before)
    answers = {"y": Answer.REMEMBER, "yes": Answer.REMEMBER, "o": Answer.ONCE, "a": Answer.WHOLE_FILE}
    return answers.get(said, Answer.NO)


def question(wish: Wish) -> list[str]:
    """All that decides what would happen, without control characters that could hide a part of it."""
    who = f"The kubeconfig {wish.kubeconfig or ''} (context {wish.context!r})"
    if wish.harm is Harm.SEND:
        lines = [f"{who} asks to send a file of this machine:", f"  {wish.subject}", f"to {wish.server}."]
    else:
        command = " ".join((wish.subject, *(repr(each) for each in wish.arguments)))
        lines = [f"{who} asks to run a program with your rights:", f"  {command}"]
        lines += [f"  with {name}={value!r}" for name, value in wish.environment]
        lines.append(f"and to send what it answers to {wish.server}.")
    return [
        "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in line)
        for line in lines
    ]


def _is_named(wish: Wish, allowed: tuple[str, ...]) -> bool:
    """A name stands for what is found under it on PATH, never for a path that a kubeconfig gives."""
    return any(each in ("all", wish.subject) or (wish.bare and each == wish.bare) for each in allowed)


def _remembered(wish: Wish, answer: Answer) -> _Remembered:
    if answer is Answer.REMEMBER:
        return _Remembered(wish.harm.value, wish.subject, fingerprint=wish.fingerprint)
    environment = _digest(wish.environment) if wish.environment else ""
    path = str(wish.kubeconfig.absolute()) if wish.kubeconfig else ""
    return _Remembered(wish.harm.value, wish.subject, kubeconfig=path, environment=environment)


def _digest(environment: tuple[tuple[str, str], ...]) -> str:
    return hashlib.sha256(msgspec.json.encode(environment)).hexdigest()


def _read(file: Path | None) -> _File:
    """What is not ours alone, too long or damaged counts as nothing: the question comes again."""
    if file is None or not _is_ours_alone(file) or not _is_ours_alone(file.parent):
        return _File()
    try:
        with file.open("rb") as opened:
            found = msgspec.json.decode(opened.read(_LARGEST), type=_File)
    except (OSError, msgspec.MsgspecError):
        return _File()
    return found if found.version == 1 else _File()


def _is_ours_alone(path: Path | None) -> bool:
    """Whether nobody else can have written it."""
    if path is None:
        return False
    try:
        found = path.stat()
    except OSError:
        return False
    others = stat.S_IWGRP | stat.S_IWOTH
    return found.st_uid in (os.getuid(), 0) and not found.st_mode & others
