"""Processes that check snapshots side by side, while this one reads the next clusters.

Decoding and checking is work for a processor, and Python gives one to a process. A worker is fed through a
pipe, one snapshot at a time, and ends when the pipe does: also when this process is killed. Ctrl-C
reaches this process only; it ends the workers.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from seatrial.checks.registry import get_check
from seatrial.checks.run import Inputs, check_inputs
from seatrial.checks.settings import CheckSettings
from seatrial.cluster.findings import Report
from seatrial.cluster.snapshot import Snapshot
from seatrial.cluster.version import Minor
from seatrial.errors import PermanentError

_ENDING = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Task:
    """One snapshot to check; checks go by id, as they hold functions."""

    snapshot: Snapshot
    subject: str
    target: Minor
    checks: tuple[str, ...]
    settings: CheckSettings


def check_task(task: Task) -> Report:
    inputs = Inputs(task.subject, snapshot=task.snapshot)
    return check_inputs(inputs, task.target, [get_check(each) for each in task.checks], task.settings)


class Checkers:
    """Gives each task to a worker that is free; without workers it checks by itself."""

    def __init__(self, workers: list[_Worker]) -> None:
        self._workers = workers
        self._free: asyncio.Queue[_Worker] = asyncio.Queue()
        for each in workers:
            self._free.put_nowait(each)

    async def check(self, task: Task) -> Report:
        """Raises `PermanentError` when the worker ended; the next task gets a new one."""
        if not self._workers:
            return check_task(task)
        worker = await self._free.get()
        try:
            return await asyncio.to_thread(worker.check, task)
        finally:
            self._free.put_nowait(worker if worker.process.is_alive() else self._instead_of(worker))

    def _instead_of(self, dead: _Worker) -> _Worker:
        dead.end()
        fresh = _start()
        self._workers[self._workers.index(dead)] = fresh
        return fresh


@asynccontextmanager
async def checkers(count: int) -> AsyncIterator[Checkers]:
    """`count` workers for as long as the block lasts."""
    workers: list[_Worker] = []
    try:
        for _ in range(count):
            workers.append(_start())
        yield Checkers(workers)
    finally:
        for each in workers:
            each.end()


@dataclass(frozen=True, slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection

    def check(self, task: Task) -> Report:
        """Blocks; raises what the check raised, and `PermanentError` when the worker is gone."""
        try:
            self.pipe.send(task)
            answer = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join(timeout=_ENDING)  # the pipe closes a moment before
            raise PermanentError(
                "the process that checked it ended before its time.",
                where=task.subject,
                next_step="Mostly memory did not suffice: check fewer clusters at once.",
            ) from None
        if isinstance(answer, Report):
            return answer
        if isinstance(answer, BaseException):
            raise answer
        raise AssertionError(f"a worker answered {type(answer).__name__}")

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        with suppress(OSError):
            self.pipe.close()


def _start() -> _Worker:
    resource_tracker.ensure_running()  # which multiprocessing would start below, and lift our block
    spawning = multiprocessing.get_context("spawn")  # forking a process with threads may hang it
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=_work, args=(theirs,), daemon=True)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # which the child inherits
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    theirs.close()
    return _Worker(process, ours)


def _work(pipe: Connection) -> None:
    with suppress(EOFError, OSError):
        while True:
            task: Task = pipe.recv()
            answer: Report | Exception
            try:
                answer = check_task(task)
            except Exception as problem:
                answer = problem
            del task
            pipe.send(answer)
