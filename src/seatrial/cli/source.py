"""Where a command's cluster comes from: a kubeconfig context, the pod we run in, or a snapshot file."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Collection, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from seatrial.cli.output import on_one_line
from seatrial.errors import BadInput

if TYPE_CHECKING:
    from seatrial.capture.live import Progress
    from seatrial.cluster.objects import GroupKind
    from seatrial.cluster.snapshot import Snapshot
    from seatrial.wiring.reaching import Reach

T = TypeVar("T")


def reach_of(kubeconfig: Path | None, context: str) -> Reach:
    """How to reach the cluster that the user named; in a pod without a kubeconfig, the pod's own."""
    from seatrial.wiring.reaching import find_reach

    return find_reach(
        kubeconfig, context, environment=os.environ, home=Path.home(), interactive=sys.stdin.isatty()
    )


def read_source(
    *,
    kubeconfig: Path | None,
    context: str,
    snapshot: Path | None,
    kinds: Collection[GroupKind] | None = None,
    provider_data: Sequence[Path] = (),
) -> Snapshot:
    """The snapshot of the file given, or of the live cluster, read now; and what files say of it."""
    from seatrial.cli.provider_files import read_provider_files, with_provider_files

    files = read_provider_files(provider_data)  # before a large cluster is read in vain
    if snapshot is not None:
        if context or kubeconfig:
            raise BadInput(
                "--snapshot and a live cluster exclude each other.",
                next_step="Leave out --snapshot, or --context and --kubeconfig.",
            )
        from seatrial.capture.archive import load

        return with_provider_files(load(snapshot), files)
    reach = reach_of(kubeconfig, context)
    taken = run_async(read_live(reach, kinds=kinds))
    return with_provider_files(taken, files, urlsplit(reach.access.server).hostname or "")


async def read_live(reach: Reach, *, kinds: Collection[GroupKind] | None = None) -> Snapshot:
    """Read the cluster, and what its provider says of it where there is an adapter that can ask."""
    from seatrial.clock import WallClock
    from seatrial.wiring.capturing import capture_live

    with _ProgressLine(reach.access.name) as progress:
        return await capture_live(reach, WallClock(), kinds=kinds, progress=progress)


def run_async(main: Coroutine[Any, Any, T]) -> T:
    """Run a command's work; errors of tasks that ran side by side come out one by one.

    The result is kept out of the task: when Python gives Ctrl-C back it writes the task out as text, and
    a snapshot or thousands of manifests with it."""
    kept: list[T] = []

    async def keep() -> None:
        kept.append(await main)

    asyncio.run(keep())
    return kept[0]


class _ProgressLine:
    """One line on a terminal's stderr that is wiped when done; nothing elsewhere."""

    def __init__(self, cluster: str) -> None:
        self._cluster = cluster
        self._shown = sys.stderr.isatty() and not os.environ.get("CI")

    def __enter__(self) -> Progress:
        return self._show

    def _show(self, kind: str, done: int, total: int) -> None:
        if self._shown:
            text = f"Reading {self._cluster}: {done} of {total} kinds ({kind})"
            sys.stderr.write(f"\r\x1b[2K{on_one_line(text)}")
            sys.stderr.flush()

    def __exit__(self, *_: object) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
