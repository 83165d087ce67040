"""Random strategies, faults, pauses, stops, retries and clock jumps: what must hold always."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.rollout.builders import START, rollout, started
from tests.rollout.random_windows import OFTEN, ONCE_A_DAY, random_windows, reads_inside

from seatrial.errors import BadInput
from seatrial.fleet.windows import Maintenance
from seatrial.rollout.decide import decide_next
from seatrial.rollout.decisions import (
    Done,
    FinishRollout,
    FinishStage,
    GiveUp,
    GoOnWith,
    ObserveClusters,
    RemindOwners,
    StartClusters,
    WaitForWindow,
)
from seatrial.rollout.document import Rollout, RolloutStage, digest
from seatrial.rollout.events import (
    Cancelled,
    ClusterHeld,
    ClusterLeftEnvelope,
    ClusterObserved,
    ClusterParked,
    ClusterReady,
    ClusterReleased,
    ClusterResumed,
    ClusterRetried,
    ClusterRunFinished,
    ClusterRunStarted,
    ClusterSkipped,
    DifferencesAccepted,
    Event,
    Health,
    Outcome,
    OwnerReminded,
    Paused,
    Request,
    Resumed,
    RolloutFinished,
    StageApproved,
    StageFinished,
    StopLifted,
    Stopped,
    decode_event,
    encode_event,
)
from seatrial.rollout.explain import explain
from seatrial.rollout.permit import check_request
from seatrial.rollout.state import UNSUCCESSFUL, Phase, RolloutState, fold
from seatrial.rollout.status import RolloutPhase


@st.composite
def rollouts(draw: st.DrawFn) -> Rollout:
    stages = []
    for number in range(draw(st.integers(1, 3))):
        size = draw(st.integers(1, 5))
        stages.append(
            RolloutStage(
                name=f"s{number}",
                clusters=tuple(f"c{number}{index}" for index in range(size)),
                max_concurrent=draw(st.integers(1, 4)),
                canary=draw(st.integers(0, 2)),
                max_failures=draw(st.integers(0, 2)),
                soak=draw(st.sampled_from([0.0, 600.0, 7200.0])),
                approval=draw(st.booleans()),
                maintenance=draw(st.one_of(st.just(msgspec.UNSET), random_windows(OFTEN + ONCE_A_DAY))),
            )
        )
    return rollout(*stages)


class World:
    """Carries out decisions, and checks the invariants at each new start."""

    def __init__(self, of: Rollout, draw: st.DataObject) -> None:
        self.rollout, self.data = of, draw
        self.events: list[Event] = [started(of)]
        self.state = fold(of, self.events)
        self.now = START

    def happen(self, event: Event) -> None:
        event = decode_event(encode_event(event))
        self.events.append(event)
        self.state.apply(event)

    def step(self) -> bool:
        """Do one thing; False when the rollout has ended."""
        explain(self.state, self.now)
        match decide_next(self.state, self.now):
            case Done():
                return False
            case FinishRollout(succeeded, detail):
                self.happen(RolloutFinished(at=self.now, succeeded=succeeded, detail=detail))
            case FinishStage(stage, detail):
                check_soaked(self.state, self.rollout.stage(stage), self.now)
                self.happen(StageFinished(at=self.now, stage=stage, detail=detail))
            case StartClusters(stage, clusters):
                self._start(self.rollout.stage(stage), clusters)
            case GoOnWith(stage, clusters):
                of = self.rollout.stage(stage)
                running = sum(c.phase is Phase.RUNNING for c in self.state.members(of))
                assert running + len(clusters) <= of.max_concurrent
                assert not (self.state.paused)
                assert not (self.state.stopped)
                assert not (self.state.cancelled)
                check_windows(of, self.now)
                self._go_on(clusters)
            case GiveUp(clusters):
                self._go_on(clusters)
            case RemindOwners(clusters):
                for name in clusters:
                    cluster = self.state.clusters[name]
                    assert cluster.waiting_since is not None
                    last = cluster.reminded_at or cluster.waiting_since
                    assert self.now >= last + timedelta(days=1)
                    self.happen(
                        OwnerReminded(
                            at=self.now, cluster=name, owner="o", what="w", since=cluster.waiting_since
                        )
                    )
            case ObserveClusters(_, clusters):
                for name in clusters:
                    health = self.data.draw(st.sampled_from([Health.HEALTHY] * 6 + list(Health)))
                    self.happen(
                        ClusterObserved(
                            at=self.now,
                            cluster=name,
                            revision=self.rollout.cluster(name).revision,
                            health=health,
                        )
                    )
            case _:
                self._let_time_pass()
        return True

    def _start(self, stage: RolloutStage, clusters: tuple[str, ...]) -> None:
        check_start(self.state, stage, clusters, self.now)
        for name in clusters:
            state = self.state.clusters[name]
            self.happen(
                ClusterRunStarted(
                    at=self.now,
                    cluster=name,
                    attempt=state.attempt + 1,
                    run_id=f"{name}/{state.attempt + 1}",
                    revision=state.revision,
                )
            )

    def _go_on(self, clusters: tuple[str, ...]) -> None:
        for name in clusters:
            cluster = self.state.clusters[name]
            assert cluster.parked
            assert cluster.phase in (Phase.WAITING, Phase.READY)
            self.happen(ClusterResumed(at=self.now, cluster=name, attempt=cluster.attempt))

    def _let_time_pass(self) -> None:
        draw = self.data.draw
        what = draw(
            st.sampled_from(
                ["finish"] * 6 + ["park", "ready", "differ"] + ["wait"] * 2 + ["ask"] * 3 + ["stop", "back"]
            )
        )
        running = self.state.running()
        match what:
            case "finish" if running:
                name = draw(st.sampled_from(running))
                cluster = self.state.clusters[name]
                wrong = draw(st.integers(0, 9)) == 0
                self.happen(
                    ClusterRunFinished(
                        at=self.now,
                        cluster=name,
                        attempt=cluster.attempt,
                        revision="stale" if wrong else cluster.revision,
                        outcome=draw(st.sampled_from([Outcome.SUCCEEDED] * 4 + list(Outcome))),
                        detail="x",
                    )
                )
            case "park" if running:
                name = draw(st.sampled_from(running))
                attempt = self.state.clusters[name].attempt
                self.happen(
                    ClusterParked(
                        at=self.now, cluster=name, attempt=attempt, since=self.now, owner="o", what="w"
                    )
                )
            case "ready":
                for name, cluster in self.state.clusters.items():
                    if cluster.phase is Phase.WAITING and cluster.parked:
                        self.happen(ClusterReady(at=self.now, cluster=name, attempt=cluster.attempt))
                        break
            case "differ" if running:
                name = draw(st.sampled_from(running))
                attempt = self.state.clusters[name].attempt
                self.happen(
                    ClusterLeftEnvelope(at=self.now, cluster=name, attempt=attempt, differences=("d",))
                )
            case "ask":
                self._ask()
            case "stop":
                if self.state.stopped:
                    self.happen(StopLifted(at=self.now))
                else:
                    self.happen(Stopped(at=self.now, by="bob", why="w"))
            case "back":
                self.now -= timedelta(seconds=draw(st.integers(0, 3600)))
            case _:
                self.now += timedelta(seconds=draw(st.sampled_from([1, 300, 4000, 90000])))

    def _ask(self) -> None:
        draw, now = self.data.draw, self.now
        cluster = draw(st.sampled_from([c.name for c in self.rollout.clusters]))
        stage = draw(st.sampled_from([s.name for s in self.rollout.stages]))
        until = draw(st.sampled_from([None, now + timedelta(hours=1)]))
        request: Request = draw(
            st.sampled_from(
                [
                    StageApproved(at=now, stage=stage, digest=digest(self.rollout), by="eva", until=until),
                    StageApproved(at=now, stage=stage, digest=digest(self.rollout), by="eva"),
                    ClusterRetried(at=now, cluster=cluster, by="ann"),
                    ClusterRetried(at=now, cluster=cluster, by="ann"),
                    ClusterSkipped(at=now, cluster=cluster, by="ann", why="w", until=until),
                    DifferencesAccepted(at=now, cluster=cluster, differences=("d",), by="ann", why="w"),
                    ClusterHeld(at=now, cluster=cluster, owner="o", what="w", by="ann"),
                    ClusterReleased(at=now, cluster=cluster, by="ann"),
                    Paused(at=now, by="ann"),
                    Resumed(at=now, by="ann"),
                    Resumed(at=now, by="ann"),
                    Cancelled(at=now, by="ann", why="w"),
                ]
            )
        )
        try:
            check_request(self.state, request, now)
        except BadInput:
            return  # refused, in words
        else:
            self.happen(request)


def check_start(state: RolloutState, stage: RolloutStage, clusters: tuple[str, ...], now: datetime) -> None:
    members = state.members(stage)
    running = sum(c.phase is Phase.RUNNING for c in members)
    assert running + len(clusters) <= stage.max_concurrent
    holds = [state.paused, state.stopped, state.cancelled, state.finished]
    assert holds == [None] * 4
    assert not stage.approval or state.approved(stage, now)
    assert all(state.clusters[name].phase_at(now) is Phase.PENDING for name in clusters)
    check_windows(stage, now)
    for earlier in state.rollout.stages[: state.rollout.stages.index(stage) + 1]:
        failed = sum(c.phase in UNSUCCESSFUL for c in state.members(earlier))
        assert failed <= earlier.max_failures
    for earlier in state.rollout.stages[: state.rollout.stages.index(stage)]:
        check_evidence(state, earlier)


def check_windows(stage: RolloutStage, now: datetime) -> None:
    if isinstance(stage.maintenance, Maintenance):
        assert reads_inside(stage.maintenance, now)


def check_evidence(state: RolloutState, stage: RolloutStage) -> None:
    """The stage was finished, on evidence for exactly this rollout's revision."""
    assert stage.name in state.finished_stages
    for cluster in state.members(stage):
        assert cluster.phase not in (Phase.WAITING, Phase.READY, Phase.OUTSIDE) or cluster.attempt > 1
        if cluster.phase is Phase.SUCCEEDED:
            assert cluster.verified_at is not None
            assert cluster.revision == state.rollout.cluster(cluster.name).revision


def check_soaked(state: RolloutState, stage: RolloutStage, now: datetime) -> None:
    upgraded = [cluster for cluster in state.members(stage) if cluster.phase is Phase.SUCCEEDED]
    verified = [cluster.verified_at for cluster in upgraded if cluster.verified_at]
    assert len(verified) == len(upgraded)
    if not upgraded or not stage.soak:
        return
    end = max(verified) + timedelta(seconds=stage.soak)
    assert now >= end
    assert all(cluster.healthy_at is not None and cluster.healthy_at >= end for cluster in upgraded)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rollouts(), st.data())
def test_no_rollout_breaks_its_promises_and_each_explains_itself(of: Rollout, data: st.DataObject) -> None:
    world = World(of, data)
    for _ in range(80):
        if not world.step():
            break
    status = explain(world.state, world.now)
    assert status.happening
    if status.phase not in (RolloutPhase.SUCCEEDED, RolloutPhase.FAILED, RolloutPhase.CANCELLED):
        assert status.next
    assert all(cluster.happening for cluster in status.clusters)
    assert msgspec.json.decode(msgspec.json.encode(status), type=type(status)) == status


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rollouts(), st.data())
def test_the_state_is_its_events_added_up_in_any_portion(of: Rollout, data: st.DataObject) -> None:
    world = World(of, data)
    for _ in range(40):
        if not world.step():
            break
    assert fold(of, world.events) == world.state


@settings(max_examples=60, deadline=None)
@given(rollouts())
def test_without_failures_and_with_approvals_every_rollout_ends_in_success(of: Rollout) -> None:
    state = fold(of, [started(of)])
    now = START
    for _ in range(500):
        match decide_next(state, now):
            case Done(succeeded):
                assert succeeded
                return
            case FinishRollout(succeeded, detail):
                state.apply(RolloutFinished(at=now, succeeded=succeeded, detail=detail))
            case FinishStage(stage, detail):
                state.apply(StageFinished(at=now, stage=stage, detail=detail))
            case StartClusters(_, clusters):
                for name in clusters:
                    revision = state.clusters[name].revision
                    state.apply(
                        ClusterRunStarted(at=now, cluster=name, attempt=1, run_id="r", revision=revision)
                    )
                    state.apply(
                        ClusterRunFinished(
                            at=now, cluster=name, attempt=1, revision=revision, outcome=Outcome.SUCCEEDED
                        )
                    )
            case ObserveClusters(_, clusters):
                for name in clusters:
                    revision = state.clusters[name].revision
                    state.apply(
                        ClusterObserved(at=now, cluster=name, revision=revision, health=Health.HEALTHY)
                    )
            case WaitForWindow(time=datetime() as opening):
                now = opening
            case decision:
                if hasattr(decision, "stage"):
                    state.apply(StageApproved(at=now, stage=decision.stage, digest=state.digest, by="eva"))
                now += timedelta(hours=1)
    raise AssertionError("it did not end")
