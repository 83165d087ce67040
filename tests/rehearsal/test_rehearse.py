"""What a rehearsal predicts from a captured cluster, with the engine that upgrades real ones."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from tests.plan.builders import step
from tests.rehearsal.worlds import (
    TO,
    a_budget,
    a_cluster,
    an_app,
    an_upgrade,
    outcomes,
    pods_of,
    rehearsed,
    without,
    without_helm,
)
from tests.simulator.controllers.clusters import template

from seatrial.cluster.models import PodDisruptionBudget
from seatrial.errors import BadInput, ExitCode
from seatrial.plan import Ownership, UpgradeControlPlane
from seatrial.rehearsal import Label, RehearsalReport, RehearsalTools, StepReport, rehearse
from seatrial.rehearsal.report import BlockedPod, StepOutcome
from seatrial.simulator.faults import Crash, FaultPlan, WorkloadFault
from seatrial.wiring.planning import PlanRequest, plan_snapshot

UPGRADE = "node-group/default/upgrade"


def test_an_upgrade_that_nothing_blocks_goes_through() -> None:
    report = rehearsed(a_cluster(an_app(), a_budget(maxUnavailable=1)))
    assert set(outcomes(report).values()) == {"succeeded"}
    assert report.exit_code is ExitCode.CLEAN
    assert report.changes.control_plane == ("1.33.4", TO)
    assert [(each.version, each.nodes) for each in report.changes.nodes_after] == [(f"v{TO}", 2)]
    assert report.changes.readiness == ()
    assert report.new_findings == ()


def test_a_budget_without_room_fails_the_drain_after_the_providers_limit() -> None:
    snapshot = a_cluster(an_app(replicas=1), a_budget(minAvailable=1))
    report = rehearsed(snapshot)
    failed = the_step(report, UPGRADE)
    assert outcomes(report) == {
        "preflight": "succeeded",
        "control-plane": "succeeded",
        UPGRADE: "failed",
        "node-group/default/verify": "not-reached",
        "verify": "not-reached",
    }
    (pod,) = pods_of(snapshot, "web")
    node = str(pod["spec"]["nodeName"])
    assert failed.blocked == (
        BlockedPod(
            pod=f"default/{pod['metadata']['name']}",
            node=node,
            budget="default/web",
            why="it needs 1 healthy pods and has 1",
        ),
    )
    assert f"node {node} was not drained in 15 minutes" in failed.detail
    assert took(failed) >= timedelta(minutes=15)
    assert report.exit_code is ExitCode.BLOCKERS
    assert report.verdict == f"On the twin it fails at: {UPGRADE}."


def test_without_that_budget_nothing_is_predicted() -> None:
    blocked = a_cluster(an_app(replicas=1), a_budget(minAvailable=1))
    report = rehearsed(without(blocked, PodDisruptionBudget.API.kind))
    assert set(outcomes(report).values()) == {"succeeded"}


def test_a_provider_that_removes_pods_past_a_budget_is_warned_about() -> None:
    report = rehearsed(a_cluster(an_app(replicas=1), a_budget(minAvailable=1), kind="gke"))
    upgrade = the_step(report, UPGRADE)
    assert upgrade.outcome is StepOutcome.SUCCEEDED
    assert upgrade.warnings == (
        "pods are removed past the budget default/web: it needs 1 healthy ones and has 0",
    )
    assert took(upgrade) >= timedelta(hours=1)


def test_a_provider_without_a_drain_limit_still_names_pod_and_budget() -> None:
    report = rehearsed(a_cluster(an_app(replicas=1), a_budget(minAvailable=1), kind="kapsule"))
    upgrade = the_step(report, UPGRADE)
    assert upgrade.outcome is StepOutcome.FAILED
    assert [each.budget for each in upgrade.blocked] == ["default/web"]


def test_a_drain_that_takes_most_of_the_providers_time_is_called_risky() -> None:
    slow = template({"app": "web"})
    slow["spec"]["containers"][0]["readinessProbe"]["initialDelaySeconds"] = 260
    report = rehearsed(a_cluster(an_app(replicas=4, template=slow), a_budget(maxUnavailable=1), rest=1800))
    upgrade = the_step(report, UPGRADE)
    assert upgrade.outcome is StepOutcome.SUCCEEDED
    (risk,) = upgrade.risks
    assert risk.startswith("draining node default-00")
    assert risk.endswith("of the 15 minutes that the provider grants")


def test_pods_that_may_outlast_the_providers_patience_are_called_risky() -> None:
    patient = template({"app": "web"}, terminationGracePeriodSeconds=1200)
    report = rehearsed(a_cluster(an_app(template=patient)))
    assert the_step(report, UPGRADE).risks == (
        "pods of default/web may take 20 minutes to stop (their grace period), and the provider drains a"
        " node for 15 minutes",
    )


def test_what_was_not_ready_before_stays_so_and_is_not_blamed_on_the_upgrade() -> None:
    crashing = FaultPlan(workloads=(WorkloadFault(effect=Crash(), workload="broken"),))
    report = rehearsed(a_cluster(an_app(), an_app("broken", 1), faults=crashing))
    assert set(outcomes(report).values()) == {"succeeded"}
    assert report.changes.unready_before == ("default/deployment/broken",)
    assert report.changes.readiness == ()


def test_pods_that_no_node_has_room_for_fail_the_last_look() -> None:
    wide = template({"app": "wide"}, affinity=_only_on_node("default-001"))
    report = rehearsed(a_cluster(an_app("wide", 1, template=wide)))
    last = the_step(report, "verify")
    assert last.outcome is StepOutcome.FAILED
    assert "default/deployment/wide has 0 of 1 pods ready" in last.detail
    (pending,) = report.changes.pending_pods
    assert pending.startswith("default/wide-")
    (worse,) = [each for each in report.changes.readiness if each.worse]
    assert (worse.workload, worse.before, worse.after) == ("default/deployment/wide", "1 of 1", "0 of 1")


def test_the_same_snapshot_and_plan_give_the_same_report() -> None:
    snapshot = a_cluster(
        an_app(), an_app("api", 3), a_budget(maxUnavailable=1), a_budget("api", minAvailable=3)
    )
    first, second = rehearsed(snapshot), rehearsed(snapshot)
    assert msgspec.json.encode(first) == msgspec.json.encode(second)


def test_a_change_that_somebody_else_makes_is_played_and_labelled_not_modelled() -> None:
    snapshot = a_cluster(an_app())
    plan = an_upgrade(snapshot)
    theirs = msgspec.structs.replace(
        plan.step("control-plane"), ownership=Ownership.HANDOFF, owner="terraform", timeout=86400.0
    )
    plan = msgspec.structs.replace(
        plan, steps=tuple(theirs if each.id == theirs.id else each for each in plan.steps)
    )
    report = rehearse(snapshot, plan, RehearsalTools(without_helm))
    played = the_step(report, "control-plane")
    assert (played.outcome, played.label, played.detail) == (
        StepOutcome.SUCCEEDED,
        Label.NOT_MODELLED,
        "terraform made the change.",
    )
    assert report.exit_code is ExitCode.INCOMPLETE


def test_a_plan_for_another_cluster_is_refused() -> None:
    snapshot = a_cluster()
    plan = msgspec.structs.replace(an_upgrade(snapshot), cluster_uid="another")
    with pytest.raises(BadInput, match="another cluster"):
        rehearse(snapshot, plan, RehearsalTools(without_helm))


@pytest.mark.parametrize("version", ["1.12.3", "1.99.0"])
def test_a_minor_that_nobody_knows_is_refused(version: str) -> None:
    snapshot = a_cluster()
    plan = msgspec.structs.replace(an_upgrade(snapshot), to_version=version)
    with pytest.raises(BadInput, match="cannot be simulated"):
        rehearse(snapshot, plan, RehearsalTools(without_helm))


def test_a_skipped_minor_is_refused_by_the_twins_provider_as_by_the_real_one() -> None:
    snapshot = a_cluster()
    skip = step("skip", UpgradeControlPlane(from_version="1.33.4", to_version="1.35.0"), "preflight")
    failed = the_step(rehearsed(snapshot, skip), "skip")
    assert failed.outcome is StepOutcome.FAILED
    assert "skips minors" in failed.detail


def test_every_report_promises_nothing() -> None:
    text = msgspec.json.encode(rehearsed(a_cluster(an_app()))).decode().lower()
    assert "will succeed" not in text


def test_the_critical_path_is_made_of_the_steps_that_took_time() -> None:
    report = rehearsed(a_cluster(an_app()))
    assert report.critical_path == ("control-plane", UPGRADE)
    assert sum(each.simulated_seconds or 0 for each in report.steps) == report.simulated_seconds


def the_step(report: RehearsalReport, step_id: str) -> StepReport:
    return next(each for each in report.steps if each.id == step_id)


def took(report: StepReport) -> timedelta:
    return timedelta(seconds=report.simulated_seconds or 0)


def _only_on_node(name: str) -> dict[str, object]:
    expression = {"key": "kubernetes.io/hostname", "operator": "In", "values": [name]}
    terms = [{"matchExpressions": [expression]}]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}


def test_a_plan_waits_at_its_end_twice_as_long_as_the_slowest_pod_took() -> None:
    slow = template({"app": "web"})
    slow["spec"]["containers"][0]["readinessProbe"]["initialDelaySeconds"] = 1500
    usual, long = a_cluster(an_app()), a_cluster(an_app(template=slow), rest=3600)
    for snapshot, wanted in ((usual, 1200), (long, 3018)):
        request = PlanRequest(to="1.34", by="ann")
        last = plan_snapshot(snapshot, request, snapshot.meta.captured_at).plan.step("verify")
        assert last.timeout == pytest.approx(wanted, abs=20)
