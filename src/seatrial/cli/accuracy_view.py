"""Prints a score for people, a few tables with a line under each on how to read it, and for programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from seatrial.accuracy import CheckTally, Durations, Group, Pair, Score, Verdict
from seatrial.cli.output import Tone, icon, print_line, print_table

_MOST = 20
_NOTEWORTHY = (Verdict.MISS, Verdict.SAID_UNKNOWN, Verdict.FALSE_ALARM, Verdict.FAILED_ELSEWHERE)


def print_score(score: Score) -> None:
    if score.is_empty:
        _print_empty(score)
        return
    if score.pairs:
        print_line((f"{_count(len(score.pairs), 'upgrade')} rehearsed and carried out", Tone.STRONG))
        _print_groups("PROVIDER", [*score.by_provider, score.all])
        if score.all.failed:
            print_line(f"For the reason that was named: {score.same_reason} of {score.all.failed}.")
        if score.warned_in_vain:
            print_line(f"Went well despite a warning: {score.warned_in_vain}.")
        print_line("")
        _print_groups("STEP", score.by_step)
        if score.by_chart:
            print_line("")
            _print_groups("CHART", score.by_chart)
        print_line("")
        print_line("FAILED: as predicted. UNKNOWN: failed at a step that the rehearsal called not modelled.")
        print_line("MISSED: nothing was predicted. UNKNOWN: at a step that was called not modelled.")
        print_line("OFF BY: half of the durations, and nine of ten, lie within this of what was predicted.")
    if score.by_check:
        print_line("")
        _print_checks(score.by_check)
    _print_pairs(score.pairs)
    _print_rest(score)


def _print_empty(score: Score) -> None:
    print_line(("Nothing to compare yet.", Tone.STRONG))
    if score.waiting:
        one = len(score.waiting) == 1
        wait = "waits for its upgrade" if one else "wait for their upgrades"
        print_line(f"{_count(len(score.waiting), 'prediction')} {wait}.")
        print_line("  → Carry out what was rehearsed: `seatrial apply PLAN` or `seatrial rollout start`.")
    else:
        print_line("  → Rehearse an upgrade (`seatrial rehearse`), then carry it out with the same --state.")
    _print_rest(score)


def _print_groups(title: str, groups: Iterable[Group]) -> None:
    columns = (
        title,
        "FINE",
        "FAILED",
        "ELSEWHERE",
        "WARNED",
        "MISSED",
        "UNKNOWN",
        "FALSE ALARMS",
        "OFF BY",
        "IN RANGE",
    )
    print_table(
        columns,
        [
            (
                each.name,
                *map(
                    str,
                    (
                        each.fine,
                        each.failed,
                        each.elsewhere,
                        each.warned,
                        each.misses,
                        each.unknown,
                        each.false_alarms,
                    ),
                ),
                _off_by(each.durations),
                f"{each.durations.within} of {each.durations.ranged}" if each.durations.ranged else "-",
            )
            for each in groups
        ],
    )


def _print_checks(tallies: Iterable[CheckTally]) -> None:
    print_table(
        ("CHECK", "SAID", "THEN FAILED", "WENT WELL", "SETTLED BEFORE"),
        [
            (each.check, each.severity, str(each.failed), str(each.went_well), str(each.settled))
            for each in tallies
        ],
    )


def _print_pairs(pairs: Iterable[Pair]) -> None:
    noted = [each for each in pairs if each.verdict in _NOTEWORTHY]
    if noted:
        print_line("")
    for each in noted[:_MOST]:
        tone = Tone.UNKNOWN if each.verdict is Verdict.SAID_UNKNOWN else Tone.BAD
        named, happened = each.prediction.fails_at, each.outcome.failed_at
        print_line(
            (f"{icon(tone)} {each.verdict.value}  ", tone),
            f"{each.outcome.cluster}, run {each.outcome.run_id}",
        )
        if named:
            print_line(("    predicted: ", Tone.QUIET), f"{named.id}: {named.reason}")
        if happened:
            print_line(("    happened:  ", Tone.QUIET), f"{happened.id}: {happened.reason}")
    if len(noted) > _MOST:
        print_line((f"    and {len(noted) - _MOST} more; -o json shows all", Tone.QUIET))


def _print_rest(score: Score) -> None:
    if score.changed or score.unpredicted or (score.waiting and score.pairs):
        print_line("")
    for each in score.changed[:_MOST]:
        print_line(
            (f"{icon(Tone.QUIET)} changed since  ", Tone.QUIET),
            f"{each.prediction.cluster} to {each.prediction.to_version},"
            f" {each.prediction.made_at:%Y-%m-%d %H:%M}: {each.why}",
        )
    if len(score.changed) > _MOST:
        print_line((f"    and {len(score.changed) - _MOST} more; -o json shows all", Tone.QUIET))
    if score.waiting and score.pairs:
        print_line(f"{_count(len(score.waiting), 'prediction')} without a run so far.")
    if score.unpredicted:
        print_line(f"{_count(len(score.unpredicted), 'run')} without a rehearsal in this state.")


def score_data(score: Score) -> dict[str, Any]:
    """As `-o json` prints it; ratios are happened / predicted - 1."""
    return {
        "format": 1,
        "runs": _group(score.all),
        "sameReason": score.same_reason,
        "warnedInVain": score.warned_in_vain,
        "byProvider": [_group(each) for each in score.by_provider],
        "byStep": [_group(each) for each in score.by_step],
        "byChart": [_group(each) for each in score.by_chart],
        "byCheck": [
            {
                "check": each.check,
                "severity": each.severity,
                "thenFailed": each.failed,
                "wentWell": each.went_well,
                "settledBefore": each.settled,
            }
            for each in score.by_check
        ],
        "pairs": [_pair(each) for each in score.pairs],
        "changedSince": [
            {
                "cluster": each.prediction.cluster,
                "toVersion": each.prediction.to_version,
                "madeAt": each.prediction.made_at.isoformat(),
                "why": each.why,
            }
            for each in score.changed
        ],
        "waiting": len(score.waiting),
        "withoutRehearsal": [each.run_id for each in score.unpredicted],
    }


def _group(group: Group) -> dict[str, Any]:
    durations = group.durations
    return {
        "name": group.name,
        "fine": group.fine,
        "failed": group.failed,
        "failedElsewhere": group.elsewhere,
        "warned": group.warned,
        "misses": group.misses,
        "failedWhereUnknown": group.unknown,
        "falseAlarms": group.false_alarms,
        "durations": {
            "compared": len(durations.errors),
            "medianError": durations.median,
            "worstTenth": durations.worst_tenth,
            "bias": durations.bias,
            "withRange": durations.ranged,
            "withinRange": durations.within,
        },
    }


def _pair(pair: Pair) -> dict[str, Any]:
    named, happened = pair.prediction.fails_at, pair.outcome.failed_at
    return {
        "cluster": pair.outcome.cluster,
        "run": pair.outcome.run_id,
        "provider": pair.outcome.provider,
        "toVersion": pair.outcome.to_version,
        "verdict": pair.verdict.value,
        "sameReason": pair.same_reason,
        "predicted": {"step": named.id, "reason": named.reason} if named else None,
        "happened": {"step": happened.id, "reason": happened.reason} if happened else None,
    }


def _off_by(durations: Durations) -> str:
    if durations.median is None or durations.worst_tenth is None:
        return "-"
    return f"{durations.median:.0%}, {durations.worst_tenth:.0%}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
