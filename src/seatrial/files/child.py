"""One run of a program that renders: bounded in time and output, and never left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seatrial.child_process import kill_child, read_all, start_child
from seatrial.errors import PermanentError, TemporaryError

_LIMIT = 120.0  # wall seconds


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: bytes
    said: str


async def run_child(command: list[str], *, folder: Path, environment: Mapping[str, str]) -> Ended:
    """Run to the end. Raises `PermanentError` when it cannot be started or says too much, and
    `TemporaryError` when it takes too long; a failing program is not an error here.
    """
    try:
        process = await start_child(
            *command,
            cwd=folder,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as problem:
        raise PermanentError(f"it cannot be started: {problem.strerror}.", where=command[0]) from None
    out, err = process.stdout, process.stderr
    if out is None or err is None:
        raise AssertionError("pipes were asked for")
    try:
        async with asyncio.timeout(_LIMIT):
            written, said = await asyncio.gather(read_all(out, command[0]), read_all(err, command[0]))
            code = await process.wait()
    except TimeoutError:
        await asyncio.shield(kill_child(process, group=True))
        raise TemporaryError(f"it did not end within {_LIMIT:.0f} seconds.", where=command[0]) from None
    except BaseException:
        await asyncio.shield(kill_child(process, group=True))
        raise
    return Ended(code, written, said.decode(errors="replace"))
