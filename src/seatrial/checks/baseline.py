"""A baseline: what was found before, so that CI fails on what is new only.

It remembers objects, not wording: a finding that gets a new object, or a worse severity, is new again.
Lines in files move, so a file's name counts and its line does not.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from seatrial.cluster.findings import Finding, Report, Severity
from seatrial.cluster.objects import ObjectRef
from seatrial.errors import BadFormat, NewerFormat

BASELINE_FORMAT = 1
_KIND = "SeatrialBaseline"


class Known(msgspec.Struct, frozen=True, order=True):
    """One object that a check complained about."""

    check: str
    severity: Severity
    subject: str
    """`namespace/kind/name`; the finding's title where it names no object."""
    file: str = ""


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    format: int = BASELINE_FORMAT
    kind: str = _KIND
    target: str
    known: tuple[Known, ...]


def baseline_of(report: Report) -> bytes:
    """The file that remembers all findings of `report`: JSON, sorted, one line for each, for reviews."""
    known = sorted({each for finding in (*report.findings, *report.known) for each in _known(finding)})
    head = msgspec.json.encode({"format": BASELINE_FORMAT, "kind": _KIND, "target": report.target})
    lines = ",\n  ".join(msgspec.json.encode(each).decode() for each in known)
    return f'{head.decode()[:-1]},"known":[\n  {lines}\n]}}\n'.encode()


def read_baseline(raw: bytes, where: str) -> Baseline:
    """Raise `BadFormat` where it is none, `NewerFormat` where a newer Seatrial wrote it."""
    try:
        head = msgspec.json.decode(raw, type=_Head)
        if head.kind == _KIND and head.format > BASELINE_FORMAT:
            raise NewerFormat("baseline", head.format, BASELINE_FORMAT, where=where)
        baseline = msgspec.json.decode(raw, type=Baseline)
    except msgspec.DecodeError as problem:
        raise BadFormat(
            f"this is no baseline of Seatrial: {problem}.", where=where, next_step=_WRITE_ONE
        ) from None
    if baseline.kind != _KIND:
        raise BadFormat("this is no baseline of Seatrial.", where=where, next_step=_WRITE_ONE)
    return baseline


_WRITE_ONE = "Write one with `seatrial check … --write-baseline FILE`."


class _Head(msgspec.Struct):
    kind: str = ""
    format: int = 0


def without_known(report: Report, baseline: Baseline) -> Report:
    """The report with what the baseline knows set apart, under `known`; that no longer counts."""
    known_before = {(each.check, each.subject, each.file): each.severity for each in baseline.known}
    new: list[Finding] = []
    known: list[Finding] = []
    for finding in report.findings:
        fresh = [each for each in _known(finding) if _is_new(each, known_before)]
        if not fresh:
            known.append(finding)
        elif len(fresh) == len(finding.objects):
            new.append(finding)
        else:
            subjects = {each.subject for each in fresh}
            objects = tuple(ref for ref in finding.objects if str(ref) in subjects)
            new.append(replace(finding, objects=objects) if objects else finding)
    return replace(report, findings=tuple(new), known=tuple(known))


def _is_new(one: Known, known: dict[tuple[str, str, str], Severity]) -> bool:
    before = known.get((one.check, one.subject, one.file))
    return before is None or one.severity.rank < before.rank


def _known(finding: Finding) -> Iterable[Known]:
    file = finding.location.rpartition(":")[0] or finding.location
    for subject in map(str, _meant(finding.objects)) if finding.objects else (finding.title,):
        yield Known(finding.check, finding.severity, subject, file)


def _meant(objects: tuple[ObjectRef, ...]) -> tuple[ObjectRef, ...]:
    """Pods come and go under new names: they are remembered only where there is nothing else."""
    return tuple(ref for ref in objects if ref.kind != "Pod") or objects
