"""Who runs below a process, and ending all of them as a machine that loses power does."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path


def children(pid: int) -> tuple[int, ...]:
    """Direct children that live."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                found += map(int, (task / "children").read_text().split())
    return tuple(found)


def helm_children(pid: int, context: str = "") -> tuple[int, ...]:
    """Helm programs that a process has started, for one cluster where it is named."""
    return tuple(child for child in children(pid) if _is_helm(_arguments(child), context))


def kill(pid: int, *, with_children: bool) -> None:
    """SIGKILL; first the children where the whole machine is meant, while their parent cannot act."""
    with suppress(ProcessLookupError):
        if with_children:
            if pid != os.getpid():
                os.kill(pid, signal.SIGSTOP)
            for child in children(pid):
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(child, signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _arguments(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except OSError:
        return []


def _is_helm(arguments: list[str], context: str) -> bool:
    return bool(arguments) and Path(arguments[0]).name == "helm" and (not context or context in arguments)
