"""Prints the trials as Markdown: predicted against happened, by trouble, provider, step and check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from benchmarks.accuracy.generator import TROUBLES, Sight
from benchmarks.accuracy.trial import Trial
from benchmarks.measure import table
from seatrial.accuracy import Durations, Group, Score, Verdict, score

_SHORT = 160  # characters of a reason
_WRONG = (Verdict.MISS, Verdict.SAID_UNKNOWN, Verdict.FALSE_ALARM, Verdict.FAILED_ELSEWHERE)


def print_report(trials: Sequence[Trial], *, seconds: float) -> None:
    seeds = [trial.seed for trial in trials]
    whole = scored(trials)
    print(f"{len(trials)} clusters, seeds {min(seeds)} to {max(seeds)}, {seconds:.0f} s.\n")
    _print_square(whole)
    print("\n### By what was planted\n")
    _print_planted(trials)
    print("\n### By provider\n")
    _print_groups("provider", (*whole.by_provider, replace(whole.all, name="**all**")))
    print("\n### By kind of step\n")
    _print_groups("step", whole.by_step)
    print("\n### By check\n")
    table(
        ("check", "said", "then failed", "went well"),
        [(each.check, each.severity, str(each.failed), str(each.went_well)) for each in whole.by_check],
    )
    print("\n### What was wrong, one by one\n")
    _print_wrong(trials)


def scored(trials: Iterable[Trial]) -> Score:
    trials = tuple(trials)
    return score([trial.prediction for trial in trials], [trial.outcome for trial in trials])


def _print_square(whole: Score) -> None:
    all = whole.all
    table(
        ("", "went through", "failed"),
        [
            ("**predicted to go through**", str(all.fine), str(all.misses + all.unknown + all.warned)),
            ("**predicted to fail**", str(all.false_alarms), str(all.failed + all.elsewhere)),
        ],
    )
    predicted = all.failed + all.elsewhere
    print(
        f"\nOf {predicted} failures that were predicted, {all.failed} came at the step that was named,"
        f" {whole.same_reason} of those for the reason that was named. {all.warned} of the others came after"
        f" a warning; {whole.warned_in_vain} went well despite one. {len(whole.changed)} runs count neither"
        " way: they were refused, for the cluster had changed since the rehearsal."
    )


def _print_planted(trials: Sequence[Trial]) -> None:
    rows = []
    for sight in Sight:
        for name, (_, own, _) in TROUBLES.items():
            found = [trial for trial in trials if trial.trouble == name]
            if own is not sight or not found:
                continue
            part = scored(found)
            rows.append((name, sight.value, *_counts(part.all), str(len(part.changed))))
    columns = ("planted", "can be foreseen", "fine", "failed as predicted", "at another step", "warned")
    table((*columns, "missed", "false alarm", "refused"), rows)


def _print_groups(title: str, groups: Iterable[Group]) -> None:
    columns = (title, "fine", "failed as predicted", "at another step", "warned", "missed", "false alarm")
    table(
        (*columns, "half of durations within", "nine of ten within", "bias"),
        [(each.name, *_counts(each), *_off(each.durations)) for each in groups],
    )


def _counts(group: Group) -> tuple[str, ...]:
    numbers = (
        group.fine,
        group.failed,
        group.elsewhere,
        group.warned,
        group.misses + group.unknown,
        group.false_alarms,
    )
    return tuple(str(number) if number else "" for number in numbers)


def _off(durations: Durations) -> tuple[str, str, str]:
    figures = (durations.median, durations.worst_tenth, durations.bias)
    half, most, bias = ("" if each is None else f"{each:.0%}" for each in figures)
    return half, most, bias


def _print_wrong(trials: Iterable[Trial]) -> None:
    by_run: dict[str, Trial] = {trial.outcome.run_id: trial for trial in trials}
    rows = []
    for pair in scored(by_run.values()).pairs:
        if pair.verdict in _WRONG:
            trial = by_run[pair.outcome.run_id]
            named, happened = pair.prediction.fails_at, pair.outcome.failed_at
            rows.append(
                (
                    str(trial.seed),
                    trial.prediction.provider,
                    trial.trouble,
                    pair.verdict.value,
                    _said(named.id, named.reason) if named else "",
                    _said(happened.id, happened.reason) if happened else "",
                )
            )
    key: Callable[[tuple[str, ...]], tuple[str, str]] = lambda row: (row[2], row[3])  # noqa: E731
    table(("seed", "provider", "planted", "verdict", "predicted", "happened"), sorted(rows, key=key))


def _said(step: str, reason: str) -> str:
    short = reason if len(reason) <= _SHORT else reason[: _SHORT - 1] + "…"
    return f"{step}: {short}".replace("|", "/")
