"""`seatrial check` of several clusters at once: a report each, read side by side.

A cluster that cannot be reached or read is that cluster's gap, with the reason; the others go on. No more
than a few snapshots are in memory at a time: each is dropped when it was checked.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.checks.check import Check
from seatrial.checks.cluster_reports import ClusterReport
from seatrial.checks.registry import kinds_to_read
from seatrial.checks.settings import CheckSettings
from seatrial.cli.check_inputs import parse_target
from seatrial.cli.check_processes import Checkers, Task, checkers
from seatrial.cli.check_settings import settings_for
from seatrial.cli.check_sources import Sources
from seatrial.cli.fleet_choice import chosen_clusters
from seatrial.cli.output import on_one_line
from seatrial.clock import WallClock
from seatrial.cluster.findings import Incomplete, Report
from seatrial.cluster.objects import GroupKind
from seatrial.cluster.version import Minor, Version
from seatrial.errors import BadInput, SeatrialError
from seatrial.kube import ClusterAccess, Consent, Kubeconfig, Wish
from seatrial.wiring.capturing import capture_live
from seatrial.wiring.consenting import consents
from seatrial.wiring.reaching import Reach

if TYPE_CHECKING:
    from seatrial.cluster.snapshot import Snapshot
    from seatrial.fleet.model import Fleet

_AT_ONCE = 16  # clusters being read: at a distance of 100 ms one takes some seconds, mostly of waiting
_PER_WORKER = 4  # clusters; for fewer, starting a process takes longer than it saves


@dataclass(frozen=True, slots=True)
class Named:
    """A cluster to check, and how it is reached, or why it cannot be."""

    name: str
    access: ClusterAccess | SeatrialError
    settings: CheckSettings
    target: Minor | None
    """None for the minor after the one that it runs."""
    believed: Minor | None = None
    """What the fleet file says that it runs."""


def check_many(sources: Sources, checks: Collection[Check], fleet: Fleet | None) -> tuple[ClusterReport, ...]:
    """A report of each cluster that the flags name, in their order.

    Raises `BadInput` where they name none.
    """
    named = _named(sources, fleet)
    return asyncio.run(_check_all(named, checks))


def _named(sources: Sources, fleet: Fleet | None) -> list[Named]:
    loaded = Kubeconfig.load(sources.kubeconfig, env=os.environ, home=Path.home())
    target = parse_target(sources.to) if sources.to else None
    if not loaded.contexts:
        raise BadInput(
            "the kubeconfig has no context." if loaded.files else "no kubeconfig was found.",
            where=", ".join(map(str, loaded.files)),
            next_step="Give one with --kubeconfig or KUBECONFIG.",
        )
    believed: dict[str, Minor] = {}
    if sources.are_of_fleet:
        assert fleet is not None  # noqa: S101  names of clusters are refused without one
        chosen = chosen_clusters(fleet, sources.clusters, sources.selector)
        clusters = {each.name: each.context or each.name for each in chosen}
        believed = {each.name: Version.parse(each.version).line for each in chosen}
    elif sources.all_contexts:
        clusters = {each.name: each.name for each in loaded.contexts}
    else:
        clusters = {each: each for each in sources.contexts}
    return [
        Named(
            name,
            _access(loaded, context),
            settings_for(fleet, context, sources.image_platforms),
            target,
            believed.get(name),
        )
        for name, context in clusters.items()
    ]


def _access(loaded: Kubeconfig, context: str) -> ClusterAccess | SeatrialError:
    try:
        return loaded.access(context)
    except SeatrialError as problem:
        return problem


async def _check_all(named: list[Named], checks: Collection[Check]) -> tuple[ClusterReport, ...]:
    workers = min(os.cpu_count() or 1, len(named) // _PER_WORKER)
    kinds = kinds_to_read(checks)
    slots = asyncio.Semaphore(_AT_ONCE)
    progress = _Progress(len(named))
    consent = progress.making_room(consents(os.environ, Path.home(), interactive=sys.stdin.isatty()))

    async def one(cluster: Named, free: Checkers) -> ClusterReport:
        async with slots:
            report = await _check_one(cluster, free)
        progress.done(cluster.name)
        return report

    async def _check_one(cluster: Named, free: Checkers) -> ClusterReport:
        if isinstance(cluster.access, SeatrialError):
            return _unreadable(cluster, cluster.access)
        try:
            snapshot = await _read(cluster.access, kinds, consent)
            target = cluster.target or snapshot.meta.minor.plus(1)
            version = snapshot.meta.server_version
            task = Task(snapshot, cluster.name, target, tuple(each.id for each in checks), cluster.settings)
            del snapshot
            return ClusterReport(cluster=cluster.name, version=version, report=await free.check(task))
        except SeatrialError as problem:
            return _unreadable(cluster, problem)
        except BaseExceptionGroup as group:
            ours, others = group.split(SeatrialError)
            if ours is None or others is not None:
                raise
            return _unreadable(cluster, _first(ours))

    with progress:
        async with checkers(workers) as free, asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(each, free)) for each in named]
    return tuple(each.result() for each in tasks)


async def _read(access: ClusterAccess, kinds: Collection[GroupKind], consent: Consent) -> Snapshot:
    # not interactive: no plugin may ask, for many would at once
    reach = Reach(access, None, access.name, os.environ, consent=consent)
    return await capture_live(reach, WallClock(), kinds=kinds)


def _unreadable(cluster: Named, problem: SeatrialError) -> ClusterReport:
    where = f"{problem.where}: " if problem.where and problem.where != cluster.name else ""
    gap = Incomplete(
        check="", what=f"cluster {cluster.name}", why=f"{where}{problem.what}", next_step=problem.next_step
    )
    target = cluster.target or (cluster.believed.plus(1) if cluster.believed else None)
    return ClusterReport(
        cluster=cluster.name, report=Report(target=str(target or ""), subject=cluster.name, incomplete=(gap,))
    )


def _first(group: BaseExceptionGroup[SeatrialError]) -> SeatrialError:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


class _Progress:
    """One line on a terminal's stderr that is wiped when done; nothing elsewhere."""

    def __init__(self, total: int) -> None:
        self._shown = sys.stderr.isatty() and not os.environ.get("CI")
        self._done, self._total = 0, total

    def making_room(self, consent: Consent) -> Consent:
        """Questions stand on lines of their own."""

        def ask(wish: Wish) -> bool:
            self._wipe()
            return consent(wish)

        return ask

    def __enter__(self) -> None:
        self._write(f"Checking {self._total} clusters")

    def done(self, name: str) -> None:
        self._done += 1
        self._write(f"Checked {self._done} of {self._total} clusters ({name})")

    def __exit__(self, *_: object) -> None:
        self._wipe()

    def _write(self, text: str) -> None:
        if self._shown:
            sys.stderr.write(f"\r\x1b[2K{on_one_line(text)}")
            sys.stderr.flush()

    def _wipe(self) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
