"""Gathers what a plan is made from, and makes it: from a live cluster, or from a snapshot of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import msgspec

from seatrial.capture.live import from_live
from seatrial.catalog import releases
from seatrial.charts import read_chart, read_values, values_digest
from seatrial.checks.check import Profile
from seatrial.checks.registry import kinds_to_read
from seatrial.checks.run import check_snapshot, checks_of
from seatrial.checks.settings import CheckSettings
from seatrial.checks.waivers import as_note
from seatrial.clock import Clock
from seatrial.cluster.findings import Report
from seatrial.cluster.helm_release import ReleaseRecord
from seatrial.cluster.models import KINDS
from seatrial.cluster.objects import GroupKind
from seatrial.cluster.provider_state import ProviderState
from seatrial.cluster.release_state import Absent, Deployed, Failed, Pending, by_release, release_state
from seatrial.cluster.snapshot import Snapshot
from seatrial.cluster.version import Version
from seatrial.errors import BadInput
from seatrial.fleet.resolve import Ownership as FleetOwnership
from seatrial.fleet.resolve import ResolvedComponent, ResolvedTarget
from seatrial.kube import ReadClient
from seatrial.plan import Handoff, Ownership, Plan
from seatrial.plan.facts import release_value
from seatrial.plan.inputs import ComponentInput, PlanInputs, ResourceOwner
from seatrial.plan.making import make_plan
from seatrial.plan.observed import autoscalers_in, budgets_in, fixes_for, self_made_nodes
from seatrial.plan.owners import APPLICATION, HELM_RELEASE, chart_owner
from seatrial.plan.target import next_hop
from seatrial.rehearsal.timings import slowest_start
from seatrial.wiring.check_settings import as_waivers
from seatrial.wiring.providers import provider_for
from seatrial.wiring.reaching import Reach

_POD = GroupKind("", "Pod")


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What a person or a rollout asks for."""

    to: str
    """Minor or patch; empty for the cluster's next minor."""
    by: str
    fleet_target: ResolvedTarget | None = None
    """What the fleet file says of the cluster and its release; without it no chart is touched."""
    believed: str = ""
    """The minor that the fleet file says the cluster runs."""
    permitted_fixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    plan: Plan
    snapshot: Snapshot
    report: Report
    """What the checks found for the plan's own minor."""


async def plan_live(reach: Reach, clock: Clock, request: PlanRequest) -> Planned:
    """Read the cluster into memory, check it, and plan its next minor; nothing is written."""
    async with reach.connected(clock) as session:
        provider = await provider_for(session, request.fleet_target.provider if request.fleet_target else "")
        snapshot = await from_live(
            ReadClient(session), clock, kinds=kinds_to_plan(), provider=await provider.state()
        )
    return plan_snapshot(snapshot, request, clock.now())


def plan_snapshot(snapshot: Snapshot, request: PlanRequest, now: datetime) -> Planned:
    """Check a snapshot and plan from it; raise `BadInput` when it does not say enough."""
    state = snapshot.provider
    if state is None:
        raise BadInput(
            "the snapshot does not hold what the provider says about the cluster.",
            where=snapshot.meta.cluster,
            next_step="Take a new snapshot of a cluster whose provider this Seatrial can ask.",
        )
    if not snapshot.meta.uid:
        raise BadInput(
            "the namespace kube-system could not be read, which tells clusters apart.",
            where=snapshot.meta.cluster,
            next_step="Grant `get` on the namespace kube-system to this identity.",
        )
    current = Version.parse(state.version)
    request = request if request.to else replace(request, to=str(current.line.plus(1)))
    hop = next_hop(current, request.to, map(Version.parse, state.available_versions), releases())
    report = check_snapshot(snapshot, hop.to.line, settings=_settings(request, now))
    plan = make_plan(_inputs(snapshot, state, report, request, now))
    return Planned(plan, snapshot, report)


def _settings(request: PlanRequest, now: datetime) -> CheckSettings:
    resolved = request.fleet_target.waivers if request.fleet_target else msgspec.UNSET
    waivers = as_waivers(resolved) if isinstance(resolved, tuple) else ()
    return CheckSettings(waivers=waivers, today=now.date())


def kinds_to_plan() -> frozenset[GroupKind]:
    """What has to be read for the checks and for planning."""
    typed = {kind.group_kind() for kind in KINDS}
    return (
        kinds_to_read(checks_of(Profile.READINESS))
        | typed
        | {GroupKind("autoscaling", "HorizontalPodAutoscaler"), APPLICATION, HELM_RELEASE}
    )


def _inputs(
    snapshot: Snapshot, state: ProviderState, report: Report, request: PlanRequest, now: datetime
) -> PlanInputs:
    target = request.fleet_target
    histories = by_release(snapshot.releases)
    components = tuple(_component(each, histories, snapshot) for each in target.components) if target else ()
    changed = {(each.namespace, each.release) for each in components if each.installed != each.info.version}
    return PlanInputs(
        cluster=target.cluster if target else snapshot.meta.cluster,
        cluster_uid=snapshot.meta.uid,
        provider=state,
        target=request.to,
        now=now,
        by=request.by,
        release=target.release if target else "",
        believed=request.believed,
        provider_cluster=target.provider_id if target else "",
        region=target.region if target else "",
        node_image=target.node_image if target else "",
        components=components,
        findings=(*report.findings, *map(as_note, report.waived)),
        incomplete=report.incomplete,
        fixes=fixes_for(snapshot, report.findings),
        permitted_fixes=request.permitted_fixes,
        autoscalers=autoscalers_in(snapshot),
        self_made_nodes=self_made_nodes(snapshot),
        budgets=budgets_in(snapshot, changed),
        control_plane_owner=_owner(target.control_plane) if target else ResourceOwner(),
        node_groups_owner=_owner(target.node_groups) if target else ResourceOwner(),
        by_node_group={
            group.name: _owner(target.node_group(group.name), group.name) for group in state.node_groups
        }
        if target
        else {},
        slowest_start=slowest_start(snapshot.objects(_POD)),
    )


def _component(
    component: ResolvedComponent,
    histories: Mapping[tuple[str, str], list[ReleaseRecord]],
    snapshot: Snapshot,
) -> ComponentInput:
    history = histories.get((component.namespace, component.release), [])
    found = chart_owner(snapshot, component.namespace, component.release)
    says_nothing = component.owner.how == "direct" and component.owner.declared is not True
    owner, differs, installed = _owner(component.owner, component.name), "", _installed(history)
    if found is not None:
        installed = installed or found.version or "unknown"
        if says_nothing:
            owner = ResourceOwner(Ownership.HANDOFF, found.name)
        elif component.owner.how == "direct" or component.owner.by not in ("", found.name):
            differs = found.name
    return ComponentInput(
        name=component.name,
        release=component.release,
        namespace=component.namespace,
        installed=installed,
        observed=release_value(release_state(history)),
        chart=str(Path(component.chart).absolute()),
        info=read_chart(Path(component.chart)),
        values=tuple(str(Path(path).absolute()) for path in component.values),
        values_digest=values_digest(read_values(component.values)),
        owner=owner,
        differs_from=differs,
    )


def _installed(history: list[ReleaseRecord]) -> str:
    """The version that works: of a release that failed, the one before."""
    match release_state(history):
        case Absent():
            return ""
        case Deployed(version=version):
            return version
        case Failed(good_revision=good) | Pending(good_revision=good):
            return next((each.chart.version for each in history if each.revision == good), "")


def _owner(owner: FleetOwnership, name: str = "") -> ResourceOwner:
    """`name` is that of the node group or component."""
    if isinstance(owner.change, msgspec.UnsetType):
        return ResourceOwner(Ownership(owner.how), owner.by)
    change = owner.change.named(name)
    return ResourceOwner(
        Ownership(owner.how),
        owner.by,
        Handoff(
            write=change.write,
            repository=_absolute(change.repository),
            file=change.file if change.repository else _absolute(change.file),
            variable=change.variable,
            base=change.base,
            push=change.push,
        ),
    )


def _absolute(path: str) -> str:
    return str(Path(path).absolute()) if path else ""
