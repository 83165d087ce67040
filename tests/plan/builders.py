"""Small plans for tests: built by hand, as short as the rule under test allows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from seatrial.plan.document import Plan, check_plan
from seatrial.plan.steps import (
    Action,
    ApplyFix,
    HoldAutoscaler,
    Preflight,
    ReleaseAutoscaler,
    RevertFix,
    RollBackChart,
    Step,
    UpgradeChart,
    UpgradeControlPlane,
    UpgradeNodeGroup,
    VerifyCluster,
    VerifyNodeGroup,
    WaitForChart,
)

T0 = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def plan(*steps: Step, **changes: Any) -> Plan:
    fields: dict[str, Any] = {
        "cluster": "test-1",
        "cluster_uid": "uid-1",
        "release": "1.34",
        "from_version": "1.33.4",
        "to_version": "1.34.2",
        "made_at": T0,
        "made_by": "ann",
        "seatrial": "0.1.0",
        "provider": "simulated",
        "steps": steps,
    }
    return check_plan(Plan(**{**fields, **changes}))


def step(step_id: str, action: Action | None = None, *after: str, **fields: Any) -> Step:
    return Step(id=step_id, title=step_id, action=action or Preflight(), after=after, **fields)


def chart(name: str, *after: str) -> tuple[Step, ...]:
    """Upgrade, wait and roll-back of one chart."""
    up, wait, back = f"chart/{name}/upgrade", f"chart/{name}/wait", f"chart/{name}/roll-back"
    named: dict[str, Any] = {"component": name, "release": name, "namespace": "infra"}
    return (
        step(
            up,
            UpgradeChart(**named, from_version="1.0.0", to_version="2.0.0", chart_digest="d"),
            *after,
        ),
        step(wait, WaitForChart(**named, upgrade_step=up), up),
        step(back, RollBackChart(**named, upgrade_step=up, wait_step=wait), wait, always=True),
    )


def hold(name: str, *after: str) -> Step:
    action = HoldAutoscaler(
        api_version="apps/v1", kind="Deployment", namespace="kube-system", name=name, replicas=2
    )
    return step(f"autoscaler/{name}/hold", action, *after)


def release(name: str, *after: str) -> Step:
    held = f"autoscaler/{name}/hold"
    return step(f"autoscaler/{name}/release", ReleaseAutoscaler(hold_step=held), held, *after, always=True)


def fix(name: str, *after: str) -> Step:
    action = ApplyFix(
        fix_id=name,
        check="pdb",
        api_version="apps/v1",
        kind="Deployment",
        resource="deployments",
        namespace="shop",
        name=name,
        patch='{"spec":{"replicas":2}}',
    )
    return step(f"fix/{name}/apply", action, *after)


def revert(name: str, *after: str) -> Step:
    fixed = f"fix/{name}/apply"
    return step(f"fix/{name}/revert", RevertFix(fix_step=fixed), fixed, *after, always=True)


def node_group(name: str, *after: str) -> tuple[Step, Step]:
    up = f"node-group/{name}/upgrade"
    return (
        step(up, UpgradeNodeGroup(node_group=name, from_version="1.33.4", to_version="1.34.2"), *after),
        step(
            f"node-group/{name}/verify",
            VerifyNodeGroup(node_group=name, to_version="1.34.2", upgrade_step=up),
            up,
        ),
    )


def small_upgrade() -> Plan:
    """Every kind of step once: what most tests of the loop run."""
    return plan(
        step("preflight", Preflight()),
        fix("web", "preflight"),
        *chart("ingress", "fix/web/apply"),
        hold("cluster-autoscaler", "chart/ingress/wait"),
        step(
            "control-plane",
            UpgradeControlPlane(from_version="1.33.4", to_version="1.34.2"),
            "autoscaler/cluster-autoscaler/hold",
        ),
        *node_group("default", "control-plane"),
        release("cluster-autoscaler", "node-group/default/verify"),
        revert("web", "node-group/default/verify"),
        step("verify", VerifyCluster(), "autoscaler/cluster-autoscaler/release", "fix/web/revert"),
    )
