"""The commands as typed, in this process, over a state folder of their own."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from tests.rollout.builders import ran, rollout, run_finished, run_started

from seatrial.cli.main import run
from seatrial.clock import WallClock
from seatrial.rollout.document import RolloutStage
from seatrial.rollout.events import Event, Outcome, Stopped
from seatrial.rollout_runs.driver import driving
from seatrial.rollout_runs.journal import create_rollout
from seatrial.store.sql import open_store

OF = rollout(
    RolloutStage(name="test", clusters=("t1", "t2"), max_concurrent=2),
    RolloutStage(name="prod", clusters=("p1",), approval=True),
)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEATRIAL_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def stored(state: Path, *events: Event) -> None:
    async def store() -> None:
        database = open_store(state / "seatrial.db")
        journal = await create_rollout(database, OF)
        for event in events:
            await journal.append(event)
        await database.close()

    state.mkdir()
    asyncio.run(store())


def typed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Exit code and everything printed."""
    code = run(["rollout", *words])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def test_a_pause_and_a_resume_reach_the_journal(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored(state, run_started(OF, "t1"))
    code, said = typed(capsys, "pause", "spring-1", "--why", "lunch", "--by", "ann")
    assert (code, said.splitlines()[:2]) == (
        0,
        ["rollout spring-1: paused", "  waiting   paused by ann: lunch"],
    )
    assert "running   t1" in said
    assert "No process drives it now: `seatrial rollout resume spring-1`" in said
    code, said = typed(capsys, "pause", "spring-1")
    assert (code, said) == (
        4,
        "Error: rollout spring-1 is already paused by ann.\n"
        "  → `seatrial rollout resume spring-1` lets it go on.\n",
    )


def test_resume_where_another_process_drives_only_lifts_the_pause(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored(state)
    typed(capsys, "pause", "spring-1", "--by", "ann")
    with driving(state / "locks", "spring-1", "bob@laptop, process 7"):
        assert typed(capsys, "resume", "spring-1") == (0, "Resumed; driven by bob@laptop, process 7.\n")


def test_resume_of_what_is_driven_and_not_paused_says_who_drives_it(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored(state)
    with driving(state / "locks", "spring-1", "bob@laptop, process 7"):
        assert typed(capsys, "resume", "spring-1") == (
            4,
            "Error: rollout spring-1 is not paused: bob@laptop, process 7 drives it.\n"
            "  → `seatrial rollout status spring-1 --watch` follows it.\n",
        )


@pytest.mark.parametrize("words", [("rollout", "list"), ("rollout", "status", "spring-1"), ("accuracy",)])
def test_who_only_looks_makes_no_state(state: Path, words: tuple[str, ...]) -> None:
    run(words)
    assert not state.exists()


def test_status_follows_the_stop_file_although_nobody_drives(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored(state, Stopped(at=WallClock().now(), by="ann", why="a storm"))
    assert typed(capsys, "status", "spring-1")[1].startswith("rollout spring-1: running")
    (state / "STOP").write_text("a new storm")
    said = typed(capsys, "status", "spring-1")[1]
    assert said.startswith("rollout spring-1: stopped")
    assert "a new storm" in said


def test_approving_what_waits_for_nothing_says_what_would_work(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored(state)
    assert typed(capsys, "approve", "spring-1", "test") == (
        4,
        "Error: stage test needs no approval.\n  → Stages that do: prod.\n",
    )
    assert typed(capsys, "approve", "spring-1", "prdo")[1].startswith(
        "Error: there is no stage 'prdo'; did you mean 'prod'?"
    )


def test_an_approval_in_advance_is_kept_with_its_digest(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored(state)
    assert typed(capsys, "approve", "spring-1", "prod", "--by", "eva", "--until", "3d")[0] == 0
    found = json.loads(typed(capsys, "status", "spring-1", "-o", "json")[1])
    assert [stage["approvedBy"] for stage in found["stages"]] == ["", "eva"]


def test_retry_and_skip_name_what_they_can_be_used_on(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored(state, *ran(OF, "t1"), run_started(OF, "t2"), run_finished(OF, "t2", outcome=Outcome.FAILED))
    assert typed(capsys, "retry", "spring-1", "t1") == (
        4,
        "Error: cluster t1 is succeeded: there is nothing to retry.\n  → These can be retried: t2.\n",
    )
    assert typed(capsys, "skip", "spring-1", "t1", "--why", "x") == (
        4,
        "Error: cluster t1 cannot be skipped: it is already upgraded.\n  → These can be skipped: t2, p1.\n",
    )
    code, said = typed(capsys, "skip", "spring-1", "t2", "--why", "being rebuilt", "--by", "ann")
    assert (code, said.splitlines()[:2]) == (
        0,
        ["rollout spring-1: needs approval", "  cluster   t2: skipped: being rebuilt (ann)"],
    )


def test_cancel_ends_a_rollout_that_nobody_drives(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored(state)
    code, said = typed(capsys, "cancel", "spring-1", "--why", "wrong release", "--by", "ann")
    assert (code, said) == (0, "rollout spring-1: cancelled\n")
    assert typed(capsys, "retry", "spring-1", "t1") == (
        4,
        "Error: rollout spring-1 has ended: cancelled by ann: wrong release.\n"
        "  → Start a new one for what is left.\n",
    )
    assert typed(capsys, "resume", "spring-1")[0] == 4


def test_an_unknown_rollout_suggests_the_right_one(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored(state)
    assert typed(capsys, "status", "sprnig-1") == (
        4,
        "Error: there is no rollout 'sprnig-1'; did you mean 'spring-1'?\n"
        "  → `seatrial rollout list` shows them.\n",
    )


def test_status_answers_the_five_questions(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failed = run_finished(
        OF, "t2", outcome=Outcome.FAILED, detail="the quota is used up", step="node-group/a"
    )
    stored(state, *ran(OF, "t1"), run_started(OF, "t2"), failed)
    code, said = typed(capsys, "status", "spring-1")
    assert code == 0
    for words in (
        "happening    nothing runs",
        "waiting      1 failed in stage test, which bears 0: t2",
        "next         `seatrial rollout retry spring-1 t2` tries again, `seatrial rollout skip spring-1 t2",
        "cause        node-group/a: the quota is used up (t2)",
        "would stop   `seatrial rollout cancel spring-1 --why …`",
        "undo         1 cluster is on spring",
        "✘ t2",
        "next: `seatrial rollout retry spring-1 t2` tries again",
    ):
        assert words in said


def test_list_shows_every_rollout_and_an_empty_state_says_so(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(capsys, "list")[1].startswith("No rollouts in ")
    stored(state)
    assert [row["id"] for row in json.loads(typed(capsys, "list", "-o", "json")[1])] == ["spring-1"]


def test_the_state_must_be_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert typed(capsys, "list", "--state", str(tmp_path / "file"))[0] == 4


def test_a_stop_holds_back_starts_until_it_is_lifted(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored(state, run_started(OF, "t1"))
    assert run(["stop", "--why", "outage", "--by", "ann"]) == 0
    assert "rollout spring-1: still running: t1" in capsys.readouterr().out
    assert json.loads((state / "STOP").read_text())["why"] == "outage"
    assert run(["stop", "--lift"]) == 0
    assert capsys.readouterr().out.startswith("Lifted: the stop by ann (outage).")
    assert not (state / "STOP").exists()


def test_a_stop_works_when_the_database_does_not(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state.mkdir()
    (state / "seatrial.db").write_bytes(b"this is no database at all" * 100)
    assert run(["stop", "--why", "outage"]) == 0
    assert "the file alone holds everything back" in capsys.readouterr().out
    assert (state / "STOP").exists()


def test_stop_without_a_reason_is_refused(state: Path) -> None:
    assert run(["stop"]) == 4


def test_until_takes_durations_and_times() -> None:
    from seatrial.cli.rollout_desk import parse_until

    now = WallClock().now()
    assert str(parse_until("2026-03-02T18:00Z", now)) == "2026-03-02 18:00:00+00:00"
    assert str(parse_until("2026-03-02 18:00", now)) == "2026-03-02 18:00:00+00:00"
    assert parse_until("", now) is None
