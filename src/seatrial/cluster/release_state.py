"""Where a Helm release stands, from the records of all its revisions.

The latest revision says what happened last; the one that Helm goes on from may be an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from seatrial.cluster.helm_release import ReleaseRecord, ReleaseStatus


class Absent(msgspec.Struct, frozen=True, tag="absent"):
    """Never installed, or uninstalled."""


class Deployed(msgspec.Struct, frozen=True, tag="deployed"):
    version: str
    revision: int


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The last operation failed; `good_revision` is the last one that Helm calls deployed, 0 for none."""

    version: str
    revision: int
    good_revision: int = 0


class Pending(msgspec.Struct, frozen=True, tag="pending"):
    """An operation runs now or was cut off; `good_revision` as in `Failed`."""

    version: str
    revision: int
    status: ReleaseStatus
    good_revision: int = 0


ReleaseState = Absent | Deployed | Failed | Pending


def release_state(records: Iterable[ReleaseRecord]) -> ReleaseState:
    """Where one release stands, from all its revisions."""
    history = sorted(records, key=lambda record: record.revision)
    if not history or history[-1].status is ReleaseStatus.UNINSTALLED:
        return Absent()
    last = history[-1]
    good = max((each.revision for each in history if each.status is ReleaseStatus.DEPLOYED), default=0)
    if last.status is ReleaseStatus.DEPLOYED:
        return Deployed(last.chart.version, last.revision)
    if last.status.is_pending:
        return Pending(last.chart.version, last.revision, last.status, good)
    return Failed(last.chart.version, last.revision, good)


def deployed(records: Iterable[ReleaseRecord]) -> tuple[ReleaseRecord, ...]:
    """Per release the revision that Helm compares the next upgrade with, sorted by namespace and name.

    That is the highest *deployed* one, which need not be the latest: a failed upgrade follows it. Where
    none is deployed and the last one failed or was superseded, Helm takes that one (action/upgrade.go
    in Helm's source). An API in this revision's manifest that the target no longer serves wedges Helm.
    """
    found = (_current(history) for history in by_release(records).values())
    return tuple(record for record in found if record is not None)


def by_release(records: Iterable[ReleaseRecord]) -> dict[tuple[str, str], list[ReleaseRecord]]:
    """Histories by (namespace, name), each in the order of its revisions."""
    histories: dict[tuple[str, str], list[ReleaseRecord]] = {}
    for record in sorted(records, key=lambda each: (each.key, each.revision)):
        histories.setdefault(record.key, []).append(record)
    return histories


def _current(history: list[ReleaseRecord]) -> ReleaseRecord | None:
    for record in reversed(history):
        if record.status is ReleaseStatus.DEPLOYED:
            return record
    last = history[-1]
    return last if last.status in (ReleaseStatus.FAILED, ReleaseStatus.SUPERSEDED) else None
