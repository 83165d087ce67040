"""A whole upgrade with real Helm on a served simulated cluster, under one simulated clock."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from textwrap import dedent

import pytest
from tests.plan.builders import T0
from tests.tools import helm

from seatrial.charts import HelmBinary, HelmClient, release_records
from seatrial.clock import SimulatedClock
from seatrial.cluster.constraints import SemVer
from seatrial.cluster.provider_state import NodeGroup
from seatrial.cluster.release_state import Deployed, ReleaseState, release_state
from seatrial.cluster.version import Version
from seatrial.cluster_runs import ClusterRun, begin_run, read_journal
from seatrial.fleet.resolve import ResolvedComponent, ResolvedTarget
from seatrial.kube import ReadClient
from seatrial.plan import Done, Outcome, Plan, RetryRequested, StepFinished, Stuck, encode_event
from seatrial.plan.making import blockers_of
from seatrial.providers.simulated import SimulatedProvider, flavour
from seatrial.providers.simulated.http_api import answer
from seatrial.providers.wire import PREFIX
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.default import default_cluster
from seatrial.simulator.kubeconfig import write_kubeconfig
from seatrial.simulator.server import SimulatorServer
from seatrial.simulator.store import ResourceKey
from seatrial.store.sql import open_store
from seatrial.wiring.applying import LivePerformer
from seatrial.wiring.planning import PlanRequest, plan_live
from seatrial.wiring.reaching import Reach, find_reach

pytestmark = pytest.mark.journey
FROM = Version(1, 35, 1)
_NODES = ResourceKey("", "nodes")
HELMS = {"3": SemVer(3, 17, 1), "4": SemVer(4, 3, 1)}

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: 2
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}, version: "{{ .Chart.Version }}"}}
    spec:
      SELECTOR
      containers: [{name: main, image: "example.com/app:{{ .Chart.Version }}"}]
"""
NOWHERE = "nodeSelector: {no-such: node}"
CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boats.harbour.example.com}
spec:
  group: harbour.example.com
  scope: Namespaced
  names: {plural: boats, singular: boat, kind: Boat}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
"""


def write_chart(
    folder: Path, name: str, version: str, *, kube: str = ">=1.25.0-0", spec: str = "", crd: str = ""
) -> Path:
    chart = folder / f"{name}-{version}"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text(
        dedent(f'''
        apiVersion: v2
        name: {name}
        version: {version}
        kubeVersion: "{kube}"
        ''')
    )
    (chart / "templates" / "app.yaml").write_text(DEPLOYMENT.replace("SELECTOR", spec))
    if crd:
        (chart / "crds").mkdir()
        (chart / "crds" / "crd.yaml").write_text(crd)
    return chart


@dataclass(frozen=True, slots=True)
class Stage:
    clock: SimulatedClock
    cluster: SimulatedCluster
    provider: SimulatedProvider
    reach: Reach
    helm: HelmBinary
    folder: Path

    async def install(self, chart: Path, name: str) -> None:
        run_dir = self.folder / "install"
        run_dir.mkdir(exist_ok=True)
        client = HelmClient(
            self.helm,
            self.reach.kubeconfig,
            self.reach.context,
            self.clock,
            run_dir,
            self.reach.environment,
        )
        await client.install_or_upgrade(
            name, chart, namespace="infra", values=[], wait=False, hooks=False, patience=60
        )

    async def release(self, name: str) -> ReleaseState:
        async with self.reach.connected(self.clock) as session:
            return release_state(await release_records(ReadClient(session), name, "infra"))

    async def plan(self, **charts: Path) -> Plan:
        components = tuple(
            ResolvedComponent(name=name, namespace="infra", release=name, chart=str(chart))
            for name, chart in charts.items()
        )
        target = ResolvedTarget(
            cluster="blue",
            context="blue",
            provider="simulated",
            release="spring",
            kubernetes="1.36",
            components=components,
        )
        planned = await plan_live(
            self.reach, self.clock, PlanRequest(to="1.36", by="ann", fleet_target=target)
        )
        assert blockers_of(planned.plan) == ()
        return planned.plan


def on_stage(tmp_path: Path, major: str, story: Callable[[Stage], Awaitable[None]]) -> None:
    clock = SimulatedClock(datetime(2026, 9, 1, tzinfo=UTC))  # a day on which EKS offers the target

    async def main() -> None:
        server = SimulatorServer(clock)
        cluster = default_cluster("blue", FROM.line, clock)
        group = NodeGroup(name="default", version=str(FROM), size=2, min_size=1, max_size=4)
        provider = SimulatedProvider(cluster, flavour("eks"), FROM, [group])
        provider.create_nodes()
        await server.start()
        cluster.start()
        try:
            server.add(cluster, extensions={PREFIX: partial(answer, provider)})
            write_kubeconfig(tmp_path / "kubeconfig", server.endpoints())
            environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
            reach = find_reach(tmp_path / "kubeconfig", "blue", environment=environment)
            await clock.sleep(60)
            binary = HelmBinary(helm(major), HELMS[major])
            await story(Stage(clock, cluster, provider, reach, binary, tmp_path))
        finally:
            cluster.stop()
            await server.stop()

    clock.run(main())


async def run(stage: Stage, plan: Plan, *requests: RetryRequested) -> tuple[Done | Stuck, list[str]]:
    """Run (again) from the state file; the end and the steps that were performed this time."""
    store = open_store(stage.folder / "state.db")
    if not requests:
        await begin_run(store, plan, "run-1", at=T0)
    before = len(await read_journal(store, "run-1"))
    for request in requests:
        await store.request("run-1", encode_event(request), format=1)
    performer = LivePerformer(plan, stage.reach, stage.clock, stage.helm)
    end = await ClusterRun("run-1", plan, store, performer, stage.clock, "test", "ann").run()
    done = [
        event.step
        for event in (await read_journal(store, "run-1"))[before:]
        if isinstance(event, StepFinished) and event.outcome is not Outcome.FAILED
    ]
    await store.close()
    assert isinstance(end, Done | Stuck)
    return end, done


@pytest.mark.parametrize("major", ["3", "4"])
def test_charts_before_and_after_the_nodes_with_crds_first(tmp_path: Path, major: str) -> None:
    edge = write_chart(tmp_path, "edge", "1.0.0"), write_chart(tmp_path, "edge", "2.0.0", crd=CRD)
    agent = (
        write_chart(tmp_path, "agent", "1.0.0"),
        write_chart(tmp_path, "agent", "2.0.0", kube=">=1.36.0-0"),
    )

    async def story(stage: Stage) -> None:
        await stage.install(edge[0], "edge")
        await stage.install(agent[0], "agent")
        await stage.clock.sleep(120)
        plan = await stage.plan(edge=edge[1], agent=agent[1])
        end, done = await run(stage, plan)
        assert end == Done(True, "every step succeeded."), end
        assert done == [
            "preflight",
            "chart/edge/crds",
            "chart/edge/upgrade",
            "chart/edge/wait",
            "control-plane",
            "node-group/default/upgrade",
            "node-group/default/verify",
            "chart/agent/upgrade",
            "chart/agent/wait",
            "verify",
        ]
        assert await stage.release("edge") == Deployed("2.0.0", 2)
        assert await stage.release("agent") == Deployed("2.0.0", 2)
        assert [target for target, _ in stage.provider.starts] == ["control-plane", "node-group/default"]

    on_stage(tmp_path, major, story)


@pytest.mark.parametrize("major", ["3", "4"])
def test_a_chart_that_never_gets_ready_is_rolled_back_and_goes_again_after_a_repair(
    tmp_path: Path, major: str
) -> None:
    old = write_chart(tmp_path, "edge", "1.0.0")
    broken = write_chart(tmp_path, "edge", "2.0.0", spec=NOWHERE)

    async def story(stage: Stage) -> None:
        await stage.install(old, "edge")
        await stage.clock.sleep(120)
        plan = await stage.plan(edge=broken)
        end, done = await run(stage, plan)
        assert isinstance(end, Stuck)
        assert "wait until chart edge is ready failed" in end.why
        assert "nodes" in end.why, "the reason that the scheduler gives"
        assert done == ["preflight", "chart/edge/upgrade", "chart/edge/roll-back"]
        assert await stage.release("edge") == Deployed("1.0.0", 3)
        assert stage.provider.starts == []
        for node in stage.cluster.verbs.list(_NODES):  # the repair: a node that such pods may run on
            name = node["metadata"]["name"]
            stage.cluster.verbs.modify(
                _NODES, "", name, lambda obj: obj["metadata"]["labels"].update({"no-such": "node"})
            )
        end, done = await run(stage, plan, RetryRequested(at=stage.clock.now(), by="ann"))
        assert done[:2] == ["chart/edge/upgrade", "chart/edge/wait"]

    on_stage(tmp_path, major, story)
