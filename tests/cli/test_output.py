"""Lines that stand for a while on a terminal."""

from __future__ import annotations

import os
import sys

import pytest

from seatrial.cli.output import on_one_line


def test_progress_is_cropped_to_the_terminal_and_cannot_steer_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "fileno", lambda: 2, raising=False)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((12, 3)))
    assert on_one_line("Reading \x1bab") == "Reading �ab"
    assert on_one_line("Reading harbour") == "Reading ha…"


def test_without_a_terminal_a_line_has_the_usual_width(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: object) -> os.terminal_size:
        raise OSError

    monkeypatch.setattr(os, "get_terminal_size", none)
    assert len(on_one_line("x" * 200)) == 79
