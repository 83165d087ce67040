"""Reads many files on several processors, as Python itself keeps to one.

Forked children and this process take turns at the next few files, until none are left; a child hands back
what it read packed, which costs a tenth of reading it. What a child took and did not hand back (it was
killed, or read what cannot be packed) this process reads itself, so the answer is the same with and without
children.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import takewhile
from typing import NoReturn

import msgspec

from seatrial.cluster.manifests import Manifests

_EACH = 500  # files; for fewer, a child takes longer to start than it saves
_MOST = 4
_TURN = 32  # files
_TICKET = 2  # bytes
_MOST_TICKETS = 2000  # what a pipe holds even where the user has many: one page
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_packed = msgspec.msgpack.Decoder(dict[int, list[Manifests]])

Read = Callable[[str], Manifests]
_Turns = dict[int, list[Manifests]]


def read_side_by_side(
    files: Sequence[str], read: Read, meanwhile: Callable[[], None] = lambda: None
) -> list[Manifests]:
    """What `read` says of each file, in their order.

    `meanwhile` is done once, here, while the children begin: what has to be done anyway.
    """
    shares = _shares(len(files))
    if shares == 1:
        meanwhile()
        return [read(file) for file in files]
    length = max(_TURN, -(-len(files) // _MOST_TICKETS))
    turns = [files[start : start + length] for start in range(0, len(files), length)]
    with _Tickets(len(turns)) as tickets:
        children: list[_Child] = []
        try:
            with _signals_waiting(), suppress(OSError):  # no process more is allowed: fewer do it
                for _ in range(1, shares):
                    children.append(_start(turns, tickets, read))
            meanwhile()
            found = _take_turns(turns, tickets, read)
            for child in children:
                found |= child.answer()
        finally:
            for child in children:
                child.end()
    whole = (found[at] if at in found else [read(file) for file in turn] for at, turn in enumerate(turns))
    return [each for turn in whole for each in turn]


def _shares(files: int) -> int:
    """Forking is safe where no other thread may hold a lock; elsewhere than on Linux, libraries mind."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return 1
    return max(1, min(len(os.sched_getaffinity(0)), _MOST, files // _EACH))


@contextmanager
def _signals_waiting() -> Iterator[None]:
    """None ends this process between a fork and the note of it, or runs this one's handlers in a child."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Tickets:
    """Numbers from 0 in a pipe: each process that reads from it gets one that no other gets."""

    def __init__(self, count: int) -> None:
        self._pipe, tickets = os.pipe()
        with os.fdopen(tickets, "wb") as stream:
            stream.write(b"".join(number.to_bytes(_TICKET) for number in range(count)))

    def __enter__(self) -> _Tickets:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._pipe)

    def __iter__(self) -> Iterator[int]:
        while ticket := os.read(self._pipe, _TICKET):
            yield int.from_bytes(ticket)


def _take_turns(turns: Sequence[Sequence[str]], tickets: Iterable[int], read: Read) -> _Turns:
    return {at: [read(file) for file in turns[at]] for at in tickets}


class _Child(msgspec.Struct, frozen=True):
    pid: int
    pipe: int

    def answer(self) -> _Turns:
        """Waits; empty when the child did not get to its end."""
        with os.fdopen(self.pipe, "rb", closefd=False) as stream:
            packed = stream.read()
        try:
            return _packed.decode(packed)
        except msgspec.MsgspecError:
            return {}

    def end(self) -> None:
        os.close(self.pipe)
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)  # it has answered, or nobody asks it any more
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


def _start(turns: Sequence[Sequence[str]], tickets: _Tickets, read: Read) -> _Child:
    ours, theirs = os.pipe()
    parent = os.getpid()
    try:
        pid = os.fork()
    except OSError:
        os.close(ours)
        os.close(theirs)
        raise
    if pid == 0:
        wanted = takewhile(lambda _: os.getppid() == parent, tickets)
        _work(turns, wanted, read, ours, theirs)
    os.close(theirs)
    return _Child(pid, ours)


def _work(
    turns: Sequence[Sequence[str]], tickets: Iterable[int], read: Read, others: int, pipe: int
) -> NoReturn:
    """The child's whole life: it must never go on with what its parent was at."""
    code = 1
    try:
        os.close(others)  # kept open, it would let us wait for ever to be read when the parent is gone
        signal.set_wakeup_fd(-1)  # an event loop of the parent's would listen there
        for number in _ENDING:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        gc.disable()
        packed = msgspec.msgpack.encode(_take_turns(turns, tickets, read))
        with os.fdopen(pipe, "wb") as stream:
            stream.write(packed)
        code = 0
    finally:
        os._exit(code)
