"""Starts a program so that an interruption never leaves it behind: Helm, Git and credential plugins.

asyncio waits for the end of a program whose start was cancelled half way, and kills only the program,
not what it has started meanwhile: Ctrl-C in that moment would hang, or leave a login helper running.
No program is told how our database is reached.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import Any

from seatrial.errors import PermanentError

_LARGEST_OUTPUT = 128 << 20  # bytes; a rendered stack of charts is below 20 MiB
_OURS = ("SEATRIAL_STATE", "PGPASSWORD")
"""Variables that may hold the password of our state."""


async def start_child(*command: str, **options: Any) -> asyncio.subprocess.Process:
    """`asyncio.create_subprocess_exec` with its options; cancelled, it ends what was started first."""
    given = os.environ if options.get("env") is None else options["env"]
    options["env"] = {name: value for name, value in given.items() if name not in _OURS}
    starting = asyncio.ensure_future(asyncio.create_subprocess_exec(*command, **options))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        with suppress(OSError, ValueError):  # it could not be started at all
            await kill_child(await starting, group=bool(options.get("start_new_session")))
        raise


async def read_all(stream: asyncio.StreamReader, program: str) -> bytes:
    """All that `program` writes; `PermanentError` when it is more than anything of ours writes."""
    read = bytearray()
    while chunk := await stream.read(1 << 16):
        read += chunk
        if len(read) > _LARGEST_OUTPUT:
            raise PermanentError(f"it wrote more than {_LARGEST_OUTPUT >> 20} MiB.", where=program)
    return bytes(read)


async def kill_child(process: asyncio.subprocess.Process, *, group: bool) -> None:
    """Kill it (with all of its own session, where it has one) and reap it."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        if group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    # a grandchild may keep the pipes open: do not wait for the end of output
    process._transport.close()  # type: ignore[attr-defined]
    await process.wait()
