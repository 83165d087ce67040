"""Compares predictions with outcomes: what was right, missed, a false alarm, and how far durations were off.

Only what can be compared counts. A prediction belongs to a run when its plan does the same to the same
cluster, relying on the same facts; the newest one before the run is meant. Where somebody changed the
cluster or the plan in between, most often to settle what was predicted, the prediction is listed as
"changed since" and counts neither way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from seatrial.accuracy.outcome import End, Outcome
from seatrial.accuracy.prediction import BLOCKER, Prediction
from seatrial.accuracy.reasons import same_reason
from seatrial.accuracy.tallies import (
    CheckTally,
    Group,
    Pair,
    Verdict,
    by_check,
    count_runs,
    runs_by_provider,
    steps_by,
)


@dataclass(frozen=True, slots=True)
class Unpaired:
    """A prediction that counts neither way."""

    prediction: Prediction
    why: str


@dataclass(frozen=True, slots=True)
class Score:
    pairs: tuple[Pair, ...]
    changed: tuple[Unpaired, ...]
    waiting: tuple[Prediction, ...]
    """No run followed yet."""
    unpredicted: tuple[Outcome, ...]
    """Runs that nobody rehearsed in this state."""
    all: Group
    by_provider: tuple[Group, ...]
    by_step: tuple[Group, ...]
    """By kind of step; counts steps, not runs."""
    by_chart: tuple[Group, ...]
    by_check: tuple[CheckTally, ...]
    same_reason: int = 0
    """Of the failures at the predicted step."""
    warned_in_vain: int = 0
    """Runs that went well although a check or the rehearsal had warned of a failure."""

    @property
    def is_empty(self) -> bool:
        return not self.pairs and not self.by_check


def score(predictions: Iterable[Prediction], outcomes: Iterable[Outcome]) -> Score:
    predictions = sorted(predictions, key=lambda each: each.made_at)
    outcomes = sorted(outcomes, key=lambda each: each.started)
    pairs: list[Pair] = []
    unpredicted: list[Outcome] = []
    drifted: list[Unpaired] = []
    used: set[int] = set()
    for outcome in outcomes:
        at = _meant_for(outcome, predictions)
        if at is None:
            unpredicted.append(outcome)
            continue
        if outcome.end is End.CANCELLED:
            continue
        used.add(at)
        if outcome.end is End.DRIFTED:
            drifted.append(Unpaired(predictions[at], "the run was refused, for the cluster had changed"))
            continue
        pairs.append(_paired(predictions[at], outcome))
    changed, waiting = _left_over(predictions, outcomes, used)
    changed += drifted
    changed += [
        Unpaired(each.prediction, "the finding was settled before the run")
        for each in pairs
        if each.verdict is Verdict.FALSE_ALARM and _settled(each)
    ]
    counted = tuple(p for p in pairs if not (p.verdict is Verdict.FALSE_ALARM and _settled(p)))
    return Score(
        pairs=counted,
        changed=tuple(changed),
        waiting=tuple(waiting),
        unpredicted=tuple(unpredicted),
        all=count_runs("all", counted),
        by_provider=runs_by_provider(counted),
        by_step=steps_by(counted, lambda step: step.kind),
        by_chart=steps_by(counted, lambda step: step.chart),
        by_check=by_check(predictions, outcomes),
        same_reason=sum(each.same_reason for each in counted if each.verdict is Verdict.FAILED),
        warned_in_vain=sum(
            _is_blocked(each.prediction) or any(step.risks for step in each.prediction.steps)
            for each in counted
            if each.verdict is Verdict.FINE
        ),
    )


def _meant_for(outcome: Outcome, predictions: Sequence[Prediction]) -> int | None:
    """The newest prediction of the same content before the run."""
    found = None
    for at, each in enumerate(predictions):
        if each.made_at <= outcome.started and each.content == outcome.content:
            found = at
    return found


def _paired(prediction: Prediction, outcome: Outcome) -> Pair:
    named, happened = prediction.fails_at, outcome.failed_at
    if happened is None:
        verdict = Verdict.FALSE_ALARM if named else Verdict.FINE
        return Pair(prediction, outcome, verdict, False)
    if named is None:
        said = prediction.step(happened.id)
        if said is not None and not said.known:
            return Pair(prediction, outcome, Verdict.SAID_UNKNOWN, False)
        warned = _is_blocked(prediction) or (said is not None and bool(said.risks))
        return Pair(prediction, outcome, Verdict.WARNED if warned else Verdict.MISS, False)
    verdict = Verdict.FAILED if named.id == happened.id else Verdict.FAILED_ELSEWHERE
    return Pair(prediction, outcome, verdict, same_reason(named.reason, happened.reason))


def _is_blocked(prediction: Prediction) -> bool:
    return any(finding.severity == BLOCKER for finding in prediction.findings)


def _settled(pair: Pair) -> bool:
    """A blocker that stood beside the predicted failure was gone when the run was planned."""
    before = {(f.check, f.message) for f in pair.prediction.findings if f.severity == BLOCKER}
    return bool(before - {(f.check, f.message) for f in pair.outcome.findings})


def _left_over(
    predictions: Sequence[Prediction], outcomes: Sequence[Outcome], used: set[int]
) -> tuple[list[Unpaired], list[Prediction]]:
    changed: list[Unpaired] = []
    waiting: list[Prediction] = []
    for at, each in enumerate(predictions):
        if at in used:
            continue
        later = [o for o in outcomes if o.cluster_uid == each.cluster_uid and o.started >= each.made_at]
        newer = [
            p
            for p in predictions[at + 1 :]
            if (p.cluster_uid, p.to_version) == (each.cluster_uid, each.to_version)
        ]
        if newer:
            changed.append(Unpaired(each, "rehearsed again since"))
        elif later and all(outcome.content != each.content for outcome in later):
            changed.append(Unpaired(each, "the cluster or the plan changed before the run"))
        else:
            waiting.append(each)
    return changed, waiting
