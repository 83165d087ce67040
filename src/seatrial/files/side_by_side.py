"""Reads many files on several processors, as Python itself keeps to one.

A forked child reads its share and hands it back packed, which costs a tenth of reading it. Where a child
cannot (it was killed, or its share holds what cannot be packed) this process reads that share itself, so
the answer is the same with and without children.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import msgspec

from seatrial.cluster.manifests import Manifests

_EACH = 500  # files; for fewer, a child takes longer to start than it saves
_MOST = 4
_packed = msgspec.msgpack.Decoder(list[Manifests])

Read = Callable[[Path], Manifests]


def read_side_by_side(files: Sequence[Path], read: Read) -> list[Manifests]:
    """What `read` says of each file, in their order."""
    shares = _shares(len(files))
    children = [_start(files[number::shares], read) for number in range(1, shares)]
    try:
        found = [[read(file) for file in files[0::shares]]]
        for number, child in enumerate(children, start=1):
            share = child.answer()
            found.append([read(file) for file in files[number::shares]] if share is None else share)
    finally:
        for child in children:
            child.end()
    return [found[number % shares][number // shares] for number in range(len(files))]


def _shares(files: int) -> int:
    """Forking is safe where no other thread may hold a lock; elsewhere than on Linux, libraries mind."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return 1
    return max(1, min(len(os.sched_getaffinity(0)), _MOST, files // _EACH))


@dataclass(slots=True)
class _Child:
    pid: int
    pipe: int

    def answer(self) -> list[Manifests] | None:
        """Waits; None when the child did not get to its end."""
        with os.fdopen(self.pipe, "rb", closefd=False) as stream:
            packed = stream.read()
        try:
            return _packed.decode(packed)
        except msgspec.MsgspecError:
            return None

    def end(self) -> None:
        os.close(self.pipe)
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)  # it has answered, or nobody asks it any more
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


def _start(files: Sequence[Path], read: Read) -> _Child:
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        _work(files, read, theirs)
    os.close(theirs)
    return _Child(pid, ours)


def _work(files: Sequence[Path], read: Read, pipe: int) -> NoReturn:
    """The child's whole life: it must never go on with what its parent was at."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)  # the parent's event loop listens there
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        packed = msgspec.msgpack.encode([read(file) for file in files])
        with os.fdopen(pipe, "wb") as stream:
            stream.write(packed)
        code = 0
    finally:
        os._exit(code)
