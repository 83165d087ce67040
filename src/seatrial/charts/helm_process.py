"""One run of the helm program: started in its own process group, bounded, and never left behind.

How long we bear with a program is a matter of the wall's clock, also in a rehearsal: a hung process
hangs whatever time the simulation shows. So the limit here is asyncio's, not the `Clock`'s.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seatrial.child_process import read_all, start_child
from seatrial.errors import PermanentError, SeatrialError, TemporaryError

_log = logging.getLogger(__name__)
_KEPT_STDERR = 64 << 10  # bytes, the last ones
_GRACE = 5.0  # seconds that helm gets to mark its release as failed before it is killed


@dataclass(frozen=True, slots=True)
class Finished:
    code: int
    stdout: bytes
    stderr: str


async def run_process(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    limit: float,
    descriptors: Sequence[int] = (),
) -> Finished:
    """Run to the end; after `limit` wall seconds, or when cancelled, end it and all that it started.

    `descriptors` are inherited. Raises `PermanentError` when the program cannot be started or says too
    much, `TemporaryError` at the limit. A failing program is not an error here: look at `code`.
    """
    try:
        process = await start_child(
            *command,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            pass_fds=tuple(descriptors),
        )
    except OSError as problem:
        raise _cannot_start(command[0], problem) from None
    out, err = process.stdout, process.stderr
    if out is None or err is None:
        raise AssertionError("pipes were asked for")
    try:
        async with asyncio.timeout(limit):
            async with asyncio.TaskGroup() as group:
                stdout = group.create_task(read_all(out, command[0]))
                stderr = group.create_task(_read_last(err))
            code = await process.wait()
    except TimeoutError:
        await asyncio.shield(_end(process))
        raise TemporaryError(
            f"helm {command[1]} did not end within {limit:.0f} seconds and was stopped.",
            next_step="Look at the release with `helm history`; the next run continues from what it finds.",
        ) from None
    except BaseExceptionGroup as problems:
        await asyncio.shield(_end(process))
        refused = problems.subgroup(SeatrialError)
        raise (refused.exceptions[0] if refused else problems) from None
    except BaseException:
        await asyncio.shield(_end(process))
        raise
    _log.info("helm %s ended with code %d", command[1], code)
    return Finished(code, stdout.result(), stderr.result().decode(errors="replace"))


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask the whole group to stop, then make it."""
    _signal_group(process.pid, signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_GRACE):
            await process.wait()
    # what helm started (credential plugins) may have outlived it
    _signal_group(process.pid, signal.SIGKILL)
    await process.wait()


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # gone already
        os.killpg(pid, number)


async def _read_last(stream: asyncio.StreamReader) -> bytes:
    read = bytearray()
    while chunk := await stream.read(1 << 14):
        read += chunk
        del read[:-_KEPT_STDERR]
    return bytes(read)


def _cannot_start(program: str, problem: OSError) -> SeatrialError:
    return PermanentError(
        f"helm cannot be started: {problem.strerror or problem}.",
        where=program,
        next_step="Install Helm 3.14 or newer, and put it on PATH or name it in SEATRIAL_HELM.",
    )
