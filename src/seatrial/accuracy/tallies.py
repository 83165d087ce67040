"""Counts pairs of predictions and outcomes: by provider, kind of step, chart and check."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from seatrial.accuracy.outcome import End, HappenedStep, Outcome
from seatrial.accuracy.prediction import BLOCKER, Forecast, PredictedStep, Prediction

_WORTH_TIMING = 30.0  # seconds; of shorter steps the duration is that of the pauses between two looks


class Verdict(StrEnum):
    FINE = "fine, as predicted"
    FAILED = "failed, as predicted"
    """At the step that was named."""
    FAILED_ELSEWHERE = "failed, at another step"
    MISS = "miss"
    """Nothing was predicted to fail, and something did."""
    SAID_UNKNOWN = "failed where unknown"
    """Nothing was predicted to fail; the step that did was called not modelled."""
    WARNED = "failed, after a warning"
    """The rehearsal got through, but a check had called it blocked, or the step was called risky."""
    FALSE_ALARM = "false alarm"


@dataclass(frozen=True, slots=True)
class Pair:
    prediction: Prediction
    outcome: Outcome
    verdict: Verdict
    same_reason: bool
    """Both failed, for the same cause."""


@dataclass(frozen=True, slots=True)
class Durations:
    """Of steps that did something on both sides, as happened / predicted - 1."""

    errors: tuple[float, ...] = ()
    """Sorted."""
    ranged: int = 0
    within: int = 0
    """Of the `ranged` ones, those that lay in the printed range."""

    @property
    def median(self) -> float | None:
        """Of the absolute errors."""
        return _quantile(sorted(map(abs, self.errors)), 0.5)

    @property
    def worst_tenth(self) -> float | None:
        """Nine of ten absolute errors are no larger."""
        return _quantile(sorted(map(abs, self.errors)), 0.9)

    @property
    def bias(self) -> float | None:
        """The median with its sign: above 0, things take longer than predicted."""
        return _quantile(self.errors, 0.5)


@dataclass(frozen=True, slots=True)
class Group:
    """The counts of runs, or of steps, of one provider, step kind or chart."""

    name: str
    fine: int = 0
    failed: int = 0
    elsewhere: int = 0
    misses: int = 0
    unknown: int = 0
    warned: int = 0
    false_alarms: int = 0
    durations: Durations = Durations()

    @property
    def total(self) -> int:
        right = self.fine + self.failed + self.elsewhere + self.warned
        return right + self.misses + self.unknown + self.false_alarms


@dataclass(frozen=True, slots=True)
class CheckTally:
    """How runs ended of whose plans a check had something to say."""

    check: str
    severity: str
    failed: int = 0
    went_well: int = 0
    settled: int = 0
    """Predictions with its finding that was gone when the run's plan was made."""


def count_runs(name: str, pairs: Iterable[Pair]) -> Group:
    pairs = tuple(pairs)
    count = {verdict: sum(each.verdict is verdict for each in pairs) for verdict in Verdict}
    return Group(
        name,
        fine=count[Verdict.FINE],
        failed=count[Verdict.FAILED],
        elsewhere=count[Verdict.FAILED_ELSEWHERE],
        misses=count[Verdict.MISS],
        unknown=count[Verdict.SAID_UNKNOWN],
        warned=count[Verdict.WARNED],
        false_alarms=count[Verdict.FALSE_ALARM],
        durations=_durations(match for each in pairs for match in _steps_of(each)),
    )


def runs_by_provider(pairs: Iterable[Pair]) -> tuple[Group, ...]:
    groups: dict[str, list[Pair]] = defaultdict(list)
    for each in pairs:
        groups[each.outcome.provider or "unknown"].append(each)
    return tuple(count_runs(name, found) for name, found in sorted(groups.items()))


Match = tuple[PredictedStep, HappenedStep]
_NameOf = Callable[[HappenedStep], str]


def steps_by(pairs: Iterable[Pair], name_of: _NameOf) -> tuple[Group, ...]:
    groups: dict[str, list[Match]] = defaultdict(list)
    for pair in pairs:
        for match in _steps_of(pair):
            if name_of(match[1]):
                groups[name_of(match[1])].append(match)
    return tuple(_steps(name, found) for name, found in sorted(groups.items()))


def _steps_of(pair: Pair) -> Iterable[Match]:
    """Steps that ran and of which something was predicted."""
    for happened in pair.outcome.steps:
        said = pair.prediction.step(happened.id)
        if said is not None and said.forecast is not Forecast.NOTHING:
            yield said, happened


def _steps(name: str, matches: Sequence[Match]) -> Group:
    missed = [said for said, did in matches if did.failed and said.forecast is Forecast.FINE]
    return Group(
        name,
        fine=sum(said.forecast is Forecast.FINE and not did.failed for said, did in matches),
        failed=sum(said.forecast is Forecast.FAILS and did.failed for said, did in matches),
        misses=sum(said.known for said in missed),
        unknown=sum(not said.known for said in missed),
        false_alarms=sum(said.forecast is Forecast.FAILS and not did.failed for said, did in matches),
        durations=_durations(matches),
    )


def _durations(matches: Iterable[Match]) -> Durations:
    errors: list[float] = []
    ranged = within = 0
    for said, did in matches:
        if did.failed or not did.did_something or said.forecast is not Forecast.FINE or not said.known:
            continue
        if said.range is not None:
            ranged += 1
            within += said.range.low <= did.seconds <= said.range.high
        if said.seconds and max(said.seconds, did.seconds) >= _WORTH_TIMING:
            errors.append(did.seconds / said.seconds - 1)
    return Durations(tuple(sorted(errors)), ranged, within)


_SAYS_SOMETHING = (BLOCKER, "warning")


def by_check(predictions: Iterable[Prediction], outcomes: Sequence[Outcome]) -> tuple[CheckTally, ...]:
    """A run counts once per check and severity, however many findings there were."""
    ended = [each for each in outcomes if each.end in (End.SUCCEEDED, End.FAILED)]
    failed: dict[tuple[str, str], int] = defaultdict(int)
    well: dict[tuple[str, str], int] = defaultdict(int)
    settled: dict[tuple[str, str], int] = defaultdict(int)
    for outcome in ended:
        for key in {(f.check, f.severity) for f in outcome.findings if f.severity in _SAYS_SOMETHING}:
            (failed if outcome.failed_at else well)[key] += 1
    for each in predictions:
        run = next(
            (o for o in ended if o.cluster_uid == each.cluster_uid and o.started >= each.made_at), None
        )
        if run is not None:
            now = {(f.check, f.severity) for f in run.findings}
            for key in {(f.check, f.severity) for f in each.findings if f.severity in _SAYS_SOMETHING} - now:
                settled[key] += 1
    return tuple(
        CheckTally(*key, failed=failed[key], went_well=well[key], settled=settled[key])
        for key in sorted({*failed, *well, *settled})
    )


def _quantile(sorted_values: Sequence[float], share: float) -> float | None:
    """The value at that share of the way, the larger of two neighbours: no interpolation."""
    if not sorted_values:
        return None
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]
