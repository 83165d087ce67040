"""Writes a file whole or not at all, for its owner's eyes only: what every command that leaves a file uses.

A half-written snapshot or plan would be met days later by somebody else. So the bytes go into a draft
beside the file, which takes its place at the end; a full disk or Ctrl-C leaves what was there before.
"""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from seatrial.errors import BadInput


def write_whole(path: Path, data: bytes) -> None:
    """Put `data` at `path`, with mode 0600; raise `BadInput` naming it, and then nothing was written.

    A link is followed, so that what it leads to is replaced; a device or pipe is written to, not replaced.
    """
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            _write_into(target, data)
        else:
            _replace(target, data)
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        reason = (error.strerror if isinstance(error, OSError) else "") or "its links lead nowhere"
        raise BadInput(
            f"it cannot be written: {reason[0].lower()}{reason[1:]}.",
            where=str(path),
            next_step=_advice(error),
        ) from error


def _advice(error: Exception) -> str:
    number = error.errno if isinstance(error, OSError) else errno.ELOOP
    if number in (errno.ENOSPC, errno.EDQUOT):
        return "Free some space, or name another place."
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "Check the permissions, or name another place."
    return "Correct the path: its folder must exist." if number == errno.ENOENT else "Name another place."


def _write_into(target: Path, data: bytes) -> None:
    with target.open("wb") as out:  # a folder says here that it is one
        out.write(data)


def _replace(target: Path, data: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".seatrial-")  # mode 0600
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(target)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
