"""Makes the plan of one cluster's upgrade: the order of its steps, and everything said about each.

The order: look; fix what may be fixed; charts that run on both minors; hold autoscalers; control
plane; node groups; charts that need the target; compare with what was before; put back what was held.
"""

from __future__ import annotations

from seatrial import __version__
from seatrial.catalog import releases
from seatrial.cluster.findings import Finding, Incomplete
from seatrial.cluster.ownership import OwnerKind
from seatrial.cluster.version import Minor, Version
from seatrial.plan.chart_steps import SortedCharts, chart_steps, fact_of, last_step, planned, sort_charts
from seatrial.plan.document import Plan, PlannedFinding, check_plan
from seatrial.plan.durations import total_duration
from seatrial.plan.facts import budgets_fact, control_plane_fact, node_group_fact
from seatrial.plan.fix_steps import fix_step, revert_step
from seatrial.plan.inputs import PlanInputs, ProposedFix
from seatrial.plan.node_phase import (
    control_plane_step,
    groups_to_change,
    hold_step,
    node_group_steps,
    release_step,
    self_made_step,
    too_old_for,
)
from seatrial.plan.steps import (
    Fact,
    Ownership,
    Preflight,
    Step,
    Undo,
    VerifyCluster,
)
from seatrial.plan.target import next_hop

REMOVED_IN_RELEASE = "removed-api-in-release"
VERSION_DIFFERS = "fleet-version-differs"
_LOOK_TIME = 1800.0  # seconds; a provider that is at work on the cluster is waited for
_VERIFY_TIME = 1200.0


def make_plan(inputs: PlanInputs) -> Plan:
    """One minor at most; raise `BadInput` for a target that cannot be.

    A plan that does nothing has only its first and last look. Blockers are among its findings; whoever
    applies it refuses those (`blockers_of`).
    """
    current = Version.parse(inputs.provider.version)
    known = releases()
    hop = next_hop(current, inputs.target, map(Version.parse, inputs.provider.available_versions), known)
    charts = sort_charts(inputs, current, hop.to)
    fixes, refused = _fixes(inputs)
    steps = _steps(inputs, current, hop.to, charts, fixes)
    held_back = tuple(
        _warning(
            "autoscaler-not-held",
            f"autoscaler {each.namespace}/{each.name} is not held: {each.reverted_by} would start it again.",
        )
        for each in inputs.autoscalers
        if each.reverted_by and not each.makes_nodes
    )
    return check_plan(
        Plan(
            cluster=inputs.cluster,
            cluster_uid=inputs.cluster_uid,
            release=inputs.release or inputs.target,
            from_version=str(current),
            to_version=str(hop.to),
            made_at=inputs.now,
            made_by=inputs.by,
            seatrial=__version__,
            provider=inputs.provider.kind,
            steps=steps,
            components=tuple(map(planned, (*charts.before, *charts.after))),
            facts=_facts(inputs, charts, hop.to),
            findings=(
                *charts.blockers,
                *_other_version(inputs, current),
                *(_planned(each, fixes, charts) for each in inputs.findings),
                *(_unread(each) for each in inputs.incomplete),
                *charts.warnings,
                *refused,
                *held_back,
            ),
            permitted_fixes=inputs.permitted_fixes,
            duration=total_duration(steps),
            point_of_no_return=next((step.id for step in steps if step.undo is Undo.FINAL), ""),
            hops_left=tuple(map(str, hop.left)),
        )
    )


def blockers_of(plan: Plan) -> tuple[PlannedFinding, ...]:
    """Findings that must be settled before the plan may be applied."""
    return tuple(finding for finding in plan.findings if finding.severity == "blocker")


def changes_nothing(plan: Plan) -> bool:
    """The cluster is at the target already."""
    return all(isinstance(step.action, Preflight | VerifyCluster) for step in plan.steps)


def _steps(
    inputs: PlanInputs,
    current: Version,
    to: Version,
    charts: SortedCharts,
    fixes: tuple[ProposedFix, ...],
) -> tuple[Step, ...]:
    steps = [Step(id="preflight", title="look before anything is touched", action=Preflight())]
    last: tuple[str, ...] = ("preflight",)
    for fix in fixes:
        steps.append(fix_step(fix, last))
        last = (steps[-1].id,)
    for component in charts.before:
        steps += chart_steps(component, last, inputs)
        last = (last_step(component),)
    groups = groups_to_change(inputs, to)
    held = [
        each for each in inputs.autoscalers if each.replicas and not each.reverted_by and not each.makes_nodes
    ]
    if not any(inputs.node_group_owner(group.name).ownership is Ownership.DIRECT for group in groups):
        held = []
    for autoscaler in held:
        steps.append(hold_step(autoscaler, last))
        last = (steps[-1].id,)
    if to > current:
        for group in too_old_for(groups, releases().of(to.line).min_kubelet):
            steps += node_group_steps(group, current, last, inputs, catch_up=True)
            last = (steps[-1].id,)
        steps.append(control_plane_step(inputs, to, last))
        last = (steps[-1].id,)
    for group in groups:
        steps += node_group_steps(group, to, last, inputs)
        last = (steps[-1].id,)
    for nodes in inputs.self_made_nodes:
        if Version.parse(nodes.version).line < to.line:
            steps.append(self_made_step(nodes, to, last))
            last = (steps[-1].id,)
    for component in charts.after:
        steps += chart_steps(component, last, inputs)
        last = (last_step(component),)
    steps.append(
        Step(
            id="verify",
            title="compare the cluster with what it was before",
            action=VerifyCluster(),
            after=last,
            timeout=max(_VERIFY_TIME, 2 * inputs.slowest_start),
        )
    )
    steps += [release_step(autoscaler, ("verify",)) for autoscaler in held]
    steps += [revert_step(fix, ("verify",)) for fix in fixes]
    return (_look_first(steps[0], inputs, charts, to), *steps[1:])


def _look_first(preflight: Step, inputs: PlanInputs, charts: SortedCharts, to: Version) -> Step:
    return Step(
        id=preflight.id,
        title=preflight.title,
        action=preflight.action,
        preconditions=("the cluster is the one planned for", "no provider operation is under way"),
        facts=_facts(inputs, charts, to),
        timeout=_LOOK_TIME,
    )


def _facts(inputs: PlanInputs, charts: SortedCharts, to: Version) -> tuple[Fact, ...]:
    """Of what we change ourselves: what its owner changes is looked at when its turn comes."""
    ours = [
        group
        for group in groups_to_change(inputs, to)
        if inputs.node_group_owner(group.name).ownership is Ownership.DIRECT
    ]
    direct = inputs.control_plane_owner.ownership is Ownership.DIRECT
    return (
        *([control_plane_fact(inputs.provider.version)] if direct else []),
        *(node_group_fact(group.name, group.version) for group in ours),
        *(fact_of(each) for each in charts.before + charts.after if each.owner.ownership is Ownership.DIRECT),
        *([budgets_fact(inputs.budgets)] if ours else []),
    )


def _fixes(inputs: PlanInputs) -> tuple[tuple[ProposedFix, ...], tuple[PlannedFinding, ...]]:
    """Permitted fixes that would last, and what is said of those that would not."""
    permitted = [fix for fix in inputs.fixes if fix.check in inputs.permitted_fixes]
    refused = tuple(
        _warning("fix-would-be-reverted", f"{fix.title}: refused, for {fix.reverted_by} would revert it.")
        for fix in permitted
        if fix.reverted_by
    )
    return tuple(fix for fix in permitted if not fix.reverted_by), refused


def _planned(finding: Finding, fixes: tuple[ProposedFix, ...], charts: SortedCharts) -> PlannedFinding:
    """A finding that a step of this plan settles, or may settle, no longer blocks it."""
    severity, message = finding.severity.value, finding.message
    settled = next((fix for fix in fixes if message in fix.settles), None)
    if settled:
        severity, message = "info", f"{message} Settled by the step: {settled.title}."
    elif finding.check == REMOVED_IN_RELEASE and _is_upgraded_first(finding, charts):
        severity = "warning"
        message = f"{message} The chart is upgraded before the control plane; check again after."
    return PlannedFinding(check=finding.check, severity=severity, message=message)


def _is_upgraded_first(finding: Finding, charts: SortedCharts) -> bool:
    upgraded = {(each.namespace, each.release) for each in charts.before}
    return bool(finding.managers) and all(
        each.kind is OwnerKind.HELM and (each.namespace, each.name) in upgraded for each in finding.managers
    )


def _other_version(inputs: PlanInputs, current: Version) -> tuple[PlannedFinding, ...]:
    """Whoever reads the fleet file believes something that is not so."""
    if not inputs.believed or Minor.parse(inputs.believed) == current.line:
        return ()
    return (
        _warning(
            VERSION_DIFFERS,
            f"the fleet file says that {inputs.cluster} runs {inputs.believed}; it runs {current.line}.",
        ),
    )


def version_differs(plan: Plan) -> str:
    """What a plan says of a fleet file that is not so; empty when it is right."""
    return next((each.message for each in plan.findings if each.check == VERSION_DIFFERS), "")


def _unread(incomplete: Incomplete) -> PlannedFinding:
    return PlannedFinding(
        check=incomplete.check,
        severity="incomplete",
        message=f"{incomplete.what} could not be looked at: {incomplete.why}",
    )


def _warning(check: str, message: str) -> PlannedFinding:
    return PlannedFinding(check=check, severity="warning", message=message)
