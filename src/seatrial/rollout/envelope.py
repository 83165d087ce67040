"""Whether a cluster's plan, made just in time, is still what was approved, and if not, in what it differs.

A person approves an envelope: release, versions, charts, permitted fixes, until when. Weeks later each
cluster is planned from what it is then. A plan within the envelope needs nobody; one outside pauses that
cluster until somebody accepts the difference, settles it, or leaves the cluster out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from seatrial.cluster.version import Version
from seatrial.fleet.resolve import Ownership as DeclaredOwnership
from seatrial.fleet.resolve import ResolvedTarget
from seatrial.plan import ApplyFix, Ownership, Plan, Step, UpgradeChart, UpgradeControlPlane, UpgradeNodeGroup
from seatrial.plan.making import blockers_of
from seatrial.rollout.document import Rollout
from seatrial.rollout.events import DifferencesAccepted, Envelope


def envelope_of(rollout: Rollout, stage: str) -> Envelope:
    """What approving the stage covers."""
    return Envelope(
        release=rollout.release,
        kubernetes=rollout.kubernetes,
        strategy=rollout.strategy,
        fixes=rollout.fixes,
        clusters=rollout.stage(stage).clusters,
    )


def outside(
    rollout: Rollout, cluster: str, plan: Plan, accepted: DifferencesAccepted | None, now: datetime
) -> tuple[str, ...]:
    """What of the plan was neither approved nor accepted since, a clause each; empty when it may start."""
    taken = set(accepted.differences) if accepted and (not accepted.until or now < accepted.until) else set()
    return tuple(each for each in differences(rollout, cluster, plan) if each not in taken)


def differences(rollout: Rollout, cluster: str, plan: Plan) -> tuple[str, ...]:
    """Everything in which the plan differs from what was approved."""
    spec = rollout.cluster(cluster)
    return tuple(
        dict.fromkeys(
            (
                *_versions(rollout, spec.version, plan),
                *_charts(spec.target, plan),
                *_fixes(rollout, plan),
                *_owners(spec.target, plan),
                *(f"a blocker: {found.message}" for found in blockers_of(plan)),
            )
        )
    )


def _versions(rollout: Rollout, believed: str, plan: Plan) -> Iterator[str]:
    if plan.release != rollout.release:
        yield f"the plan is for release {plan.release}; approved is {rollout.release}"
    to, approved = Version.parse(plan.to_version), Version.parse(rollout.kubernetes)
    names_patch = rollout.kubernetes.count(".") > 1
    if to.line > approved.line or (names_patch and to.line == approved.line and to != approved):
        yield f"the plan goes to Kubernetes {to}; approved is {rollout.kubernetes}"
    found = Version.parse(plan.from_version).line
    if found < Version.parse(believed).line:
        yield f"the cluster runs {found}; when this was approved it was taken to run {believed}"


def _charts(target: ResolvedTarget, plan: Plan) -> Iterator[str]:
    approved = {each.name: each for each in target.components}
    for component in plan.components:
        known = approved.get(component.name)
        if known is None:
            yield f"chart {component.name} is not in the approved release"
        elif (component.release, component.namespace) != (known.release, known.namespace):
            yield (
                f"chart {component.name} goes to {component.namespace}/{component.release};"
                f" approved is {known.namespace}/{known.release}"
            )
        elif not component.chart.endswith(known.chart):
            yield f"chart {component.name} comes from {component.chart}; approved is {known.chart}"


def _fixes(rollout: Rollout, plan: Plan) -> Iterator[str]:
    for step in plan.steps:
        if isinstance(step.action, ApplyFix) and step.action.check not in rollout.fixes:
            yield f"a fix that was not permitted: {step.title}"


def _owners(target: ResolvedTarget, plan: Plan) -> Iterator[str]:
    for step in plan.steps:
        declared = _declared(target, step)
        if declared is not None and declared.how != "direct" and step.ownership.value != declared.how:
            owner = declared.by or "its owner"
            yield f"{step.title} is {step.ownership}; approved is {declared.how} by {owner}"
        if declared is not None and declared.declared is True and step.ownership is not Ownership.DIRECT:
            yield f"{step.title} is left to {step.owner}; approved is that we do it"
    yield from (found.message for found in plan.findings if found.check == "owner-differs")


def _declared(target: ResolvedTarget, step: Step) -> DeclaredOwnership | None:
    match step.action:
        case UpgradeControlPlane():
            return target.control_plane
        case UpgradeNodeGroup(node_group=name):
            return target.node_group(name)
        case UpgradeChart(component=name):
            component = target.component(name)
            return component.owner if component else None
        case _:
            return None
