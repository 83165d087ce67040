"""What a rehearsal predicts from a captured cluster, with the engine that upgrades real ones."""

from __future__ import annotations

from tests.rehearsal.worlds import a_budget, a_cluster, an_app, outcomes, rehearsed, without

from seatrial.errors import ExitCode


def test_an_upgrade_that_nothing_blocks_goes_through() -> None:
    report = rehearsed(a_cluster(an_app(), a_budget(maxUnavailable=1)))
    assert set(outcomes(report).values()) == {"succeeded"}
    assert report.exit_code is ExitCode.CLEAN
