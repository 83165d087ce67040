"""How the demo's story looks: a table on a terminal, lines elsewhere, and the five questions at a halt."""

from __future__ import annotations

import io
import re

import pytest
from tests.cli.test_rollout_view import OF, status
from tests.rollout.builders import ran, run_finished, run_started

from seatrial.cli.demo_narrator import TerminalNarrator
from seatrial.rollout.events import Outcome
from seatrial.rollout.status import RolloutStatus


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True

    @property
    def seen(self) -> str:
        """Without what moves the cursor and colours."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.getvalue())


def a_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Standard output from here on, in the test itself: pytest puts its own there before each phase."""
    found = Terminal()
    monkeypatch.setattr("sys.stdout", found)
    for name in ("CI", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "140")
    return found


def halted() -> RolloutStatus:
    failed = run_finished(OF, "t2", 3, outcome=Outcome.FAILED, detail="no machines left", step="nodes")
    return status([*ran(OF, "t1", 2), run_started(OF, "t2"), failed], 3)


def test_lines_carry_the_day_and_no_turning_point_is_missed(capsys: pytest.CaptureFixture[str]) -> None:
    with TerminalNarrator() as narrator:
        narrator.moved(status([], 0))
        narrator.moved(status([run_started(OF, "t1")], 0))
        narrator.moved(status([run_started(OF, "t1")], 1, "control plane"))  # too soon, and nothing ended
        narrator.moved(status(ran(OF, "t1", 2), 2))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Mon 09:00:00  rollout spring-1")
    assert [line[14:] for line in lines if "t1" in line] == [
        "▶ t1  running: started",
        "✔ t1  succeeded: upgraded and verified",
    ]


def test_halt_answers_the_five_questions(capsys: pytest.CaptureFixture[str]) -> None:
    with TerminalNarrator() as narrator:
        narrator.halted(halted())
    text = capsys.readouterr().out
    asked = re.findall(r"^  ((?:what|why|how) [a-z ]+\?)", text, re.M)
    assert asked == [
        "what is happening?",
        "why is it waiting?",
        "what comes next?",
        "what would stop it?",
        "how to undo it?",
    ]
    assert "cause: nodes: no machines left" in text


def test_terminal_shows_a_table_with_the_fleet_s_clock_and_gets_its_cursor_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = a_terminal(monkeypatch)
    with TerminalNarrator() as narrator:
        narrator.moved(status([run_started(OF, "t1")], 0))
        narrator.halted(halted())
        narrator.say("and on it goes")
    assert "Monday 2026-03-02 09:03 UTC by the fleet's clock" in terminal.seen
    assert "CLUSTER" in terminal.seen
    assert terminal.seen.rstrip().endswith("and on it goes")
    assert terminal.getvalue().count("\x1b[?25l") == terminal.getvalue().count("\x1b[?25h") > 0


def test_work_under_way_is_a_line_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with TerminalNarrator() as narrator, narrator.working("rehearsing blue") as told:
        told("a step")
    assert capsys.readouterr().out == "… rehearsing blue\n"
