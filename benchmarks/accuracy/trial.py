"""Tries a sample out: runs its cluster, captures and rehearses it, then upgrades it in its own, hidden way.

Capture, plan, rehearsal and upgrade are the product's own code. Only the cluster is simulated; and it
differs from the twin in all that a snapshot does not say: how long pods, machines and the control plane
take, who is drained and evicted first, where new nodes come, what breaks.
"""

from __future__ import annotations

import asyncio
import math
import os
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.accuracy.charts import NEW, OLD, RELEASE, target, write_chart
from benchmarks.accuracy.generator import FROM, TO, ZONES, Sample, Sight, draw
from benchmarks.accuracy.objects import NAMESPACE
from seatrial.accuracy import Outcome, Prediction, outcome_of
from seatrial.capture.live import from_live
from seatrial.charts import HelmBinary, HelmClient, find_helm
from seatrial.clock import SimulatedClock
from seatrial.cluster.objects import Obj
from seatrial.cluster.snapshot import Snapshot
from seatrial.cluster.version import Minor, Version
from seatrial.cluster_runs import ClusterRun, begin_run, read_journal
from seatrial.kube import ClusterAccess, ReadClient, Session, Token, WriteClient, connect
from seatrial.plan import Plan
from seatrial.providers.simulated import FaultPlan as ProviderFaults
from seatrial.providers.simulated import SimulatedProvider, flavour
from seatrial.providers.simulated.whims import Whimsical
from seatrial.rehearsal import RehearsalTools, rehearse
from seatrial.rehearsal.predicting import prediction_of
from seatrial.rehearsal.run import TwinConnection
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers import default_controllers
from seatrial.simulator.eviction import admit_eviction
from seatrial.simulator.faults import ActiveFaults, FaultPlan
from seatrial.simulator.kube_system import seed_kube_system
from seatrial.simulator.kubeconfig import write_kubeconfig
from seatrial.simulator.server import SimulatorServer
from seatrial.simulator.workload_model import Timing, WorkloadModel, workload_name
from seatrial.store.memory import MemoryStore
from seatrial.wiring.applying import cluster_performer
from seatrial.wiring.performing import ClusterPerformer
from seatrial.wiring.planning import PlanRequest, plan_snapshot
from seatrial.wiring.rehearsing import rehearsal_tools

T0 = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
_COMES_TO_REST = 3 * 3600.0  # simulated seconds before the capture
_BETWEEN = 2 * 3600.0  # from the rehearsal to the upgrade


@dataclass(frozen=True, slots=True)
class Trial:
    seed: int
    trouble: str
    sight: Sight
    prediction: Prediction
    outcome: Outcome


def try_out(seed: int) -> Trial:
    """Deterministic, about a second of wall time."""
    sample = draw(seed)
    clock = SimulatedClock(T0)
    return clock.run(_World(sample, clock).try_out())


class HiddenModel(WorkloadModel):
    """How long this cluster's pods really take: by workload, by pod, and differently after the capture."""

    def __init__(self, sample: Sample) -> None:
        super().__init__()
        object.__setattr__(self, "_hidden", sample)
        object.__setattr__(self, "changed", False)

    def timing_of(self, pod: Obj) -> Timing:
        sample: Sample = self._hidden  # type: ignore[attr-defined]
        name = workload_name(pod)
        usual = random.Random(f"{sample.seed} {name}")
        base = sample.base_seconds.get(name) or min(120.0, usual.lognormvariate(2.3, 0.8))
        if self.changed:  # type: ignore[attr-defined]  a fresh node has no image yet, a database is larger now
            base *= _factor(usual)
        own = random.Random(f"{sample.seed} {pod['metadata'].get('uid')}")
        total = base * own.uniform(0.8, 1.3)
        return Timing(pull=0.2 * total, start=0.3 * total, ready=0.5 * total, shutdown=own.uniform(1, 20))


class _World:
    def __init__(self, sample: Sample, clock: SimulatedClock) -> None:
        self.sample, self.clock = sample, clock
        self.hidden = random.Random(f"hidden {sample.seed}")
        self.model = HiddenModel(sample)
        self.faults = ActiveFaults(clock, sample.always)
        self.cluster = SimulatedCluster(
            f"real-{sample.seed}",
            Minor.parse(FROM),
            clock,
            controllers=default_controllers(self.model),
            faults=self.faults,
            admit_eviction=admit_eviction,
        )
        self.provider = SimulatedProvider(
            self.cluster,
            self._hidden_flavour(),
            Version.parse(FROM),
            sample.groups,
            faults=ProviderFaults(sample.provider_faults),
            whims=_Anywhere(self.hidden) if sample.loose_zones else Whimsical(self.hidden),
        )

    def _hidden_flavour(self) -> Any:
        known, rng = flavour(self.sample.provider), self.hidden
        timings = replace(
            known.timings,
            control_plane=known.timings.control_plane * _factor(rng),
            node_boot=known.timings.node_boot * _factor(rng),
            node_removal=known.timings.node_removal * _factor(rng),
        )
        return replace(known, timings=timings)

    async def try_out(self) -> Trial:
        sample, clock = self.sample, self.clock
        self.cluster.start()
        try:
            self.provider.create_nodes()
            seed_kube_system(self.cluster)
            self.cluster.verbs.ensure_namespace(NAMESPACE)
            for key, obj in sample.objects:
                self.cluster.verbs.create(key, obj)
            async with self._session() as session, AsyncExitStack() as stack:
                charts = await self._charts(Path(stack.enter_context(TemporaryDirectory())))
                await clock.sleep(_COMES_TO_REST)
                snapshot = await from_live(ReadClient(session), clock, provider=await self.provider.state())
                plan = plan_snapshot(snapshot, self._request(snapshot, charts), clock.now()).plan
                tools = rehearsal_tools(charts.helm, os.environ) if charts else RehearsalTools(_on_twin)
                with clock.hold("rehearsal"):
                    report = await asyncio.to_thread(rehearse, snapshot, plan, tools)
                prediction = prediction_of(report, plan, at=clock.now())
                await self._change()
                outcome = await self._upgrade(plan, session, charts)
        finally:
            self.cluster.stop()
        return Trial(sample.seed, sample.trouble, sample.sight, prediction, outcome)

    async def _change(self) -> None:
        """What happens between the rehearsal and the upgrade."""
        await self.clock.sleep(_BETWEEN)
        for key, obj in self.sample.drift:
            self.cluster.verbs.create(key, obj)
        await self.clock.sleep(600.0)
        object.__setattr__(self.model, "changed", True)
        later, always = self.sample.later, self.sample.always
        if later != FaultPlan():
            self.faults.replace(FaultPlan(later.api, (*always.workloads, *later.workloads)))

    async def _charts(self, folder: Path) -> _Charts | None:
        """Installs the old chart, for samples that upgrade one."""
        if self.sample.chart is None:
            return None
        with self.clock.hold("looking for helm"):
            helm = await find_helm(environment=os.environ, folder=Path.cwd())
        kubeconfig = folder / "kubeconfig"
        write_kubeconfig(kubeconfig, self.server.endpoints())
        client = HelmClient(helm, kubeconfig, self.cluster.name, self.clock, folder, {})
        old = write_chart(folder, OLD)
        await client.install_or_upgrade(
            RELEASE, old, namespace=NAMESPACE, values=(), wait=False, hooks=False, patience=60
        )
        return _Charts(helm, client, write_chart(folder, NEW, self.sample.chart))

    def _request(self, snapshot: Snapshot, charts: _Charts | None) -> PlanRequest:
        name, provider = snapshot.meta.cluster, self.sample.provider
        wanted = target(name, provider, TO, charts.new) if charts else None
        return PlanRequest(to=TO, by="benchmark", fleet_target=wanted)

    async def _upgrade(self, plan: Plan, session: Session, charts: _Charts | None) -> Outcome:
        store = MemoryStore()
        run_id = f"run-{self.sample.seed}"
        await begin_run(store, plan, run_id, at=self.clock.now())
        read, write = ReadClient(session), WriteClient(session)
        if charts:
            performer = cluster_performer(
                plan, read=read, write=write, provider=self.provider, helm=charts.client, clock=self.clock
            )
        else:
            performer = ClusterPerformer(plan, read, write, self.provider, _NoCharts())
        await ClusterRun(
            run_id=run_id,
            plan=plan,
            store=store,
            performer=performer,
            clock=self.clock,
            worker="benchmark",
            by="benchmark",
        ).run()
        outcome = outcome_of(run_id, plan, await read_journal(store, run_id))
        assert outcome is not None, "the run ended without an end"
        return outcome

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[Session]:
        self.server = server = SimulatorServer(self.clock)
        server.add(self.cluster)
        await server.start()
        try:
            at = server.endpoints()[0]
            access = ClusterAccess(at.name, at.server, ca=at.ca_pem, login=Token(at.token))
            async with connect(access, self.clock, rng=random.Random(self.sample.seed)) as session:
                yield session
        finally:
            await server.stop()


@dataclass(frozen=True, slots=True)
class _Charts:
    helm: HelmBinary
    client: HelmClient
    new: Path


class _Anywhere(Whimsical):
    def zone(self, zones: Sequence[str]) -> str:
        return self.rng.choice(ZONES)


def _factor(rng: random.Random) -> float:
    """How far reality is from what is known: half of the time within 22 %, mostly within a factor of 2."""
    return math.exp(rng.gauss(0, 0.3))


class _NoCharts:
    """`Charts` of a cluster without any of ours."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} is not expected")


def _on_twin(plan: Plan, twin: TwinConnection) -> ClusterPerformer:
    return ClusterPerformer(plan, twin.read, twin.write, twin.provider, _NoCharts())
