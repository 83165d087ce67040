"""A store that checks a rollout's promises as each event is written, by its own few rules.

It shares nothing with the code that decides: it only knows the document, the events and the stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tests.rollout.builders import START
from tests.rollout.random_windows import reads_inside
from tests.rollout_runs.jumping_clock import JumpingClock

from seatrial.fleet.windows import Maintenance
from seatrial.rollout.document import Rollout, RolloutStage
from seatrial.rollout.events import (
    Cancelled,
    ClusterHeld,
    ClusterObserved,
    ClusterReleased,
    ClusterRetried,
    ClusterRunFinished,
    ClusterRunStarted,
    ClusterSkipped,
    Event,
    Health,
    Outcome,
    Paused,
    Resumed,
    RolloutFinished,
    StageApproved,
    StageFinished,
    decode_event,
)
from seatrial.store import Stop
from seatrial.store.memory import MemoryStore

STOP_WITHIN = 5.0  # seconds after the order in which a start may still happen


class WatchedStore(MemoryStore):
    def __init__(self, rollout: Rollout, clock: JumpingClock) -> None:
        super().__init__()
        self.rollout, self.clock = rollout, clock
        self.seen: list[Event] = []
        self.stopped_at: float | None = None
        self.open: dict[str, int] = {}
        """Attempt of each run without an end."""
        self.attempts: dict[str, int] = {}
        self.evidence: dict[str, str] = {}
        """Revision that each cluster was verified at last."""
        self.failed: set[str] = set()
        self.verified: dict[str, datetime] = {}
        self.healthy: dict[str, datetime] = {}
        """When each cluster was verified, and last seen healthy after that."""
        self.skipped: set[str] = set()
        self.held: set[str] = set()
        self.finished_stages: set[str] = set()
        self.approvals: dict[str, StageApproved] = {}
        self.paused = self.cancelled = self.over = False

    async def append(
        self,
        stream_id: str,
        fence: int,
        events: Sequence[bytes],
        *,
        expected_seq: int,
        format: int,
        state: str | None = None,
    ) -> int:
        last = await super().append(
            stream_id, fence, events, expected_seq=expected_seq, format=format, state=state
        )
        for event in events:
            self._see(decode_event(event))
        return last

    async def request(self, stream_id: str, event: bytes, *, format: int) -> int:
        last = await super().request(stream_id, event, format=format)
        self._see(decode_event(event))
        return last

    async def stop(self, stop: Stop) -> None:
        await super().stop(stop)
        if self.stopped_at is None:
            self.stopped_at = self.clock.monotonic()

    async def lift_stop(self, *, by: str, at: datetime) -> None:
        await super().lift_stop(by=by, at=at)
        self.stopped_at = None

    def _see(self, event: Event) -> None:
        assert not self.over, f"{event} after the end"
        self.seen.append(event)
        match event:
            case ClusterRunStarted():
                self._check_start(event)
                self.open[event.cluster] = self.attempts[event.cluster] = event.attempt
                self.evidence.pop(event.cluster, None)
                self.healthy.pop(event.cluster, None)
                self.failed.discard(event.cluster)
                self.skipped.discard(event.cluster)
            case ClusterRunFinished():
                assert self.open.pop(event.cluster) == event.attempt
                if event.outcome is Outcome.SUCCEEDED:
                    self.evidence[event.cluster] = event.revision
                    self.verified[event.cluster] = event.at
                else:
                    self.failed.add(event.cluster)
            case ClusterObserved(health=Health.HEALTHY):
                self.healthy[event.cluster] = event.at
            case ClusterObserved(health=Health.UNHEALTHY):
                self.evidence.pop(event.cluster, None)
                self.failed.add(event.cluster)
            case ClusterSkipped():
                self.failed.discard(event.cluster)
                self.skipped.add(event.cluster)
                if event.until is None:
                    self.held.discard(event.cluster)  # only a person's retry brings it back
            case ClusterRetried():
                self.failed.discard(event.cluster)
                self.skipped.discard(event.cluster)
            case ClusterHeld():
                self.held.add(event.cluster)
            case ClusterReleased():
                self.held.discard(event.cluster)
            case StageFinished():
                self._check_evidence(self.rollout.stage(event.stage), event.at)
                self.finished_stages.add(event.stage)
            case StageApproved():
                self.approvals[event.stage] = event
            case Paused():
                self.paused = True
            case Resumed():
                self.paused = False
            case Cancelled():
                self.cancelled = True
            case RolloutFinished():
                assert not self.open
                self.over = True

    def _check_start(self, event: ClusterRunStarted) -> None:
        stage = next(each for each in self.rollout.stages if event.cluster in each.clusters)
        assert event.cluster not in self.open, "it runs already"
        assert event.attempt == self.attempts.get(event.cluster, 0) + 1
        assert event.cluster not in self.held
        assert not self.paused
        assert not self.cancelled
        assert sum(name in self.open for name in stage.clusters) < stage.max_concurrent
        approval = self.approvals.get(stage.name)
        if stage.approval:
            assert approval is not None
            assert approval.until is None or event.at < approval.until, "outside its approval"
        if self.stopped_at is not None:
            assert self.clock.monotonic() - self.stopped_at <= STOP_WITHIN, "a start after the stop"
        upto = self.rollout.stages.index(stage)
        for earlier in self.rollout.stages[:upto]:
            assert earlier.name in self.finished_stages
            self._check_failures(earlier)
        self._check_failures(stage)
        of_cluster = self.rollout.cluster(event.cluster).maintenance
        for windows in (stage.maintenance, of_cluster):
            if isinstance(windows, Maintenance):
                assert reads_inside(windows, event.at), "outside its window"

    def _check_evidence(self, stage: RolloutStage, at: datetime) -> None:
        """Each cluster was upgraded to exactly what was approved, stayed so, or may be missing."""
        self._check_failures(stage)
        upgraded = [name for name in stage.clusters if name not in self.failed | self.skipped]
        for name in upgraded:
            assert name not in self.open
            assert self.evidence[name] == self.rollout.cluster(name).revision
        if upgraded and stage.soak:
            soaked = max(self.verified[name] for name in upgraded) + timedelta(seconds=stage.soak)
            assert at >= soaked, "before the end of its soak"
            assert all(self.healthy.get(name, START) >= soaked for name in upgraded), "not looked at again"

    def _check_failures(self, stage: RolloutStage) -> None:
        assert sum(name in self.failed for name in stage.clusters) <= stage.max_failures
