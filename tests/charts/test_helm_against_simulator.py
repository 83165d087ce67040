"""Both real Helm majors, driven by `HelmClient`, against the simulator, under the simulation's clock.

This is what a rehearsal does with a chart: one loop runs the server, the controllers and the engine's
waits, and time stands still while helm runs.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.tools import helm

import seatrial
from seatrial.charts import (
    ClusterCharts,
    HelmClient,
    apply_crds,
    observe_release,
    read_chart,
    read_crds,
    release_records,
    values_digest,
)
from seatrial.charts.helm_binary import HelmBinary
from seatrial.clock import SimulatedClock
from seatrial.cluster.constraints import SemVer
from seatrial.cluster.objects import GroupVersionResource
from seatrial.cluster.release_state import Absent, Deployed, Failed, Pending, ReleaseState, release_state
from seatrial.cluster.version import Minor
from seatrial.errors import Conflict, PermanentError
from seatrial.kube import Kubeconfig, ReadClient, WriteClient, connect
from seatrial.plan import PlannedComponent
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.default import default_cluster
from seatrial.simulator.kubeconfig import write_kubeconfig
from seatrial.simulator.server import SimulatorServer

CHARTS = Path(seatrial.__file__).parent / "demo" / "charts"
DEPLOYMENTS = GroupVersionResource("apps", "v1", "deployments")
JOBS = GroupVersionResource("batch", "v1", "jobs")
VERSIONS = {"3": SemVer(3, 17, 1), "4": SemVer(4, 3, 1)}

pytestmark = pytest.mark.journey


@dataclass(frozen=True, slots=True)
class Twin:
    cluster: SimulatedCluster
    clock: SimulatedClock
    helm: HelmClient
    read: ReadClient
    write: WriteClient

    async def apply(self, name: str, version: str, **values: Any) -> int:
        chart = CHARTS / name / version
        info = read_chart(chart)
        await apply_crds(read_crds(chart), self.read, self.write, self.clock)
        applied = await self.helm.install_or_upgrade(
            name,
            chart,
            namespace="infra",
            values=[values],
            wait=info.waits_in_helm,
            hooks=bool(info.hooks),
            patience=60.0,
        )
        return applied.revision

    async def hook_jobs(self) -> list[str]:
        found = await self.read.list_objects(JOBS, "infra")
        names = [job["metadata"]["name"] for job in found]
        return [name for name in names if name in ("db-migrator-migrate", "db-migrator-verify")]

    async def state(self, name: str) -> ReleaseState:
        return release_state(await release_records(self.read, name, "infra"))

    async def wait_until_ready(self, name: str) -> float:
        """Simulated seconds that it took."""
        before = self.clock.monotonic()
        while True:
            records = await release_records(self.read, name, "infra")
            problems = await observe_release(records[-1], self.read)
            if not problems:
                return self.clock.monotonic() - before
            assert self.clock.monotonic() - before < 600, [str(each) for each in problems]
            await self.clock.sleep(1.0)


def on_twin(
    tmp_path: Path, major: str, story: Callable[[Twin], Awaitable[None]], *, minor: Minor = Minor(1, 31)
) -> None:
    """Run `story` against a fresh cluster in one loop with its API server."""
    clock = SimulatedClock()

    async def run() -> None:
        server = SimulatorServer(clock)
        cluster = default_cluster("blue", minor, clock, nodes=3)
        await server.start()
        try:
            cluster.start()
            server.add(cluster)
            file = tmp_path / "kubeconfig"
            write_kubeconfig(file, server.endpoints())
            run_dir = tmp_path / "run"
            run_dir.mkdir()
            environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
            client = HelmClient(
                HelmBinary(helm(major), VERSIONS[major]), file, "blue", clock, run_dir, environment
            )
            access = Kubeconfig.load(file, env={}).access("blue")
            async with connect(access, clock) as session:
                await story(Twin(cluster, clock, client, ReadClient(session), WriteClient(session)))
            assert list(run_dir.iterdir()) == []
        finally:
            cluster.stop()
            await server.stop()

    clock.run(run())


majors = pytest.mark.parametrize("major", ["3", "4"])


@majors
def test_install_upgrade_rollback_uninstall(tmp_path: Path, major: str) -> None:
    async def story(twin: Twin) -> None:
        assert await twin.state("edge-proxy") == Absent()
        assert await twin.apply("edge-proxy", "1.4.0", replicas=3) == 1
        assert await twin.wait_until_ready("edge-proxy") > 0
        assert await twin.apply("edge-proxy", "1.5.0", replicas=2) == 2
        assert await twin.state("edge-proxy") == Deployed("1.5.0", 2)
        await twin.wait_until_ready("edge-proxy")
        assert await twin.helm.values_of("edge-proxy", namespace="infra") == {"replicas": 2}
        await twin.helm.rollback("edge-proxy", 1, namespace="infra", hooks=False, patience=60.0)
        assert await twin.state("edge-proxy") == Deployed("1.4.0", 3)
        await twin.wait_until_ready("edge-proxy")
        live = await twin.read.get(DEPLOYMENTS, "edge-proxy", "infra")
        assert live["spec"]["replicas"] == 3
        listed = await twin.helm.list_releases()
        assert [(each.name, each.revision, each.status) for each in listed] == [
            ("edge-proxy", "3", "deployed")
        ]
        history = await twin.helm.history("edge-proxy", namespace="infra")
        assert [each.status for each in history] == ["superseded", "superseded", "deployed"]
        for _ in range(2):  # harmless twice
            await twin.helm.uninstall("edge-proxy", namespace="infra", hooks=False, patience=60.0)
        assert await twin.state("edge-proxy") == Absent()
        assert await twin.read.list_objects(DEPLOYMENTS, "infra") == []

    on_twin(tmp_path, major, story)


@majors
def test_crds_come_first_and_are_updated_with_the_chart(tmp_path: Path, major: str) -> None:
    things = GroupVersionResource("certkeeper.example.com", "v1alpha1", "managedcertificates")

    async def story(twin: Twin) -> None:
        await twin.apply("cert-keeper", "1.6.0")
        await twin.write.create(
            things,
            {
                "apiVersion": things.api_version,
                "kind": "ManagedCertificate",
                "metadata": {"name": "shop", "namespace": "infra"},
                "spec": {"host": "shop.example", "secretName": "shop-tls"},
            },
        )
        await twin.apply("cert-keeper", "2.0.0")
        found = await twin.read.get(things._replace(version="v1"), "shop", "infra")
        assert found["spec"] == {"host": "shop.example", "secretName": "shop-tls"}
        await twin.wait_until_ready("cert-keeper")

    on_twin(tmp_path, major, story)


@majors
def test_hooks_run_while_helm_waits_and_time_passes(tmp_path: Path, major: str) -> None:
    async def story(twin: Twin) -> None:
        await twin.apply("db-migrator", "3.1.0")
        before = twin.clock.monotonic()
        assert await twin.apply("db-migrator", "3.2.0") == 2
        assert await twin.state("db-migrator") == Deployed("3.2.0", 2)
        # what the two Jobs take, and not until the CronJob's next night
        assert 1 < twin.clock.monotonic() - before < 120
        assert await twin.hook_jobs() == []  # they succeeded and were removed

    on_twin(tmp_path, major, story)


@majors
def test_chart_that_the_cluster_is_too_new_for_is_refused_and_changes_nothing(
    tmp_path: Path, major: str
) -> None:
    async def story(twin: Twin) -> None:
        with pytest.raises(PermanentError, match="incompatible with Kubernetes"):
            await twin.apply("metrics-relay", "0.9.0")
        assert await twin.state("metrics-relay") == Absent()

    on_twin(tmp_path, major, story, minor=Minor(1, 32))


@majors
def test_release_of_a_removed_api_wedges_helm(tmp_path: Path, major: str) -> None:
    async def story(twin: Twin) -> None:
        await twin.apply("metrics-relay", "0.9.0")
        twin.cluster.set_minor(Minor(1, 32))
        with pytest.raises(PermanentError, match="no matches for kind"):
            await twin.apply("metrics-relay", "1.0.0")

    on_twin(tmp_path, major, story)


@majors
def test_release_moved_to_the_new_api_in_time_goes_on_after_the_upgrade(tmp_path: Path, major: str) -> None:
    async def story(twin: Twin) -> None:
        await twin.apply("metrics-relay", "0.9.0")
        await twin.apply("metrics-relay", "1.0.0")
        twin.cluster.set_minor(Minor(1, 32))
        assert await twin.apply("metrics-relay", "1.0.0", interval="15s") == 3
        await twin.wait_until_ready("metrics-relay")

    on_twin(tmp_path, major, story)


@majors
def test_killed_upgrade_stays_pending_is_refused_and_comes_back_by_rollback(
    tmp_path: Path, major: str
) -> None:
    async def story(twin: Twin) -> None:
        await twin.apply("db-migrator", "3.1.0")
        await _kill_in_the_middle(twin, major, tmp_path, "3.2.0")
        found = await twin.state("db-migrator")
        assert isinstance(found, Pending)
        assert (found.revision, found.good_revision) == (2, 1)
        with pytest.raises(Conflict, match="in progress"):
            await twin.apply("db-migrator", "3.2.0")
        await twin.helm.rollback("db-migrator", found.good_revision, namespace="infra", patience=60.0)
        assert await twin.state("db-migrator") == Deployed("3.1.0", 3)
        assert await twin.apply("db-migrator", "3.2.0") == 4
        assert await twin.state("db-migrator") == Deployed("3.2.0", 4)

    on_twin(tmp_path, major, story)


async def _kill_in_the_middle(twin: Twin, major: str, tmp_path: Path, version: str) -> None:
    """Start helm by itself, with time standing still so that its first hook cannot end, and kill it."""
    command = [str(helm(major)), "upgrade", "db-migrator", str(CHARTS / "db-migrator" / version)]
    command += ["--namespace", "infra", "--kubeconfig", str(twin.helm.kubeconfig), "--kube-context", "blue"]
    environment = {"HOME": str(tmp_path), "KUBECACHEDIR": str(tmp_path / "cache"), "PATH": os.environ["PATH"]}
    with twin.clock.hold("a helm that will be killed"):
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end = time.monotonic() + 30
        while not await twin.hook_jobs():
            assert process.poll() is None, "helm ended before its hook"
            assert time.monotonic() < end
        os.kill(process.pid, signal.SIGKILL)
        process.wait()


@majors
def test_cancelled_upgrade_is_marked_as_failed_and_the_next_one_works(tmp_path: Path, major: str) -> None:
    async def story(twin: Twin) -> None:
        await twin.apply("db-migrator", "3.1.0")
        with twin.clock.hold("the hook must not end"):
            task = asyncio.create_task(twin.apply("db-migrator", "3.2.0"))
            while not await twin.hook_jobs():
                assert not task.done()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        found = await twin.state("db-migrator")
        assert isinstance(found, Failed)
        assert found.good_revision == 1
        assert await twin.apply("db-migrator", "3.2.0") == 3

    on_twin(tmp_path, major, story)


@majors
def test_cluster_charts_carry_out_the_reviewed_chart_and_no_other(tmp_path: Path, major: str) -> None:
    (tmp_path / "values.yaml").write_text("replicas: 1\n")
    chart = CHARTS / "cert-keeper" / "2.0.0"
    planned = PlannedComponent(
        name="certs",
        release="cert-keeper",
        namespace="infra",
        chart=str(chart),
        chart_digest=read_chart(chart).digest,
        values=("values.yaml",),
        values_digest=values_digest([b"replicas: 1\n"]),
    )

    async def story(twin: Twin) -> None:
        charts = ClusterCharts(twin.read, twin.write, twin.helm, twin.clock, tmp_path)
        for stale in (
            msgspec.structs.replace(planned, chart_digest="sha256:other"),
            msgspec.structs.replace(planned, values_digest="sha256:other"),
        ):
            with pytest.raises(Conflict, match="changed since the plan"):
                await charts.upgrade(stale, wait=False, patience=60.0)
        assert await charts.not_ready("cert-keeper", "infra") == (
            "release infra/cert-keeper is not installed",
        )
        assert await charts.apply_crds(planned) == ("managedcertificates.certkeeper.example.com",)
        assert await charts.upgrade(planned, wait=False, patience=60.0) == 1
        assert await charts.not_ready("cert-keeper", "infra") != ()
        await twin.wait_until_ready("cert-keeper")
        assert await charts.state("cert-keeper", "infra") == Deployed("2.0.0", 1)
        assert await charts.upgrade(planned, wait=False, patience=60.0) == 2
        await charts.roll_back("cert-keeper", "infra", 1, patience=60.0)
        assert await charts.state("cert-keeper", "infra") == Deployed("2.0.0", 3)
        await charts.uninstall("cert-keeper", "infra", patience=60.0)
        assert await charts.state("cert-keeper", "infra") == Absent()

    on_twin(tmp_path, major, story)
