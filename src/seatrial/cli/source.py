"""Where a command's cluster comes from: a kubeconfig context, the pod we run in, or a snapshot file."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Collection, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from seatrial.errors import BadInput

if TYPE_CHECKING:
    from seatrial.capture.live import Progress
    from seatrial.cluster.objects import GroupKind
    from seatrial.cluster.snapshot import Snapshot
    from seatrial.kube import ClusterAccess

T = TypeVar("T")


def cluster_access(kubeconfig: Path | None, context: str) -> ClusterAccess:
    """How to reach the cluster that the user named; in a pod without a kubeconfig, the pod's own."""
    from seatrial.kube import Kubeconfig, in_cluster

    loaded = Kubeconfig.load(kubeconfig, env=os.environ, home=Path.home())
    if not loaded.contexts and not context and kubeconfig is None:
        own = in_cluster(os.environ)
        if own is not None:
            return own
    return loaded.access(context or None)


def read_source(
    *,
    kubeconfig: Path | None,
    context: str,
    snapshot: Path | None,
    kinds: Collection[GroupKind] | None = None,
) -> Snapshot:
    """The snapshot of the file given, or of the live cluster, read now."""
    if snapshot is not None:
        if context or kubeconfig:
            raise BadInput(
                "--snapshot and a live cluster exclude each other.",
                next_step="Leave out --snapshot, or --context and --kubeconfig.",
            )
        from seatrial.capture import load

        return load(snapshot)
    return run_async(read_live(cluster_access(kubeconfig, context), kinds=kinds))


async def read_live(access: ClusterAccess, *, kinds: Collection[GroupKind] | None = None) -> Snapshot:
    """Read the cluster, and what its provider says of it where there is an adapter that can ask."""
    from seatrial.capture import from_live
    from seatrial.clock import WallClock
    from seatrial.kube import DirectReader, ReadClient, connect
    from seatrial.wiring.consenting import consents
    from seatrial.wiring.providers import provider_state

    clock = WallClock()
    with _ProgressLine(access.name) as progress:
        interactive = sys.stdin.isatty()
        consent = consents(os.environ, Path.home(), interactive=interactive)
        async with connect(access, clock, consent=consent, interactive=interactive) as session:
            provider = await provider_state(session)
            return await from_live(
                ReadClient(session),
                clock,
                kinds=kinds,
                provider=provider,
                each_server=DirectReader(session),
                progress=progress,
            )


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
            sys.stderr.write(f"\r\x1b[2KReading {self._cluster}: {done} of {total} kinds ({kind})")
            sys.stderr.flush()

    def __exit__(self, *_: object) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
