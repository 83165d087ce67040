"""`seatrial accuracy` as people and scripts call it, and what `rehearse` keeps for it."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from tests.accuracy.builders import NODES, an_upgrade, journal, predicted
from tests.plan.builders import T0
from tests.rehearsal.worlds import a_budget, a_cluster, an_app, without_helm
from tests.rehearsal.worlds import an_upgrade as an_upgrade_of

from seatrial.accuracy import Prediction, write_prediction
from seatrial.capture.archive import save
from seatrial.capture.redact import portable
from seatrial.cli.main import run
from seatrial.cluster_runs import begin_run
from seatrial.plan import JOURNAL_FORMAT, Event, Plan, encode_event
from seatrial.rehearsal import RehearsalTools, rehearse
from seatrial.rehearsal.predicting import prediction_of
from seatrial.store import Store
from seatrial.store.sql import open_store
from seatrial.wiring.scoring import keep_prediction, predictions_in


def test_an_empty_state_says_what_to_do_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["accuracy", "--state", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "Nothing to compare yet." in out
    assert "seatrial rehearse" in out


def test_misses_and_false_alarms_are_counted_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _a_history(tmp_path)
    assert run(["accuracy", "--state", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "3 upgrades rehearsed and carried out"
    assert lines[2].split() == ["eks", "1", "0", "0", "0", "1", "0", "1", "50%,", "50%", "-"]
    assert any("miss  test-1, run run-2" in line for line in lines)
    assert any("false alarm  test-1, run run-3" in line for line in lines)
    assert any(f"happened:  {NODES}: eviction of pod shop/web" in line for line in lines)


def test_json_says_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _a_history(tmp_path)
    assert run(["accuracy", "--state", str(tmp_path), "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["format"] == 1
    assert (found["runs"]["fine"], found["runs"]["misses"], found["runs"]["falseAlarms"]) == (1, 1, 1)
    assert [each["verdict"] for each in found["pairs"]] == ["fine, as predicted", "miss", "false alarm"]
    assert found["runs"]["durations"]["bias"] == 0.5


def test_since_leaves_out_what_came_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _a_history(tmp_path)
    assert run(["accuracy", "--state", str(tmp_path), "--since", "2026-03-02", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["runs"]["fine"] == 0
    assert run(["accuracy", "--state", str(tmp_path), "--since", "yesterday"]) == 4
    assert "neither a duration nor a time" in capsys.readouterr().err


def test_a_rehearsal_keeps_its_prediction(tmp_path: Path) -> None:
    snapshot, state = tmp_path / "blocked.seatrial", tmp_path / "state"
    save(portable(a_cluster(an_app(replicas=1), a_budget(minAvailable=1))), snapshot)
    for _ in range(2):
        assert run(["rehearse", "--snapshot", str(snapshot), "--state", str(state)]) == 2
    kept = asyncio.run(_predictions(state))
    assert [each.fails_at.id for each in kept if each.fails_at] == [NODES, NODES]
    assert kept[0].content == kept[1].content


def test_a_prediction_holds_nothing_that_may_be_secret() -> None:
    canary = "canary-7f3a9d"
    snapshot = a_cluster(an_app(replicas=1, template=_template_with(canary)), a_budget(minAvailable=1))
    plan = an_upgrade_of(snapshot)
    report = rehearse(snapshot, plan, RehearsalTools(without_helm))
    assert report.failed
    assert canary.encode() not in write_prediction(prediction_of(report, plan, at=T0))


def test_a_state_that_cannot_be_written_spoils_no_rehearsal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    snapshot, state = tmp_path / "free.seatrial", tmp_path / "state"
    save(portable(a_cluster(an_app())), snapshot)
    state.mkdir()
    (state / "seatrial.db").write_text("this is no database")
    assert run(["rehearse", "--snapshot", str(snapshot), "--state", str(state)]) == 0
    said = capsys.readouterr()
    assert "Nothing failed on the twin." in said.out
    assert "The prediction is not kept" in said.err


def _a_history(folder: Path) -> None:
    """Three upgrades of one cluster, a day apart: right, missed, and a false alarm."""

    async def record() -> None:
        store = open_store(folder / "seatrial.db")
        for day, (forecast, reality) in enumerate((("", ""), ("", NODES), (NODES, ""))):
            plan, at = an_upgrade(), T0 + timedelta(days=day)
            await keep_prediction(store, predicted(plan, fails=forecast, at=at))
            later = at + timedelta(hours=1)
            await _run(store, plan, f"run-{day + 1}", journal(plan, fails=reality, seconds=90.0, at=later))
        await store.close()

    asyncio.run(record())


async def _run(store: Store, plan: Plan, run_id: str, events: list[Event]) -> None:
    await begin_run(store, plan, run_id, at=events[0].at)
    fence = await store.claim(run_id, "test")
    await store.append(
        run_id, fence, [encode_event(each) for each in events], expected_seq=0, format=JOURNAL_FORMAT
    )


async def _predictions(state: Path) -> tuple[Prediction, ...]:
    store = open_store(state / "seatrial.db")
    try:
        return await predictions_in(store)
    finally:
        await store.close()


def _template_with(secret: str) -> dict[str, object]:
    container = {
        "name": "app",
        "image": "app:1",
        "env": [{"name": "PASSWORD", "value": secret}],
        "args": [f"--password={secret}"],
    }
    meta = {"labels": {"app": "web"}, "annotations": {"note": secret}}
    return {"metadata": meta, "spec": {"containers": [container]}}
