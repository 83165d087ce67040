"""The plan of an upgrade: which steps, in which order, and what is said of each."""

from __future__ import annotations

from typing import Any

import pytest
from tests.plan.builders import T0

from seatrial.catalog import BeyondHorizon, NoSuchMinor
from seatrial.cluster.findings import Finding, Severity
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.ownership import Owner, OwnerKind
from seatrial.cluster.provider_state import NodeGroup, ProviderState
from seatrial.errors import BadInput
from seatrial.fleet.chart_info import ChartCrd, ChartInfo
from seatrial.plan import DurationRange, Ownership, Plan, PlannedFinding, Undo, digest
from seatrial.plan.inputs import (
    AutoscalerInput,
    ComponentInput,
    Duration,
    PlanInputs,
    ProposedFix,
    ResourceOwner,
)
from seatrial.plan.making import blockers_of, changes_nothing, make_plan

BUDGETS = 'shop/web minAvailable 1 over {"matchLabels":{"app":"web"}}'


def group(name: str = "default", version: str = "1.33.4", **fields: Any) -> NodeGroup:
    return NodeGroup(**{"name": name, "version": version, "size": 3, "min_size": 1, "max_size": 9, **fields})


def state(version: str = "1.33.4", *groups: NodeGroup, kind: str = "gke", **fields: Any) -> ProviderState:
    fields = {"available_versions": ("1.33.9", "1.34.2"), **fields}
    return ProviderState(kind=kind, version=version, node_groups=groups or (group(),), **fields)


def component(
    name: str, installed: str, to: str, kube_version: str = "", owner: str = "", **info: Any
) -> ComponentInput:
    return ComponentInput(
        name=name,
        release=name,
        namespace="infra",
        installed=installed,
        chart=f"charts/{name}-{to}.tgz",
        info=ChartInfo(name=name, version=to, digest=f"sha256:{name}", kube_version=kube_version, **info),
        owner=ResourceOwner(Ownership.HANDOFF, owner) if owner else ResourceOwner(),
    )


def inputs(**changes: Any) -> PlanInputs:
    fields: dict[str, Any] = {
        "cluster": "prod-1",
        "cluster_uid": "uid-1",
        "provider": state(),
        "target": "1.34",
        "now": T0,
        "by": "ann",
        "budgets": BUDGETS,
    }
    return PlanInputs(**{**fields, **changes})


AUTOSCALER = AutoscalerInput("apps/v1", "Deployment", "kube-system", "cluster-autoscaler", 2)
FIX = ProposedFix(
    id="scale-shop-web",
    check="budget-never-allows",
    title="scale deployment shop/web from 1 to 2",
    target=ObjectRef("apps/v1", "Deployment", "shop", "web"),
    resource="deployments",
    patch='{"spec":{"replicas":2}}',
    replicas=1,
    undo_command="kubectl scale deployment/web --namespace shop --replicas=1",
    settles=("budget shop/web never allows an eviction",),
)
FINDING = Finding(check="budget-never-allows", severity=Severity.BLOCKER, title="t", message=FIX.settles[0])


CRD = ChartCrd("things.example.com", ("v1",), ("v1",), "v1")


def ids(plan: Plan) -> list[str]:
    return [step.id for step in plan.steps]


def full() -> Plan:
    return make_plan(
        inputs(
            components=(
                component("needs-target", "1.0.0", "2.0.0", ">=1.34.0-0"),
                component(
                    "both", "1.0.0", "1.1.0", ">=1.30.0-0", crds=(ChartCrd("c", ("v1",), ("v1",), "v1"),)
                ),
                component("same", "1.0.0", "1.0.0"),
            ),
            autoscalers=(AUTOSCALER,),
            fixes=(FIX,),
            findings=(FINDING,),
            permitted_fixes=("budget-never-allows",),
        )
    )


def test_the_order_of_a_whole_upgrade() -> None:
    assert ids(full()) == [
        "preflight",
        "fix/scale-shop-web/apply",
        "chart/both/crds",
        "chart/both/upgrade",
        "chart/both/wait",
        "chart/both/roll-back",
        "autoscaler/kube-system/cluster-autoscaler/hold",
        "control-plane",
        "node-group/default/upgrade",
        "node-group/default/verify",
        "chart/needs-target/upgrade",
        "chart/needs-target/wait",
        "chart/needs-target/roll-back",
        "verify",
        "autoscaler/kube-system/cluster-autoscaler/release",
        "fix/scale-shop-web/revert",
    ]


def test_the_head_of_a_plan() -> None:
    plan = full()
    assert (plan.from_version, plan.to_version, plan.release) == ("1.33.4", "1.34.2", "1.34")
    assert plan.point_of_no_return == "control-plane"
    assert plan.hops_left == ()
    assert [each.name for each in plan.components] == ["both", "needs-target"]
    assert {fact.name: fact.value for fact in plan.facts} == {
        "control-plane/version": "1.33.4",
        "node-group/default/version": "1.33.4",
        "chart/infra/both/version": "1.0.0",
        "chart/infra/needs-target/version": "1.0.0",
        "budgets": BUDGETS,
    }


def test_equal_inputs_give_equal_digests() -> None:
    assert digest(full()) == digest(full())


def test_every_step_says_how_to_take_it_back() -> None:
    undo = {step.id: (step.undo, step.undo_commands) for step in full().steps if step.undo_commands}
    assert undo == {
        "fix/scale-shop-web/apply": (Undo.REVERSIBLE, (FIX.undo_command,)),
        "chart/both/crds": (
            Undo.COMPENSABLE,
            (
                "# from the chart at 1.0.0:",
                "kubectl apply --server-side --force-conflicts -f CHART/crds",
            ),
        ),
        "chart/both/upgrade": (Undo.REVERSIBLE, ("helm rollback both --namespace infra",)),
        "chart/needs-target/upgrade": (Undo.REVERSIBLE, ("helm rollback needs-target --namespace infra",)),
        "autoscaler/kube-system/cluster-autoscaler/hold": (
            Undo.REVERSIBLE,
            ("kubectl scale deployment/cluster-autoscaler --namespace kube-system --replicas=2",),
        ),
        "node-group/default/upgrade": (
            Undo.COMPENSABLE,
            (
                "gcloud container node-pools create default-back --cluster=prod-1 --node-version=1.33.4",
                "kubectl drain -l cloud.google.com/gke-nodepool=default --ignore-daemonsets",
            ),
        ),
    }


def test_eks_can_take_a_control_plane_back_so_no_step_is_final() -> None:
    plan = make_plan(inputs(provider=state(kind="eks"), region="eu-north-1"))
    assert plan.point_of_no_return == ""
    assert plan.step("control-plane").undo_commands[1] == (
        "aws eks update-cluster-version --name prod-1 --region eu-north-1 --kubernetes-version 1.33"
    )


def test_a_finding_that_a_permitted_fix_settles_no_longer_blocks() -> None:
    assert blockers_of(full()) == ()
    assert full().findings[0].severity == "info"


@pytest.mark.parametrize(
    ("names", "severity"),
    [
        (("both",), "warning"),
        (("both", "too"), "warning"),
        (("both", "stranger"), "blocker"),
        ((), "blocker"),
    ],
)
def test_a_removed_api_in_releases_that_are_all_upgraded_first_no_longer_blocks(
    names: tuple[str, ...], severity: str
) -> None:
    owners = tuple(Owner(OwnerKind.HELM, name, "infra") for name in names)
    whose: dict[str, Any] = {"owner": owners[0]} if len(owners) == 1 else {"owners": owners}
    stuck = Finding(
        check="removed-api-in-release", severity=Severity.BLOCKER, title="t", message="m", **whose
    )
    both, too = (component(name, "1.0.0", "1.1.0", ">=1.30.0-0") for name in ("both", "too"))
    plan = make_plan(inputs(components=(both, too), findings=(stuck,)))
    assert [each.severity for each in plan.findings if each.check == stuck.check] == [severity]


def test_no_fix_is_made_unless_it_is_permitted() -> None:
    plan = make_plan(inputs(fixes=(FIX,), findings=(FINDING,)))
    assert ids(plan)[1] == "control-plane"
    assert blockers_of(plan) == (
        PlannedFinding(check="budget-never-allows", severity="blocker", message=FINDING.message),
    )


def test_a_fix_that_a_git_sync_would_revert_is_refused_with_that_reason() -> None:
    from dataclasses import replace

    fix = replace(FIX, reverted_by="Argo CD application shop")
    plan = make_plan(inputs(fixes=(fix,), findings=(FINDING,), permitted_fixes=(FIX.check,)))
    assert "fix/scale-shop-web/apply" not in ids(plan)
    assert [each.check for each in plan.findings] == ["budget-never-allows", "fix-would-be-reverted"]
    assert len(blockers_of(plan)) == 1


def test_a_chart_that_does_not_support_the_target_is_a_blocker_that_names_it() -> None:
    plan = make_plan(inputs(components=(component("old", "1.0.0", "1.1.0", "<1.34.0-0"),)))
    assert blockers_of(plan) == (
        PlannedFinding(
            check="chart-kube-version",
            severity="blocker",
            message="chart old 1.1.0 does not support Kubernetes 1.34.2 (kubeVersion <1.34.0-0): name a newer"
            " version in the release.",
        ),
    )


def test_an_installed_chart_that_is_newer_is_left_alone_with_a_warning() -> None:
    plan = make_plan(inputs(components=(component("new", "2.0.0", "1.1.0"),)))
    assert [(each.check, each.severity) for each in plan.findings] == [
        ("chart-older-than-installed", "warning")
    ]
    assert plan.components == ()


def test_a_chart_with_post_hooks_keeps_the_wait_in_helm() -> None:
    plan = make_plan(inputs(components=(component("jobs", "1.0.0", "1.1.0", hooks=("post-upgrade",)),)))
    assert plan.step("chart/jobs/upgrade").action.waits_in_helm  # type: ignore[union-attr]


def test_a_longer_way_is_planned_one_minor_at_a_time() -> None:
    plan = make_plan(inputs(target="1.36"))
    assert (plan.to_version, plan.hops_left) == ("1.34.2", ("1.35", "1.36"))


def test_a_patch_is_a_plan_too() -> None:
    plan = make_plan(inputs(target="1.33.9"))
    assert (plan.to_version, plan.hops_left) == ("1.33.9", ())
    assert ids(plan) == [
        "preflight",
        "control-plane",
        "node-group/default/upgrade",
        "node-group/default/verify",
        "verify",
    ]


def test_the_present_minor_as_target_means_its_newest_patch() -> None:
    assert make_plan(inputs(target="1.33")).to_version == "1.33.9"


def test_a_newer_node_image_alone_replaces_nodes_and_not_the_control_plane() -> None:
    plan = make_plan(
        inputs(
            provider=state("1.33.9", group(version="1.33.9", image="img-1")),
            target="1.33",
            node_image="img-2",
        )
    )
    assert ids(plan) == ["preflight", "node-group/default/upgrade", "node-group/default/verify", "verify"]
    assert plan.step("node-group/default/upgrade").title == "replace the nodes of default to image img-2"


def test_a_cluster_that_is_there_already_has_nothing_to_do() -> None:
    plan = make_plan(inputs(provider=state("1.34.2", group(version="1.34.2"))))
    assert ids(plan) == ["preflight", "verify"]
    assert changes_nothing(plan)
    assert not changes_nothing(full())


def test_nodes_that_lag_behind_are_brought_along_after_somebody_else_upgraded_the_control_plane() -> None:
    plan = make_plan(inputs(provider=state("1.34.2", group(version="1.33.4"))))
    assert "control-plane" not in ids(plan)
    assert "node-group/default/upgrade" in ids(plan)


def test_kubelets_too_old_for_the_target_catch_up_before_the_control_plane() -> None:
    plan = make_plan(inputs(provider=state("1.33.4", group("old", "1.30.1"), group("new", "1.33.4"))))
    assert ids(plan)[1:5] == [
        "node-group/old/catch-up/upgrade",
        "node-group/old/catch-up/verify",
        "control-plane",
        "node-group/old/upgrade",
    ]
    assert plan.step("node-group/old/catch-up/upgrade").action.to_version == "1.33.4"  # type: ignore[union-attr]


def test_an_autoscaler_is_held_only_where_we_replace_nodes() -> None:
    observed = inputs(
        autoscalers=(AUTOSCALER,), node_groups_owner=ResourceOwner(Ownership.OBSERVE, "karpenter")
    )
    assert not any("autoscaler" in step for step in ids(make_plan(observed)))
    assert any("autoscaler" in step for step in ids(make_plan(inputs(autoscalers=(AUTOSCALER,)))))


def test_an_autoscaler_that_a_git_sync_would_start_again_is_not_held_and_that_is_said() -> None:
    from dataclasses import replace

    plan = make_plan(inputs(autoscalers=(replace(AUTOSCALER, reverted_by="Flux HelmRelease ca"),)))
    assert not any(step.startswith("autoscaler") for step in ids(plan))
    assert [each.check for each in plan.findings] == ["autoscaler-not-held"]


def test_owners_are_written_on_their_steps_and_get_a_month() -> None:
    plan = make_plan(
        inputs(
            control_plane_owner=ResourceOwner(Ownership.HANDOFF, "terraform"),
            by_node_group={"default": ResourceOwner(Ownership.OBSERVE, "release channel")},
            components=(component("synced", "1.0.0", "1.1.0", owner="argo-cd/infra"),),
        )
    )
    owned = {step.id: (step.ownership.value, step.owner) for step in plan.steps if step.owner}
    assert owned == {
        "chart/synced/upgrade": ("handoff", "argo-cd/infra"),
        "control-plane": ("handoff", "terraform"),
        "node-group/default/upgrade": ("observe", "release channel"),
    }
    assert "chart/synced/roll-back" not in ids(plan)
    assert plan.step("control-plane").timeout == 30 * 86_400


def test_durations_are_unknown_unless_there_is_a_source() -> None:
    assert make_plan(inputs()).duration is None


def test_known_durations_are_ranges_with_their_source() -> None:
    known = {
        Duration.CONTROL_PLANE: DurationRange(low=480, high=900, source="docs"),
        Duration.NODE: DurationRange(low=120, high=300, source="seen"),
    }
    plan = make_plan(inputs(durations=known))
    assert plan.step("node-group/default/upgrade").duration == DurationRange(
        low=360, high=900, source="3 rounds, each: seen"
    )
    assert plan.duration == DurationRange(low=840, high=1800, source="docs; 3 rounds, each: seen")


@pytest.mark.parametrize(
    ("target", "error"),
    [("1.32", BadInput), ("1.33.1", BadInput), ("1.99", NoSuchMinor), ("nonsense", BadInput)],
)
def test_a_target_that_cannot_be_is_refused(target: str, error: type[BadInput]) -> None:
    with pytest.raises(error):
        make_plan(inputs(target=target))


def test_a_target_past_the_horizon_is_not_known() -> None:
    from seatrial.catalog import releases

    with pytest.raises(BeyondHorizon):
        make_plan(inputs(target=str(releases().horizon.plus(1))))


def test_a_cluster_that_runs_another_minor_than_the_fleet_file_says_is_told() -> None:
    assert make_plan(inputs(believed="1.33")).findings == ()
    assert make_plan(inputs(believed="1.32")).findings == (
        PlannedFinding(
            check="fleet-version-differs",
            severity="warning",
            message="the fleet file says that prod-1 runs 1.32; it runs 1.33.",
        ),
    )
