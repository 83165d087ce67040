"""One process at a time drives a rollout: a lock on a file, which dies with its process.

The store's fence keeps the journal right whatever happens; the lock is the courtesy before it: a second
process is told who drives, where it would otherwise take over from a living one.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seatrial.errors import Conflict
from seatrial.private_folder import make_private


@contextmanager
def driving(folder: Path, rollout_id: str, worker: str) -> Iterator[None]:
    """Hold the rollout's lock; raise `Conflict` naming the process that has it."""
    make_private(folder)
    path = _path(folder, rollout_id)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Conflict(
                f"{driver(folder, rollout_id) or 'another process'} drives rollout {rollout_id} already.",
                next_step=f"Watch it with `seatrial rollout status {rollout_id} --watch`;"
                " pause, approve, retry, skip and cancel reach it from here.",
            ) from None
        os.ftruncate(handle, 0)
        os.write(handle, worker.encode())
        yield
    finally:
        os.close(handle)


def driver(folder: Path, rollout_id: str) -> str:
    """Who drives the rollout now; empty when nobody does."""
    try:
        handle = os.open(_path(folder, rollout_id), os.O_RDWR)
    except OSError:
        return ""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return os.read(handle, 200).decode("utf-8", "replace") or "another process"
    else:
        return ""
    finally:
        os.close(handle)


def _path(folder: Path, rollout_id: str) -> Path:
    return folder / f"{rollout_id}.lock"
