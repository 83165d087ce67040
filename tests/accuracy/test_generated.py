"""Generated clusters, rehearsed and then upgraded in their own, hidden way: `python -m benchmarks accuracy`.

What the snapshot shows must be foreseen. What it cannot show may be missed, and then only that.
"""

from __future__ import annotations

import pytest
from benchmarks.accuracy import try_all
from benchmarks.accuracy.generator import Sight, draw
from benchmarks.accuracy.report import print_report, scored
from benchmarks.accuracy.trial import Trial, try_out

from seatrial.accuracy import Verdict, write_prediction

_FAIR = (3, 7, 11, 13, 14, 18, 24, 28)
"""Seeds of a fair sample: calm ones, troubles that can be foreseen, and some that cannot."""


@pytest.fixture(scope="module")
def trials() -> list[Trial]:
    return [try_out(seed) for seed in _FAIR]


def test_the_sample_is_varied() -> None:
    samples = [draw(seed) for seed in _FAIR]
    assert len({each.trouble for each in samples}) >= 6
    assert len({each.provider for each in samples}) >= 3


def test_what_the_snapshot_shows_is_foreseen(trials: list[Trial]) -> None:
    _nothing_visible_is_missed(trials)


def test_a_trial_repeats_itself(trials: list[Trial]) -> None:
    again = try_out(_FAIR[1])
    assert write_prediction(again.prediction) == write_prediction(trials[1].prediction)
    assert again.outcome == trials[1].outcome


def test_the_report_names_every_wrong_prediction(
    trials: list[Trial], capsys: pytest.CaptureFixture[str]
) -> None:
    print_report(trials, seconds=1.0)
    out = capsys.readouterr().out
    wrong = [each for each in scored(trials).pairs if each.verdict in (Verdict.MISS, Verdict.FALSE_ALARM)]
    for pair in wrong:
        assert f"| {pair.outcome.run_id.removeprefix('run-')} |" in out


@pytest.mark.slow
def test_two_hundred_clusters() -> None:
    trials = try_all(range(200))
    _nothing_visible_is_missed(trials)
    found = scored(trials).all
    assert found.false_alarms <= 0.03 * len(trials)
    assert found.elsewhere <= 0.03 * len(trials)


def _nothing_visible_is_missed(trials: list[Trial]) -> None:
    foreseeable = [each for each in trials if each.sight in (Sight.NOTHING, Sight.VISIBLE)]
    wrong = [
        (pair.outcome.run_id, pair.verdict)
        for pair in scored(foreseeable).pairs
        if pair.verdict in (Verdict.MISS, Verdict.FALSE_ALARM)
    ]
    assert wrong == []
