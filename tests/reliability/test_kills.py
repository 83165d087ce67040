"""A small rollout over simulated clusters, killed at every point: nothing twice, nothing lost, all put back.

`make test` runs this fair sample: every point of every step once on each database, and some of what
only the outside world can time. `make test-all` kills a thousand times.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from pathlib import Path

import pytest
from tests.postgres import PostgresServer
from tests.reliability.__main__ import run_parts
from tests.reliability.databases import TrialDatabases
from tests.reliability.harness import Harness, Result, Trial, with_harness
from tests.reliability.plans import at_random, helm_at_each_write, one_after_the_other, undisturbed
from tests.reliability.points import ACCEPTED, AFTER_INTENT, BEFORE_INTENT, BEFORE_RESULT, STORED
from tests.reliability.table import ROWS, Tally, draw, kind_of

pytestmark = pytest.mark.journey
SEED = 20261121
_LANES = 4


def run(folder: Path, *, postgres: PostgresServer | None, charts: bool) -> list[Result]:
    async def main(harness: Harness) -> list[Result]:
        calm = await undisturbed(harness, _LANES, charts=charts)
        rng = random.Random(SEED)
        shared = postgres is not None
        trials = [one_after_the_other(calm[0], postgres=shared)]
        for _ in range(2):
            helm = harness.helms[shared]
            trials.append(at_random(rng, kills=3, charts=charts, postgres=shared, helm=helm))
        if charts:
            trials += rng.sample(list(helm_at_each_write(calm[0], postgres=shared, first=0)), 4)
        return await harness.run_all(trials, _LANES)

    return with_harness(folder, main, TrialDatabases(postgres) if postgres else None)


def check(results: list[Result]) -> Counter[str]:
    """How many kills there were of each kind; fails with whatever went wrong."""
    wrong = [
        (result.killed, result.verdict.problems, result.said) for result in results if result.verdict.problems
    ]
    assert not wrong
    return Counter(kind_of(where) for result in results for where in result.killed)


def test_killed_at_every_point_a_rollout_with_charts_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    kinds = check(run(tmp_path, postgres=None, charts=True))
    assert {BEFORE_INTENT, AFTER_INTENT, ACCEPTED, STORED, BEFORE_RESULT} <= kinds.keys()
    assert kinds.total() > 150


def test_killed_at_every_point_on_postgres_a_rollout_ends_as_if_it_had_not_been(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    assert check(run(tmp_path, postgres=postgres_server, charts=False)).total() > 110


@pytest.mark.slow
def test_a_thousand_kills(capsys: pytest.CaptureFixture[str]) -> None:
    tally = run_parts(1000, SEED, processes=2, lanes=4)
    with capsys.disabled():
        sys.stdout.write(f"\n{draw(tally)}\n")
    assert tally.problems == []
    assert tally.kills >= 1000
    assert {key.partition("|")[0] for key in tally.counts} == set(ROWS)


def test_the_table_adds_up_what_several_processes_saw() -> None:
    whole = Tally()
    for _ in range(2):
        part = Tally()
        part.take(
            _result(
                ["eks/control-plane/after the intent", "rollout/StageFinished all/before it is journaled"]
            )
        )
        part.take(_result(["Helm alone at gke/helm create secrets #1"]))
        whole.add(part)
    assert whole.kills == 6
    assert "| after the intent is journaled | SQLite | 2 | 2 | 0 | 0 | 0 | 0 | 0 | 0 |" in draw(whole)
    assert "| **all** |  | 6 |  | 0 | 0 | 0 | 0 | 0 | 0 |" in draw(whole)


def _result(killed: list[str]) -> Result:
    from tests.reliability.judging import Verdict

    return Result(Trial(), Verdict(), killed=killed)
