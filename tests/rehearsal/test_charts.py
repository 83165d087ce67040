"""Charts on the twin: real Helm, real records, workloads as modelled."""

from __future__ import annotations

import base64
import threading
from pathlib import Path

import msgspec
import pytest
from tests.plan.builders import step
from tests.rehearsal.charts import HELM, HELM_3, chart_steps, component, installed, write_chart
from tests.rehearsal.worlds import a_budget, a_cluster, an_app, an_upgrade, outcomes
from tests.simulator.controllers.clusters import template

from seatrial.capture.redact import portable
from seatrial.charts import HelmBinary
from seatrial.cluster.findings import Severity
from seatrial.cluster.snapshot import Snapshot
from seatrial.errors import ExitCode
from seatrial.plan import UpgradeControlPlane
from seatrial.rehearsal import Label, RehearsalReport, rehearse
from seatrial.rehearsal.report import ImageChange, StepOutcome, StepReport
from seatrial.rehearsal.seed_releases import InstalledChart
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.faults import Crash, FaultPlan, WorkloadFault
from seatrial.simulator.store import ResourceKey
from seatrial.wiring.rehearsing import rehearsal_tools

pytestmark = pytest.mark.journey
TIGHT = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: app}
spec: {maxUnavailable: 0, selector: {matchLabels: {app: app}}}
"""
CANARY = "canary-7d1f0c52"
REMOVED = """\
apiVersion: flowcontrol.apiserver.k8s.io/v1beta3
kind: FlowSchema
metadata: {name: app}
spec: {priorityLevelConfiguration: {name: exempt}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("charts")


@pytest.fixture(scope="module")
def old(folder: Path) -> Path:
    return write_chart(folder, "1.0.0", "app:1")


@pytest.fixture(scope="module")
def snapshot(old: Path) -> Snapshot:
    return a_cluster(captured=installed(old))


def test_real_helm_upgrades_the_chart_on_the_twin(snapshot: Snapshot, tmp_path: Path) -> None:
    report = rehearsed(snapshot, write_chart(tmp_path, "2.0.0", "app:2"))
    upgrade = the_step(report, "chart/app/upgrade")
    assert (upgrade.outcome, upgrade.label, upgrade.detail) == (
        StepOutcome.SUCCEEDED,
        Label.EXERCISED,
        "revision 2.",
    )
    assert the_step(report, "chart/app/wait").label is Label.MODELLED
    assert the_step(report, "chart/app/roll-back").outcome is StepOutcome.NOT_NEEDED
    assert report.changes.images == (
        ImageChange(workload="default/deployment/app", container="app", before="app:1", after="app:2"),
    )
    assert report.exit_code is ExitCode.CLEAN


def test_helm_3_does_so_too(snapshot: Snapshot, tmp_path: Path) -> None:
    report = rehearsed(snapshot, write_chart(tmp_path, "2.0.0", "app:2"), binary=HELM_3)
    assert [each.after for each in report.changes.images] == ["app:2"]
    assert report.exit_code is ExitCode.CLEAN


def test_a_chart_that_the_api_refuses_fails_there_and_is_rolled_back(
    snapshot: Snapshot, tmp_path: Path
) -> None:
    report = rehearsed(snapshot, write_chart(tmp_path, "2.0.0", "app:2", extra=REMOVED))
    assert the_step(report, "chart/app/upgrade").outcome is StepOutcome.FAILED
    assert "does not serve this kind" in the_step(report, "chart/app/upgrade").detail
    assert report.changes.images == ()
    assert report.exit_code is ExitCode.BLOCKERS


def test_a_budget_that_a_new_chart_brings_is_a_new_finding_and_blocks_the_drain(
    snapshot: Snapshot, tmp_path: Path
) -> None:
    report = rehearsed(snapshot, write_chart(tmp_path, "2.0.0", "app:2", extra=TIGHT))
    assert [(each.check, each.severity) for each in report.new_findings] == [
        ("budget-never-allows", Severity.BLOCKER),
        ("node-group-unwell", Severity.WARNING),  # degraded, and
        ("node-group-unwell", Severity.WARNING),  # half-way: the failed drain leaves it so
    ]
    assert report.changes.added == ("poddisruptionbudgets.policy default/app",)
    failed = the_step(report, "node-group/default/upgrade")
    assert {each.budget for each in failed.blocked} == {"default/app"}


def test_a_release_that_holds_an_api_which_the_target_removed_wedges_helm(tmp_path: Path) -> None:
    """Helm reads what it installed back before it upgrades: an object of a kind that is gone stops it."""
    old = write_chart(tmp_path, "1.0.0", "app:1", extra=REMOVED)
    new = write_chart(tmp_path, "2.0.0", "app:2")
    snapshot = a_cluster(captured=installed(old), version="1.31.4")
    first, second, *others = chart_steps(new)
    steps = (
        step("preflight"),
        step("control-plane", UpgradeControlPlane(from_version="1.31.4", to_version="1.32.2"), "preflight"),
        msgspec.structs.replace(first, after=("control-plane",)),
        second,
        *others,
    )
    plan = msgspec.structs.replace(
        an_upgrade(snapshot), steps=steps, components=(component(new),), to_version="1.32.2"
    )
    report = rehearse(snapshot, plan, rehearsal_tools(HELM, {}))
    failed = the_step(report, "chart/app/upgrade")
    assert failed.outcome is StepOutcome.FAILED
    assert "FlowSchema" in failed.detail
    assert report.changes.no_longer_served == ()


def test_a_workload_that_does_not_get_ready_is_rolled_back(old: Path, tmp_path: Path) -> None:
    """The release was broken when it was captured: with the same image it stays so."""
    crashing = FaultPlan(workloads=(WorkloadFault(effect=Crash(), workload="app"),))
    broken = a_cluster(captured=installed(old), faults=crashing)
    again = write_chart(tmp_path, "2.0.0", "app:1", extra=_CONFIG)
    report = rehearsed(broken, again)
    assert outcomes(report)["chart/app/upgrade"] == "succeeded"
    wait = the_step(report, "chart/app/wait")
    assert wait.outcome is StepOutcome.FAILED
    assert "CrashLoopBackOff" in wait.detail


def test_a_chart_that_no_node_takes_is_rolled_back(snapshot: Snapshot, tmp_path: Path) -> None:
    chart = write_chart(tmp_path, "2.0.0", "app:2")
    deployment = chart / "templates" / "deployment.yaml"
    deployment.write_text(
        deployment.read_text().replace("    spec:\n", "    spec:\n      nodeSelector: {gpu: fast}\n")
    )
    report = rehearsed(snapshot, chart)
    assert {name: how for name, how in outcomes(report).items() if name.startswith("chart/")} == {
        "chart/app/upgrade": "succeeded",
        "chart/app/wait": "failed",
        "chart/app/roll-back": "succeeded",
    }
    assert the_step(report, "chart/app/wait").simulated_seconds == 900
    assert report.changes.readiness == ()
    assert report.changes.images == ()


def test_a_portable_snapshot_takes_manifests_from_the_stack(
    snapshot: Snapshot, old: Path, tmp_path: Path
) -> None:
    stack = InstalledChart(namespace="default", release="app", version="1.0.0", chart=old)
    report = rehearsed(portable(snapshot), write_chart(tmp_path, "2.0.0", "app:2"), stack)
    assert the_step(report, "chart/app/upgrade").outcome is StepOutcome.SUCCEEDED
    assert the_step(report, "chart/app/upgrade").label is Label.EXERCISED
    assert [each.after for each in report.changes.images] == ["app:2"]


def test_a_portable_snapshot_without_the_installed_chart_leaves_the_release_out(
    snapshot: Snapshot, tmp_path: Path
) -> None:
    report = rehearsed(portable(snapshot), write_chart(tmp_path, "2.0.0", "app:2"))
    assert the_step(report, "chart/app/upgrade").label is Label.NOT_MODELLED
    assert the_step(report, "chart/app/wait").label is Label.NOT_MODELLED
    assert report.changes.images == ()
    assert report.exit_code is ExitCode.INCOMPLETE


def test_a_rehearsal_may_run_in_a_thread_beside_another_loop(snapshot: Snapshot, tmp_path: Path) -> None:
    """As a server's worker does; Helm is a subprocess, whose end must be seen there too."""
    chart = write_chart(tmp_path, "2.0.0", "app:2")
    found: list[RehearsalReport] = []
    thread = threading.Thread(target=lambda: found.append(rehearsed(snapshot, chart)))
    thread.start()
    thread.join(timeout=60)
    assert [each.exit_code for each in found] == [ExitCode.CLEAN]


def test_no_secret_of_the_live_cluster_is_in_the_report(old: Path, tmp_path: Path) -> None:
    secret = base64.b64encode(CANARY.encode()).decode()
    hidden = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "hidden", "namespace": "default", "annotations": {"note": CANARY}},
        "data": {"password": secret},
    }
    environment = template({"app": "web"})
    environment["spec"]["containers"][0]["env"] = [{"name": "TOKEN", "value": CANARY}]

    def plant(cluster: SimulatedCluster) -> None:
        cluster.verbs.create(ResourceKey("", "secrets"), hidden)

    planted = a_cluster(
        plant,
        an_app(replicas=1, template=environment),
        a_budget(minAvailable=1),
        captured=installed(old),
    )
    broken = write_chart(tmp_path, "2.0.0", "app:2", extra=REMOVED)
    for report in (
        rehearsed(planted, broken),
        rehearsed(planted, write_chart(tmp_path / "ok", "2.0.0", "app:2")),
    ):
        assert report.failed
        text = msgspec.json.encode(report).decode()
        assert CANARY not in text
        assert secret not in text


_CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n"


def rehearsed(
    snapshot: Snapshot, chart: Path, *stack: InstalledChart, binary: HelmBinary = HELM
) -> RehearsalReport:
    plan = an_upgrade(snapshot, *chart_steps(chart), components=(component(chart),))
    return rehearse(snapshot, plan, rehearsal_tools(binary, {}), installed=stack)


def the_step(report: RehearsalReport, step_id: str) -> StepReport:
    return next(each for each in report.steps if each.id == step_id)
