"""Which trials are run: each point in turn, Helm in each of its writes, and kills at random under a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from tests.reliability.harness import Harness, Kill, Result, Trial
from tests.reliability.points import EACH
from tests.reliability.world import BOTH, HELM_ALONE, SEATRIAL_ALONE

from seatrial.charts import HelmBinary

HELM_KILLS = (HELM_ALONE, SEATRIAL_ALONE, BOTH)
_MOST_AT_RANDOM = 6  # kills of one trial
_LEAST_AT_RANDOM = 150  # kills, of which some come too late
_TOO_LATE = 100  # kills that come after the rollout's end


async def undisturbed(harness: Harness, lanes: int, *, charts: bool) -> list[Result]:
    """What happens where nobody kills: the points that there are, and the end state to compare with."""
    trials = [Trial(helm=harness.helms[0])]
    if charts:
        await harness.render()
        trials = [Trial(charts=True, helm=helm) for helm in harness.helms]
    results = await harness.run_all(trials, lanes)
    for result in results:
        assert not result.verdict.problems, (result.verdict.problems, result.said)
    return results


def one_after_the_other(calm: Result, *, postgres: bool, machine: bool = False) -> Trial:
    """One rollout that dies at each of its points, as often as there are points."""
    return Trial(
        (Kill(at=EACH, machine=machine),),
        charts=calm.trial.charts,
        postgres=postgres,
        helm=calm.trial.helm,
        wanted=frozenset(each for each in calm.seen if not _of_helm(each)),
    )


def each_alone(calm: Result, *, postgres: bool, only_charts: bool = False) -> Iterator[Trial]:
    """A trial for each point; every other one takes with it what the process has started."""
    points = [Kill(at=each) for each in sorted(calm.points)]
    points += [Kill(seen=each) for each in sorted(calm.seen) if not _of_helm(each)]
    for number, kill in enumerate(points):
        if only_charts and "/chart/" not in (kill.at or kill.seen) and "customresource" not in kill.seen:
            continue
        both = Kill(kill.at, kill.seen, machine=bool(number % 2))
        yield Trial((both,), charts=calm.trial.charts, postgres=postgres, helm=calm.trial.helm)


def helm_at_each_write(calm: Result, *, postgres: bool, first: int) -> Iterator[Trial]:
    """Helm, Seatrial or both die, by turns from the `first` on, in each write that Helm makes."""
    for number, seen in enumerate(sorted(each for each in calm.seen if _of_helm(each)), start=first):
        how = HELM_KILLS[number % len(HELM_KILLS)]
        yield Trial((Kill(seen=seen, how=how),), charts=True, postgres=postgres, helm=calm.trial.helm)


def at_random(rng: random.Random, *, kills: int, charts: bool, postgres: bool, helm: HelmBinary) -> Trial:
    """Deaths after a random while, each of the process alone or of all."""
    return Trial(
        tuple(
            Kill(after=rng.uniform(0.02, 1.5), machine=rng.random() < 0.5)
            for _ in range(min(kills, rng.randint(1, _MOST_AT_RANDOM)))
        ),
        charts=charts,
        postgres=postgres,
        helm=helm,
    )


def all_trials(
    bare: Result, charts: Sequence[Result], helms: Sequence[HelmBinary], kills: int, seed: int
) -> list[Trial]:
    """At least `kills` kills: each point alone and in one rollout; the rest at random, on both databases.

    `bare` and `charts` are undisturbed, the latter one for each of `helms`.
    """
    rng = random.Random(seed)
    trials: list[Trial] = []
    for postgres in (False, True):
        trials += [one_after_the_other(each, postgres=postgres) for each in (bare, *charts)]
    trials += each_alone(bare, postgres=False)
    trials += each_alone(charts[0], postgres=True, only_charts=True)
    for postgres in (False, True):
        trials += helm_at_each_write(charts[postgres], postgres=postgres, first=postgres)
    left = max(
        _LEAST_AT_RANDOM, kills + _TOO_LATE - sum(_expected(trial, bare, charts[0]) for trial in trials)
    )
    while left > 0:
        drawn = at_random(
            rng, kills=_MOST_AT_RANDOM, charts=rng.random() < 0.4, postgres=rng.random() < 0.5,
            helm=rng.choice(helms),
        )  # fmt: skip
        trials.append(drawn)
        left -= len(drawn.kills)
    rng.shuffle(trials)
    return sorted(trials, key=lambda trial: trial.kills[0].at != EACH)  # the longest first


def _expected(trial: Trial, bare: Result, charts: Result) -> int:
    if trial.kills[0].at != EACH:
        return len(trial.kills)
    return len((charts if trial.charts else bare).points)


def _of_helm(seen: str) -> bool:
    return "/helm " in seen
