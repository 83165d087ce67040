"""Steps of the charts: which of them go before the control plane, which after, and which cannot go at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from seatrial.cluster.constraints import SemVer, kube_version_allows
from seatrial.cluster.version import Version
from seatrial.errors import BadInput
from seatrial.plan.document import PlannedComponent, PlannedFinding
from seatrial.plan.facts import chart_fact
from seatrial.plan.inputs import ComponentInput, Duration, PlanInputs
from seatrial.plan.steps import (
    ApplyCrds,
    Fact,
    Ownership,
    RollBackChart,
    Step,
    Undo,
    UpgradeChart,
    WaitForChart,
)
from seatrial.plan.undoing import undo_chart, undo_crds

OWNERS_TIME = 30 * 86_400.0  # seconds that somebody else gets to make a change
_HELM_TIME = 1800.0
_READY_TIME = 900.0
_CRD_TIME = 300.0


@dataclass(frozen=True, slots=True)
class SortedCharts:
    before: tuple[ComponentInput, ...]
    """Their new version runs on both minors."""
    after: tuple[ComponentInput, ...]
    """Their new version needs the target."""
    blockers: tuple[PlannedFinding, ...]
    warnings: tuple[PlannedFinding, ...]


def sort_charts(inputs: PlanInputs, current: Version, to: Version) -> SortedCharts:
    before: list[ComponentInput] = []
    after: list[ComponentInput] = []
    blockers: list[PlannedFinding] = []
    warnings: list[PlannedFinding] = []
    for component in inputs.components:
        if component.differs_from:
            warnings.append(_another_owner(component))
        allows = component.info.kube_version
        now, then = kube_version_allows(allows, current), kube_version_allows(allows, to)
        if not then:
            blockers.append(_unsupported(component, to))
        elif component.info.missing_dependencies:
            blockers.append(_incomplete(component))
        elif _is_older(component):
            warnings.append(_installed_is_newer(component))
        elif component.installed != component.info.version:
            (before if now else after).append(component)
    return SortedCharts(tuple(before), tuple(after), tuple(blockers), tuple(warnings))


def chart_steps(component: ComponentInput, after: tuple[str, ...], inputs: PlanInputs) -> Iterator[Step]:
    """CRDs, upgrade, wait and roll-back of one chart; `last_step` is what others follow."""
    name, to = component.name, component.info.version
    change = f"{component.installed} → {to}" if component.installed else f"{to} (not installed yet)"
    direct = component.owner.ownership is Ownership.DIRECT
    if direct and component.info.crds:
        undo = undo_crds(component.installed)
        yield Step(
            id=f"chart/{name}/crds",
            title=f"apply the CRDs of chart {name} {to}",
            action=ApplyCrds(component=name, chart_digest=component.info.digest),
            after=after,
            preconditions=("no stored version of a CRD vanishes",),
            undo=undo.undo,
            undo_commands=undo.commands,
            timeout=_CRD_TIME,
        )
        after = (f"chart/{name}/crds",)
    undo = undo_chart(component.release, component.namespace, component.installed)
    upgrade = f"chart/{name}/upgrade"
    yield Step(
        id=upgrade,
        title=f"upgrade chart {name} {change}" if component.installed else f"install chart {name} {to}",
        action=UpgradeChart(
            component=name,
            release=component.release,
            namespace=component.namespace,
            from_version=component.installed,
            to_version=to,
            chart_digest=component.info.digest,
            values_digest=component.values_digest,
            waits_in_helm=component.info.waits_in_helm,
        ),
        after=after,
        ownership=component.owner.ownership,
        owner=component.owner.name,
        preconditions=("no other Helm operation is under way on the release",),
        facts=(fact_of(component),) if direct else (),
        undo=undo.undo if direct else Undo.COMPENSABLE,
        undo_commands=undo.commands if direct else (),
        timeout=_HELM_TIME if direct else OWNERS_TIME,
        handoff=component.owner.hand_off(to),
    )
    named = {"component": name, "release": component.release, "namespace": component.namespace}
    yield Step(
        id=last_step(component),
        title=f"wait until chart {name} is ready",
        action=WaitForChart(**named, upgrade_step=upgrade),
        after=(upgrade,),
        duration=inputs.durations.get(Duration.CHART_READY),
        timeout=_READY_TIME,
    )
    if direct:
        yield Step(
            id=f"chart/{name}/roll-back",
            title=f"bring chart {name} back (only if it failed)",
            action=RollBackChart(**named, upgrade_step=upgrade, wait_step=last_step(component)),
            after=(last_step(component),),
            timeout=_HELM_TIME,
            always=True,
        )


def last_step(component: ComponentInput) -> str:
    return f"chart/{component.name}/wait"


def fact_of(component: ComponentInput) -> Fact:
    observed = component.installed if component.observed is None else component.observed
    return chart_fact(component.namespace, component.release, observed)


def planned(component: ComponentInput) -> PlannedComponent:
    return PlannedComponent(
        name=component.name,
        release=component.release,
        namespace=component.namespace,
        chart=component.chart,
        chart_digest=component.info.digest,
        values=component.values,
        values_digest=component.values_digest,
    )


def _is_older(component: ComponentInput) -> bool:
    if not component.installed:
        return False
    try:
        installed, wanted = SemVer.parse(component.installed), SemVer.parse(component.info.version)
    except BadInput:
        return False
    return wanted.precedence < installed.precedence


def _another_owner(component: ComponentInput) -> PlannedFinding:
    declared = component.owner.name or component.owner.ownership.value
    return PlannedFinding(
        check="owner-differs",
        severity="warning",
        message=(
            f"{component.differs_from} applies chart {component.name}, while the fleet file declares it"
            f" {declared}: the file is followed, and what it leads to may be reverted."
        ),
    )


def _unsupported(component: ComponentInput, to: Version) -> PlannedFinding:
    return PlannedFinding(
        check="chart-kube-version",
        severity="blocker",
        message=(
            f"chart {component.name} {component.info.version} does not support Kubernetes {to}"
            f" (kubeVersion {component.info.kube_version}): name a newer version in the release."
        ),
    )


def _incomplete(component: ComponentInput) -> PlannedFinding:
    missing = ", ".join(component.info.missing_dependencies)
    return PlannedFinding(
        check="chart-dependencies",
        severity="blocker",
        message=f"chart {component.name} {component.info.version} lacks its dependencies {missing}.",
    )


def _installed_is_newer(component: ComponentInput) -> PlannedFinding:
    return PlannedFinding(
        check="chart-older-than-installed",
        severity="warning",
        message=(
            f"chart {component.name} is installed at {component.installed}, newer than the release's"
            f" {component.info.version}: it is left as it is."
        ),
    )
