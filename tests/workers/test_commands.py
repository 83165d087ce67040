"""Commands whose state is in PostgreSQL, as a person types them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from tests.postgres import PostgresServer

from seatrial.cli.main import run

SECRET = "sea-trial-canary"  # the password of the tests' server
Typed = Callable[..., str]


@pytest.fixture
def typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_url: str
) -> Typed:
    """Runs a command with the database in its environment: what it printed, never the password."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)

    def type_(*words: str, code: int = 0, state: str = database_url) -> str:
        monkeypatch.setenv("SEATRIAL_STATE", state)
        found = run(words)
        out, err = capsys.readouterr()
        assert found == code, out + err
        assert "canary" not in out + err
        return out + err

    return type_


def test_an_empty_database_is_made_ready_by_the_first_command(typed: Typed) -> None:
    assert typed("rollout", "list").startswith("No rollouts in postgresql://ship@127.0.0.1:")
    assert "SEATRIAL_STATE" not in os.environ, "helm and credential plugins inherit what is left"


def test_the_fleet_wide_stop_is_a_row_that_every_machine_sees(typed: Typed, tmp_path: Path) -> None:
    said = typed("stop", "--why", "an incident", "--by", "ann")
    assert "no worker of postgresql://ship@127.0.0.1:" in said
    assert not list(tmp_path.rglob("STOP"))
    assert "Lifted: the stop by ann (an incident)." in typed("stop", "--lift")


def test_a_password_on_the_command_line_is_refused(typed: Typed, database_url: str) -> None:
    said = typed("rollout", "list", "--state", database_url, code=4, state="")
    assert "can be read by every user of this machine" in said
    assert "PGPASSWORD" in said


def test_a_worker_needs_a_database(typed: Typed) -> None:
    assert "workers share a PostgreSQL database" in typed("worker", "--state", "folder", code=4)
    assert "workers share a PostgreSQL database" in typed("worker", code=4, state="")


def test_a_database_that_is_away_or_locked_is_one_message_with_a_next_step(
    typed: Typed, database_url: str
) -> None:
    away = typed("rollout", "list", code=4, state=database_url.replace("127.0.0.1", "127.0.0.9"))
    assert "the database cannot be reached" in away
    wrong = typed("rollout", "list", code=4, state=database_url.replace(SECRET, "other-canary"))
    assert "refuses this user or password" in wrong
    typed("rollout", "list")
    with psycopg.connect(database_url) as db:
        db.execute("INSERT INTO seatrial.seatrial_schema VALUES (99)")
    assert "Upgrade Seatrial" in typed("rollout", "list", code=4)


def test_the_password_is_in_no_log_of_the_server(typed: Typed, postgres_server: PostgresServer) -> None:
    typed("rollout", "list")
    assert SECRET not in (postgres_server.folder / "log").read_text()
