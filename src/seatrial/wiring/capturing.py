"""Reads a whole live cluster into memory: its objects, what its provider says, each API server's metrics."""

from __future__ import annotations

from collections.abc import Collection

from seatrial.capture.live import Progress, from_live
from seatrial.clock import Clock
from seatrial.cluster.objects import GroupKind
from seatrial.cluster.snapshot import Snapshot
from seatrial.kube import DirectReader, ReadClient
from seatrial.wiring.providers import provider_state
from seatrial.wiring.reaching import Reach


async def capture_live(
    reach: Reach,
    clock: Clock,
    *,
    kinds: Collection[GroupKind] | None = None,
    progress: Progress | None = None,
) -> Snapshot:
    """The kinds given (None: everything that may be read), in memory only; nothing is written anywhere."""
    async with reach.connected(clock) as session:
        client = ReadClient(session)
        await client.server_version()  # first what every cluster has: so a failure is told of that
        return await from_live(
            client,
            clock,
            kinds=kinds,
            provider=await provider_state(session),
            each_server=DirectReader(session),
            progress=progress,
        )
