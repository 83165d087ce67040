"""Stored rollouts and their events are finished by every later Seatrial."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pytest
from tests.rollout.builders import approved, at, ran, rollout, run_finished, run_started, started

from seatrial.errors import BadFormat, NewerFormat
from seatrial.fleet.windows import Maintenance, MaintenanceExclusion, MaintenanceWindow
from seatrial.rollout.document import (
    ROLLOUT_FORMAT,
    Rollout,
    RolloutStage,
    decode_rollout,
    digest,
    encode_rollout,
)
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
    ClusterSkipped,
    DifferencesAccepted,
    Event,
    Health,
    Outcome,
    OwnerReminded,
    Paused,
    Resumed,
    RolloutFinished,
    StageFinished,
    StopLifted,
    Stopped,
    decode_event,
    encode_event,
)
from seatrial.rollout.explain import explain
from seatrial.rollout.state import Phase, fold

GOLDEN = Path(__file__).parent / "golden"
OF = rollout(
    RolloutStage(
        name="test",
        clusters=("t1", "t2", "t3"),
        max_concurrent=2,
        canary=1,
        max_failures=1,
        soak=60.0,
        maintenance=Maintenance(
            zone="Europe/Paris",
            windows=(MaintenanceWindow(days=("mon", "tue"), opens=540, closes=240),),
            exclusions=(
                MaintenanceExclusion(first=date(2026, 12, 18), last=date(2027, 1, 4), why="year end"),
            ),
        ),
    ),
    RolloutStage(name="prod", clusters=("p1",), approval=True),
)
REVISION = OF.cluster("t1").revision


def every_kind_of_event() -> list[Event]:
    return [
        started(OF),
        *ran(OF, "t1", 1),
        Paused(at=at(2), by="ann", why="lunch"),
        Resumed(at=at(3), by="ann"),
        run_started(OF, "t2", 3),
        run_finished(OF, "t2", 4, outcome=Outcome.FAILED, detail="quota", step="nodes"),
        ClusterRetried(at=at(5), cluster="t2", by="ann", why="quota raised"),
        run_started(OF, "t2", 6, attempt=2),
        ClusterParked(at=at(6), cluster="t2", attempt=2, since=at(6), owner="terraform", what="merge"),
        OwnerReminded(at=at(6), cluster="t2", owner="terraform", what="merge", since=at(6)),
        ClusterReady(at=at(6), cluster="t2", attempt=2),
        ClusterResumed(at=at(6), cluster="t2", attempt=2),
        run_finished(OF, "t2", 7, outcome=Outcome.BLOCKED, attempt=2, detail="no answer"),
        ClusterHeld(at=at(8), cluster="t3", owner="the customer", what="their answer", by="ann"),
        ClusterReleased(at=at(8), cluster="t3", by="ann"),
        run_started(OF, "t3", 8),
        ClusterLeftEnvelope(at=at(8), cluster="t3", attempt=1, differences=("a blocker: x",)),
        DifferencesAccepted(at=at(8), cluster="t3", differences=("a blocker: x",), by="ann", why="w"),
        ClusterSkipped(at=at(8), cluster="t3", by="ann", why="being rebuilt", until=at(9000)),
        Stopped(at=at(9), by="bob", why="outage"),
        StopLifted(at=at(10)),
        ClusterObserved(at=at(11), cluster="t1", revision=REVISION, health=Health.HEALTHY),
        StageFinished(at=at(12), stage="test", detail="1 upgraded"),
        approved(OF, "prod", 13, until=at(9000)),
        Cancelled(at=at(14), by="ann", why="wrong release"),
        RolloutFinished(at=at(15), succeeded=False, detail="cancelled by ann: wrong release"),
    ]


@pytest.mark.parametrize("version", [1, 2, ROLLOUT_FORMAT])
def test_a_rollout_of_every_format_is_read_for_ever(version: int, request: pytest.FixtureRequest) -> None:
    document, journal = GOLDEN / f"rollout-{version}.json", GOLDEN / f"events-{version}.jsonl"
    if request.config.getoption("--update-golden") and version == ROLLOUT_FORMAT:
        document.write_bytes(encode_rollout(OF) + b"\n")
        journal.write_bytes(b"".join(encode_event(e) + b"\n" for e in every_kind_of_event()))
    old = decode_rollout(document.read_bytes())
    events = [decode_event(line) for line in journal.read_bytes().splitlines()]
    state = fold(old, events)
    assert {name: cluster.phase for name, cluster in state.clusters.items()} == {
        "t1": Phase.SUCCEEDED,
        "t2": Phase.BLOCKED,
        "t3": Phase.SKIPPED,
        "p1": Phase.PENDING,
    }
    assert explain(state, at(20)).happening == "ended: cancelled by ann: wrong release"
    assert state.approved(old.stage("prod"), at(20))
    assert sum(bool(cluster.windows) for cluster in state.clusters.values()) == (3 if version > 2 else 0)


def test_what_is_stored_is_read_back_and_keeps_its_digest() -> None:
    again = decode_rollout(encode_rollout(OF))
    assert (again, digest(again)) == (OF, digest(OF))
    assert [decode_event(encode_event(event)) for event in every_kind_of_event()] == every_kind_of_event()


def changed(data: bytes, **fields: object) -> bytes:
    return msgspec.json.encode({**msgspec.json.decode(data), **fields})


def test_newer_formats_are_refused() -> None:
    with pytest.raises(NewerFormat, match="this rollout has format 9"):
        decode_rollout(changed(encode_rollout(OF), format=9, new="field"))
    with pytest.raises(NewerFormat, match="this rollout event has format 9"):
        decode_event(changed(encode_event(started(OF)), format=9, event="Unheard"))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"format": 1}', b'{"format": 1, "event": "Unheard"}'])
def test_damaged_rows_are_refused_in_words(data: bytes) -> None:
    with pytest.raises(BadFormat):
        decode_rollout(data)
    with pytest.raises(BadFormat):
        decode_event(data, where="spring-1, entry 3")


def test_any_change_of_content_changes_the_digest() -> None:
    other: Rollout = msgspec.structs.replace(OF, fixes=("budget-without-room",))
    assert digest(other) != digest(OF)
