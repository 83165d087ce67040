"""The table of kills, as docs/reliability.md shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from statistics import median

import msgspec
from tests.reliability.harness import AT_RANDOM, Result
from tests.reliability.points import ACCEPTED, AFTER_INTENT, BEFORE_INTENT, BEFORE_RESULT, STORED
from tests.reliability.world import BOTH, HELM_ALONE, SEATRIAL_ALONE

OTHERS = "around other journal entries"
ROWS = (
    BEFORE_INTENT,
    AFTER_INTENT,
    ACCEPTED,
    STORED,
    BEFORE_RESULT,
    OTHERS,
    HELM_ALONE,
    SEATRIAL_ALONE,
    BOTH,
    AT_RANDOM,
    f"{AT_RANDOM}, all processes",
)
_TITLES = {
    BEFORE_INTENT: "before the intent is journaled",
    AFTER_INTENT: "after the intent is journaled",
    ACCEPTED: "after provider or API accepted",
    STORED: "after the operation's id, or what was there before, is stored",
    BEFORE_RESULT: "before the result is stored",
    OTHERS: "around every other entry of a journal",
    HELM_ALONE: "the Helm child alone, in a write",
    SEATRIAL_ALONE: "Seatrial alone, in a write of Helm",
    BOTH: "all processes, in a write of Helm",
    AT_RANDOM: "at random, Seatrial alone",
    f"{AT_RANDOM}, all processes": "at random, all processes",
}


class Count(msgspec.Struct):
    """What the trials with kills of one kind on one database came to."""

    kills: int = 0
    trials: int = 0
    doubled_starts: int = 0
    lost_steps: int = 0
    pending_releases: int = 0
    holds_left: int = 0
    other_end_states: int = 0
    unfinished: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            *(
                a + b
                for a, b in zip(msgspec.structs.astuple(self), msgspec.structs.astuple(other), strict=True)
            )
        )


class Tally(msgspec.Struct):
    """All that a table needs; those of several processes add up."""

    counts: dict[str, Count] = {}
    first_actions: dict[str, list[float]] = {}
    problems: list[str] = []

    def take(self, result: Result) -> None:
        database = "PostgreSQL" if result.trial.postgres else "SQLite"
        verdict = result.verdict
        for row in {kind_of(where) for where in result.killed}:
            key = f"{row}|{database}"
            self.counts[key] = self.counts.get(key, Count()) + Count(
                kills=sum(kind_of(where) == row for where in result.killed),
                trials=1,
                doubled_starts=len(verdict.doubled_starts),
                lost_steps=len(verdict.lost_steps),
                pending_releases=len(verdict.pending_releases),
                holds_left=len(verdict.holds_left),
                other_end_states=bool(verdict.other_end_state),
                unfinished=bool(verdict.unfinished),
            )
        self.first_actions.setdefault(database, []).extend(result.first_actions[1:])
        if verdict.problems:
            self.problems.append(f"{result.killed}: {'; '.join(verdict.problems)}")

    def add(self, other: Tally) -> None:
        for key, count in other.counts.items():
            self.counts[key] = self.counts.get(key, Count()) + count
        for key, times in other.first_actions.items():
            self.first_actions.setdefault(key, []).extend(times)
        self.problems += other.problems

    @property
    def kills(self) -> int:
        return sum(count.kills for count in self.counts.values())


def kind_of(where: str) -> str:
    """The row of a place where something was killed."""
    if where.startswith(AT_RANDOM):
        return f"{AT_RANDOM}, all processes" if where.endswith("all processes") else AT_RANDOM
    for how in (HELM_ALONE, SEATRIAL_ALONE, BOTH):
        if where.startswith(f"{how} at "):
            return how
    for point in (BEFORE_INTENT, AFTER_INTENT, ACCEPTED, STORED, BEFORE_RESULT):
        if f"/{point}" in where:
            return point
    return OTHERS


def draw(tally: Tally) -> str:
    return "\n".join(_lines(tally))


def _lines(tally: Tally) -> Iterator[str]:
    yield (
        "| killed | database | kills | rollouts | starts doubled | steps lost "
        "| releases pending | holds left | other end states | unfinished |"
    )
    yield "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for database in ("SQLite", "PostgreSQL"):
        for row in ROWS:
            count = tally.counts.get(f"{row}|{database}")
            if count is not None:
                yield _row(_TITLES[row], database, count)
    yield _row("**all**", "", sum(tally.counts.values(), Count()), trials="")
    yield ""
    for database, times in tally.first_actions.items():
        if times:
            yield (
                f"Restart to first journaled action on {database}: median {median(times) * 1000:.0f} ms, "
                f"longest {max(times) * 1000:.0f} ms, over {len(times)} restarts."
            )


def _row(title: str, database: str, count: Count, trials: str | None = None) -> str:
    cells: Iterable[object] = (
        title,
        database,
        count.kills,
        count.trials if trials is None else trials,
        count.doubled_starts,
        count.lost_steps,
        count.pending_releases,
        count.holds_left,
        count.other_end_states,
        count.unfinished,
    )
    return "| " + " | ".join(map(str, cells)) + " |"
