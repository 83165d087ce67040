"""What went wrong, to which object, and what to do next: the only exceptions that reach a user.

Every error that we raise on purpose is a `SeatrialError`. The command line prints its three
sentences and exits with its code; anything else that escapes is a bug. Errors are sorted by what
the caller does next: try again (`TemporaryError`), or stop and ask a person (the others).
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command."""

    CLEAN = 0
    WARNINGS = 1
    BLOCKERS = 2
    INCOMPLETE = 3
    COULD_NOT_RUN = 4
    INTERRUPTED = 130


class SeatrialError(Exception):
    """We cannot go on.

    `what` happened (one sentence, no secrets), `where` (the object, file:line or endpoint, may be
    empty), and the `next_step` for the person who reads it.
    """

    exit_code: ExitCode = ExitCode.COULD_NOT_RUN

    def __init__(self, what: str, *, where: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.next_step = next_step

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head} {self.next_step}".rstrip()


class BadInput(SeatrialError):
    """A file, flag or value that the user gave cannot be used as it is."""


class NotFound(SeatrialError):
    """The named object does not exist."""


class Forbidden(SeatrialError):
    """The identity in use is not allowed to do this."""


class Conflict(SeatrialError):
    """Somebody else changed or owns the object: observe again before acting."""


class PermanentError(SeatrialError):
    """Trying again will not help."""


class TemporaryError(SeatrialError):
    """Trying again may help; `retry_after` is in seconds where the server named it."""

    def __init__(
        self, what: str, *, where: str = "", next_step: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(what, where=where, next_step=next_step)
        self.retry_after = retry_after


class Unreachable(TemporaryError):
    """No answer from the other side: refused, timed out, or cut off."""


class NewerFormat(BadInput):
    """A file or row written by a newer Seatrial than this one."""

    def __init__(self, kind: str, found: int, known: int, *, where: str = "") -> None:
        super().__init__(
            f"this {kind} has format {found}; this Seatrial reads formats up to {known}.",
            where=where,
            next_step="Upgrade Seatrial and run the command again.",
        )


class BadFormat(BadInput):
    """A file of ours that is truncated, corrupt or not what it claims to be."""
