from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.errors import Conflict
from seatrial.rollout_runs.driver import driver, driving


def test_a_second_driver_is_told_who_drives(tmp_path: Path) -> None:
    with driving(tmp_path, "spring-1", "ann on laptop (process 7)"):
        assert driver(tmp_path, "spring-1") == "ann on laptop (process 7)"
        with (
            pytest.raises(Conflict, match=r"ann on laptop \(process 7\) drives rollout spring-1 already"),
            driving(tmp_path, "spring-1", "bob"),
        ):
            pass
    assert driver(tmp_path, "spring-1") == ""


def test_a_rollout_that_was_never_driven_has_no_driver(tmp_path: Path) -> None:
    assert driver(tmp_path, "other") == ""
