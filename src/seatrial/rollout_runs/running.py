"""Which clusters are under way, for whoever has just stopped the fleet."""

from __future__ import annotations

from seatrial.rollout_runs.journal import open_rollout
from seatrial.store import Store, StreamKind


async def still_running(store: Store) -> dict[str, tuple[str, ...]]:
    """Clusters under way, by unfinished rollout."""
    found = {}
    for stream in await store.streams(kind=StreamKind.ROLLOUT):
        journal = await open_rollout(store, stream.id)
        if not journal.state.finished:
            found[stream.id] = journal.state.running()
    return found
