"""Rehearses a plan: the engine of a real upgrade, on a twin, under one simulated clock.

Nothing here decides differently from a real run. The plan, the loop and the performers are the same;
the client points at the twin's own API server on loopback, and the provider is the simulated one.
"""

from __future__ import annotations

import random
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import msgspec

from seatrial.capture.live import from_live
from seatrial.catalog import releases
from seatrial.checks.run import check_snapshot
from seatrial.clock import Clock, SimulatedClock
from seatrial.cluster.findings import Report
from seatrial.cluster.helm_release import read_releases
from seatrial.cluster.objects import Obj
from seatrial.cluster.snapshot import Snapshot
from seatrial.cluster.version import Minor
from seatrial.cluster_runs import ClusterRun, Performer, begin_run
from seatrial.errors import BadInput
from seatrial.kube import ClusterAccess, ReadClient, Token, WriteClient, connect
from seatrial.plan import Event, Plan, UpgradeChart
from seatrial.providers.protocol import Provider
from seatrial.rehearsal.compare import TwinState, compare, look_at
from seatrial.rehearsal.recording import Recording
from seatrial.rehearsal.regressions import new_findings
from seatrial.rehearsal.report import RehearsalReport
from seatrial.rehearsal.risks import DrainRisks
from seatrial.rehearsal.seed_releases import InstalledChart, seed_releases
from seatrial.rehearsal.summary import summarise
from seatrial.rehearsal.twin import Twin, make_twin
from seatrial.rehearsal.twin_performer import TwinPerformer
from seatrial.rehearsal.without_secrets import Rehearsed, from_portable, second_rendering
from seatrial.schemas.published import published_minors
from seatrial.simulator.kubeconfig import write_kubeconfig
from seatrial.simulator.server import SimulatorServer
from seatrial.simulator.store import ResourceKey
from seatrial.store.memory import MemoryStore

_SETTLE = 60.0  # simulated seconds for the controllers to write every status, before and after
_RUN = "rehearsal"


@dataclass(frozen=True, slots=True)
class TwinConnection:
    """All that performers need of the twin: what a real cluster would give them."""

    read: ReadClient
    write: WriteClient
    provider: Provider
    clock: Clock
    kubeconfig: Path
    """Holds the twin's loopback token only; gone when the rehearsal ends."""
    context: str
    folder: Path
    """Readable by us only, for Helm's scratch files; gone when the rehearsal ends."""


MakePerformer = Callable[[Plan, TwinConnection], Performer]
RenderInstalled = Callable[[InstalledChart, Plan, TwinConnection], Awaitable[str]]
Told = Callable[[Event], None]


def tell_nobody(event: Event) -> None:
    pass


async def _render_nothing(chart: InstalledChart, plan: Plan, twin: TwinConnection) -> str:
    raise BadInput(f"no helm is at hand to render {chart.release}.")


@dataclass(frozen=True, slots=True)
class RehearsalTools:
    """What `seatrial.wiring` gives: the performers of real upgrades, and Helm."""

    make_performer: MakePerformer
    render_installed: RenderInstalled = _render_nothing
    told: Told = tell_nobody
    """Hears every event of the run."""


def rehearse(
    snapshot: Snapshot, plan: Plan, tools: RehearsalTools, *, installed: Iterable[InstalledChart] = ()
) -> RehearsalReport:
    """Run the plan on the snapshot's twin and report; in an event loop of its own, so call it outside of one.

    `installed` are the Stack's charts at their installed versions, for snapshots without manifests.
    """
    _refuse_another_cluster(snapshot, plan)
    for version in (snapshot.meta.server_version, plan.to_version):
        _refuse_unknown_minor(Minor.parse(version))
    charts = tuple(installed)
    first = _run(snapshot, plan, tools, charts)
    if not snapshot.meta.portable:
        return first.report
    second: Rehearsed | None = None
    tokens: Mapping[str, str] = {}
    if again := second_rendering(snapshot, plan):
        other, tokens = again
        second = _run(other, plan, replace(tools, told=tell_nobody), charts)
    limits = from_portable(plan, first, second, tokens)
    verdict = first.report.verdict
    if limits.depends_on_secrets:
        verdict += " What depends on secrets may go otherwise in the cluster."
    return msgspec.structs.replace(first.report, portable=limits, verdict=verdict)


def _run(
    snapshot: Snapshot, plan: Plan, tools: RehearsalTools, installed: tuple[InstalledChart, ...]
) -> Rehearsed:
    clock = SimulatedClock(snapshot.meta.captured_at - timedelta(seconds=_SETTLE))
    return clock.run(_rehearse(snapshot, plan, tools, installed, clock))


async def _rehearse(
    snapshot: Snapshot,
    plan: Plan,
    tools: RehearsalTools,
    installed: tuple[InstalledChart, ...],
    clock: SimulatedClock,
) -> Rehearsed:
    with clock.hold("making the twin"):
        twin = make_twin(snapshot, clock, name=_safe_name(snapshot.meta.cluster))
    async with _serving(twin, clock) as connection:
        wanted = frozenset(
            (step.action.namespace, step.action.release)
            for step in plan.steps
            if isinstance(step.action, UpgradeChart) and step.action.from_version
        )
        missing = await seed_releases(
            twin.cluster,
            snapshot.releases,
            wanted,
            installed,
            lambda chart: tools.render_installed(chart, plan, connection),
        )
        twin.start()
        try:
            await clock.sleep(_SETTLE)
            before = await _look(twin)
            checked_before = await _check(twin, connection, plan)
            limit = twin.provider.capabilities.drain_limit
            recording = Recording(plan, twin.cluster, DrainRisks(twin.cluster, twin.node_group_label, limit))
            await _carry_out(plan, tools, connection, missing, recording)
            await clock.sleep(_SETTLE)
            after = await _look(twin)
            checked_after = await _check(twin, connection, plan)
            rendered, _ = read_releases(_stored_records(twin))
        finally:
            twin.cluster.stop()
    report = summarise(
        snapshot,
        plan,
        steps=recording.steps(missing),
        timings=twin.timings,
        changes=compare(before, after, snapshot.metrics, Minor.parse(plan.to_version)),
        new_findings=new_findings(checked_before, checked_after),
        unchecked=tuple(gap for gap in checked_after.incomplete if gap not in checked_before.incomplete),
        not_modelled=twin.not_modelled,
    )
    return Rehearsed(report, rendered, missing)


async def _carry_out(
    plan: Plan,
    tools: RehearsalTools,
    connection: TwinConnection,
    missing: frozenset[tuple[str, str]],
    recording: Recording,
) -> None:
    store = MemoryStore()

    def told(event: Event) -> None:
        recording.heard(event)
        tools.told(event)

    await begin_run(store, plan, _RUN, at=connection.clock.now())
    await ClusterRun(
        run_id=_RUN,
        plan=plan,
        store=store,
        performer=TwinPerformer(tools.make_performer(plan, connection), missing),
        clock=connection.clock,
        worker=_RUN,
        by=_RUN,
        told=told,
    ).run()


@asynccontextmanager
async def _serving(twin: Twin, clock: SimulatedClock) -> AsyncIterator[TwinConnection]:
    """The twin's API on loopback, under a token made for this rehearsal."""
    server = SimulatorServer(clock)
    server.add(twin.cluster)
    with tempfile.TemporaryDirectory(prefix="seatrial-rehearsal-") as folder:  # mode 0700
        await server.start()
        try:
            endpoint = server.endpoints()[0]
            kubeconfig = Path(folder) / "kubeconfig"
            write_kubeconfig(kubeconfig, [endpoint])
            access = ClusterAccess(
                endpoint.name, endpoint.server, ca=endpoint.ca_pem, login=Token(endpoint.token)
            )
            async with connect(access, clock, rng=random.Random(_RUN)) as session:  # noqa: S311 - jitter
                yield TwinConnection(
                    read=ReadClient(session),
                    write=WriteClient(session),
                    provider=twin.provider,
                    clock=clock,
                    kubeconfig=kubeconfig,
                    context=endpoint.name,
                    folder=Path(folder),
                )
        finally:
            await server.stop()


async def _look(twin: Twin) -> TwinState:
    return look_at(twin.cluster, (await twin.provider.state()).version)


def _stored_records(twin: Twin) -> Iterator[Obj]:
    for kind, resource in (("Secret", "secrets"), ("ConfigMap", "configmaps")):
        for obj in twin.cluster.store.peek_list(ResourceKey("", resource)):
            yield {"kind": kind, **obj}


async def _check(twin: Twin, connection: TwinConnection, plan: Plan) -> Report:
    """What the checks say of the twin as it is now: before and after are read in the same way."""
    now = await from_live(connection.read, connection.clock, provider=await twin.provider.state())
    return check_snapshot(now, Minor.parse(plan.to_version))


def _refuse_another_cluster(snapshot: Snapshot, plan: Plan) -> None:
    if snapshot.meta.uid != plan.cluster_uid:
        raise BadInput(
            f"the plan is for {plan.cluster}, the snapshot is of {snapshot.meta.cluster}: another cluster.",
            next_step="Make a plan from this snapshot, or take a snapshot of that cluster.",
        )


def _refuse_unknown_minor(minor: Minor) -> None:
    known = published_minors()
    newest = min(known[-1], releases().horizon)
    if not known[0] <= minor <= newest:
        raise BadInput(
            f"Kubernetes {minor} cannot be simulated: this Seatrial knows {known[0]} to {newest}.",
            next_step="Rehearse a hop between those, or install a newer Seatrial.",
        )


def _safe_name(cluster: str) -> str:
    """Part of a URL and of a file: some providers' names of clusters hold colons and slashes."""
    return re.sub(r"[^a-z0-9.-]+", "-", cluster.lower()).strip("-.") or "twin"
