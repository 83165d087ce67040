"""What a rehearsal from a portable snapshot cannot know: where charts come from, and what depends on secrets.

The twin of a portable snapshot holds tokens where the cluster holds secrets. So the charts are rendered
twice, on twins whose tokens were made under two keys. What then differs otherwise than by the tokens
depends on secret values, which nobody here has (or on chance: a chart may make up passwords). What
a chart asks of the cluster with `lookup` is named too, since a comparison with a token always says no.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial.capture.redact import with_tokens
from seatrial.capture.tokens import Tokens
from seatrial.charts.chart_files import read_chart_files
from seatrial.cluster.helm_release import ReleaseRecord, manifest_objects
from seatrial.cluster.objects import Obj, ObjectRef
from seatrial.cluster.snapshot import Snapshot
from seatrial.errors import SeatrialError
from seatrial.plan import Plan, UpgradeChart
from seatrial.rehearsal.report import FromPortable, NotModelled, RehearsalReport

_SECOND_KEY = b"any other key does"
_SHORTEST = 6  # characters of a token that is looked for inside of longer strings
_LOOKUP = re.compile(rb"\{\{[^}]*\blookup\b")
_MOST = 50
TOKENS = (
    "Secret and ConfigMap data, env, args, annotations and strings of custom resources are tokens of the same"
    " length here: whatever reads them sees other values than in the cluster."
)


@dataclass(frozen=True, slots=True)
class Rehearsed:
    report: RehearsalReport
    rendered: tuple[ReleaseRecord, ...]
    """What Helm has written on the twin, manifests included."""
    missing: frozenset[tuple[str, str]]
    """Releases that the twin could not be given."""


def second_rendering(snapshot: Snapshot, plan: Plan) -> tuple[Snapshot, Mapping[str, str]] | None:
    """The snapshot under another key, with tokens old → new; None where no chart is rendered."""
    if not snapshot.meta.portable or not any(isinstance(step.action, UpgradeChart) for step in plan.steps):
        return None
    tokens = Tokens(_SECOND_KEY)
    return with_tokens(snapshot, tokens), tokens.made


def from_portable(
    plan: Plan, first: Rehearsed, second: Rehearsed | None, tokens: Mapping[str, str]
) -> FromPortable:
    """What the report says of the snapshot's being portable; `tokens` are those of first → second."""
    upgraded = [step.action for step in plan.steps if isinstance(step.action, UpgradeChart)]
    depends: list[NotModelled] = []
    if second is not None:
        known = _Tokens(tokens)
        depends += _steps(first.report, second.report)
        depends += _manifests(_by_release(first.rendered), _by_release(second.rendered), known)
    return FromPortable(
        tokens=TOKENS,
        charts_from_stack=tuple(
            f"{each.namespace}/{each.release} {each.from_version}"
            for each in upgraded
            if each.from_version and (each.namespace, each.release) not in first.missing
        ),
        depends_on_secrets=tuple((*depends, *_lookups(plan))[:_MOST]),
    )


def _steps(first: RehearsalReport, second: RehearsalReport) -> Iterator[NotModelled]:
    for one, other in zip(first.steps, second.steps, strict=True):
        if (one.outcome, one.simulated_seconds) != (other.outcome, other.simulated_seconds):
            outcomes = f"{one.outcome.value} in one, {other.outcome.value} in the other"
            yield NotModelled(one.title, f"it went differently with other tokens: {outcomes}.")
    for part in ("changes", "new_findings", "unchecked", "not_modelled", "durations"):
        if getattr(first, part) != getattr(second, part):
            yield NotModelled(part.replace("_", " "), "this part of the report differs with other tokens.")


def _manifests(
    first: Mapping[tuple[str, str], Mapping[ObjectRef, Obj]],
    second: Mapping[tuple[str, str], Mapping[ObjectRef, Obj]],
    tokens: _Tokens,
) -> Iterator[NotModelled]:
    for key in sorted(first.keys() | second.keys()):
        ones, others = first.get(key, {}), second.get(key, {})
        release = "/".join(key)
        for ref in sorted(ones.keys() | others.keys()):
            if ref not in ones or ref not in others:
                yield NotModelled(
                    f"{ref} of release {release}", "whether it is there depends on secret values."
                )
                continue
            paths = sorted(set(_differing(ones[ref], others[ref], tokens, "")))
            if paths:
                where = ", ".join(paths[:5]) + (f" and {len(paths) - 5} more" if len(paths) > 5 else "")
                yield NotModelled(
                    f"{ref} of release {release}: {where}", "it depends on secret values, or on chance."
                )


def _differing(one: Any, other: Any, tokens: _Tokens, path: str) -> Iterator[str]:
    """Paths at which the two differ by more than the tokens."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            here = f"{path}.{key}".lstrip(".")
            if key in one and key in other:
                yield from _differing(one[key], other[key], tokens, here)
            else:
                yield here
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _differing(left, right, tokens, f"{path}[{number}]")
    elif one != other and not (
        isinstance(one, str) and isinstance(other, str) and tokens.explain(one, other)
    ):
        yield path


class _Tokens:
    """Tokens of the first rendering, and what stands for each in the second."""

    def __init__(self, pairs: Mapping[str, str]) -> None:
        self._pairs = pairs
        self._long = {old: new for old, new in pairs.items() if len(old) >= _SHORTEST and old != new}

    def explain(self, one: str, other: str) -> bool:
        """Whether `other` is `one` with its tokens replaced."""
        if self._pairs.get(one) == other:
            return True
        if len(one) != len(other):
            return False
        for old in sorted((each for each in self._long if each in one), key=len, reverse=True):
            one = one.replace(old, self._long[old])
        return one == other


def _by_release(records: Iterable[ReleaseRecord]) -> dict[tuple[str, str], dict[ObjectRef, Obj]]:
    """What the newest revision of each release holds."""
    found: dict[tuple[str, str], dict[ObjectRef, Obj]] = {}
    for record in sorted(records, key=lambda each: each.revision):
        try:
            objects = manifest_objects(record.manifest)
        except SeatrialError:
            continue
        found[record.key] = {ObjectRef.of(obj): obj for obj in objects}
    return found


def _lookups(plan: Plan) -> Iterator[NotModelled]:
    for component in plan.components:
        try:
            files = read_chart_files(Path(component.chart))
        except SeatrialError:
            continue
        asking = [name for name, content in files.items() if "templates/" in name and _LOOKUP.search(content)]
        if asking:
            yield NotModelled(
                f"chart of {component.name}: {', '.join(asking[:5])}",
                "it looks objects up in the cluster, and saw tokens in place of secrets.",
            )
