"""The story that the demo tells: check, rehearse, fix, roll out, be stopped, go on, report.

Every act runs what the commands run and looks at what really came of it. An act that ends otherwise
than told ends the demo with an error: it never pretends.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from seatrial.capture.live import from_live
from seatrial.charts import find_helm
from seatrial.checks.registry import kinds_to_read
from seatrial.checks.run import check_snapshot
from seatrial.clock import SimulatedClock, WallClock
from seatrial.cluster.findings import Report
from seatrial.cluster.objects import GroupVersionResource, Obj
from seatrial.cluster.version import Minor
from seatrial.demo.files import DemoFiles
from seatrial.demo.helm_calls import HelmCalls
from seatrial.demo.narration import Narrator
from seatrial.demo.page import write_page
from seatrial.demo.rehearsing import rehearse_cluster
from seatrial.demo.rolling import Rolled, roll_out
from seatrial.demo.summary import (
    ClusterEnd,
    Missed,
    Summary,
    approvals_in,
    attempts_in,
    retried_by,
)
from seatrial.demo.world import NODES, DemoWorld
from seatrial.errors import SeatrialError
from seatrial.fleet.load import read_fleet
from seatrial.fleet.resolve import resolve
from seatrial.kube import ReadClient, WriteClient, connect_to_read
from seatrial.plan import Plan
from seatrial.plan.making import blockers_of
from seatrial.rehearsal import RehearsalReport
from seatrial.rehearsal.report import BlockedPod, StepReport
from seatrial.rollout.status import RolloutPhase
from seatrial.simulator.store import ResourceKey
from seatrial.wiring.planning import PlanRequest, plan_live
from seatrial.wiring.providers import provider_for
from seatrial.wiring.reaching import Reach, find_reach
from seatrial.wiring.simulated import newest_patch

# When 1.32 was the newest minor but one that both providers offered, with the patches known now.
BEGINNING = datetime(2026, 2, 27, 8, tzinfo=UTC)
CHECKED = "acme-staging"
REHEARSED = "acme-prod"
MOST_HELM_CALLS = 60
_BUDGETS = GroupVersionResource("policy", "v1", "poddisruptionbudgets")


class StoryBroken(SeatrialError):
    """Something did not happen as the demo tells it: the demo says so instead of pretending."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the demo did not go as it should: {what}.",
            next_step="Please report it; `seatrial demo --dir FOLDER` keeps the journal to look at.",
        )


class Story:
    """One telling; `world` is started here, and left running for whoever wants to look around."""

    def __init__(
        self,
        files: DemoFiles,
        clock: SimulatedClock,
        environment: Mapping[str, str],
        narrator: Narrator,
        calls: HelmCalls,
    ) -> None:
        self.files = files
        self.clock = clock
        self.environment = environment
        self.narrator = narrator
        self.calls = calls
        self.world: DemoWorld | None = None
        self._wall = WallClock()
        self._began = self._wall.monotonic()

    async def tell(self) -> Summary:
        world = await self.begin()
        release, strategy = world.fleet.releases[0].name, world.fleet.strategies[0].name
        await self.check(CHECKED)
        await self.plan(CHECKED, release)
        predicted = await self.rehearse(REHEARSED, release)
        missed = await self.fix(REHEARSED, predicted)
        again = await self.rehearse_again(REHEARSED, release)
        reports = {REHEARSED: again}
        await self.rehearse_the_others(release, reports)
        rolled = await self.roll_out(release, strategy, reports)
        summary = await self.sum_up(release, rolled, reports, predicted, missed)
        write_page(self.files.report, summary)
        self.narrator.summed_up(summary)
        if summary.all_helm_calls > MOST_HELM_CALLS:
            raise StoryBroken(f"Helm was called {summary.all_helm_calls} times instead of {MOST_HELM_CALLS}")
        return summary

    async def begin(self) -> DemoWorld:
        """Make the fleet and serve it."""
        narrator = self.narrator
        helm = await find_helm(environment=self.environment, folder=Path.cwd())
        self.world = world = DemoWorld(self.files, self.clock, helm)
        count = len(world.clusters)
        narrator.act(f"A fleet of {count} clusters")
        with narrator.working(f"making {count} simulated clusters with their releases and apps"):
            await world.start(self.environment)
        rows = []
        for each in world.clusters.values():
            minor = each.cluster.minor
            pods = len(list(each.cluster.store.records(ResourceKey("", "pods"))))
            rows.append(
                (
                    each.spec.name,
                    each.spec.tier.value,
                    f"like {each.spec.provider.kind}",
                    str(newest_patch(minor)),
                    str(NODES),
                    str(pods),
                )
            )
        narrator.table(("CLUSTER", "TIER", "PROVIDER", "VERSION", "NODES", "PODS"), rows)
        stack = ", ".join(component.name for component in world.fleet.stack)
        narrator.say(
            f"Each runs the stack ({stack}) as releases of Helm {helm.version}, and a customer's apps.",
            f"They live in this process and answer to real kubectl and helm. Their clock shows"
            f" {self.clock.now():%A %Y-%m-%d %H:%M} UTC and leaps over whatever nobody needs to see.",
            f"The fleet file: {self.files.fleet}",
        )
        return world

    async def check(self, cluster: str) -> Report:
        """`seatrial check` on one cluster."""
        self.narrator.act(f"Is {cluster} ready for the next minor?")
        self.narrator.command(f"seatrial check --context {cluster} --kubeconfig {self.files.kubeconfig}")
        async with connect_to_read(self._reach(cluster).access, self.clock) as client:
            snapshot = await from_live(client, self.clock, kinds=kinds_to_read())
        report = check_snapshot(snapshot, snapshot.meta.minor.plus(1))
        self.narrator.checked(report)
        if not report.findings:
            raise StoryBroken(f"the checks found nothing on {cluster}")
        return report

    async def plan(self, cluster: str, release: str) -> Plan:
        """`seatrial plan`: what becomes of the findings when the fleet's release is installed."""
        target = resolve(read_fleet(self.files.fleet), cluster, release, self.files.folder)
        request = PlanRequest(to=target.kubernetes, by="demo", fleet_target=target)
        planned = await plan_live(self._reach(cluster), self.clock, request)
        left = blockers_of(planned.plan)
        settled = len(planned.report.blockers) - len(left)
        self.narrator.say(
            f"The plan of release {release} for it has {len(planned.plan.steps)} steps; they settle {settled}"
            f" of {len(planned.report.blockers)} blockers: charts are upgraded before the control plane."
        )
        if left:
            raise StoryBroken(f"the plan for {cluster} is blocked: {left[0].message}")
        return planned.plan

    async def rehearse(self, cluster: str, release: str) -> RehearsalReport:
        """`seatrial rehearse` on the cluster whose drain cannot finish."""
        self.narrator.act(f"What would happen on {cluster}? A rehearsal on its twin")
        report = await self._rehearse(cluster, release)
        self.narrator.rehearsed(report)
        step, pod = blocked_drain(report)
        begins = minutes_in(report, step)
        ends = begins + (step.simulated_seconds or 0.0) / 60
        self.narrator.say(
            f"So, before anybody touched {cluster}: {begins:.0f} minutes into its upgrade the step"
            f" {step.title!r} begins,",
            f"and in minute {ends:.0f} it gives up, half done: the drain of node {pod.node} cannot finish,"
            f" for budget {pod.budget} does not let pod {pod.pod} go.",
        )
        return report

    async def fix(self, cluster: str, report: RehearsalReport) -> Missed:
        """Loosen the budget that the rehearsal named, through the API."""
        self.narrator.act("The fix")
        step, pod = blocked_drain(report)
        namespace, _, name = pod.budget.partition("/")
        patch = {"spec": {"minAvailable": None, "maxUnavailable": 1}}
        self.narrator.command(
            f"kubectl --kubeconfig {self.files.kubeconfig} --context {cluster} --namespace {namespace}"
            f" patch poddisruptionbudget {name} --type merge --patch '{json.dumps(patch)}'"
        )
        async with self._reach(cluster).connected(self.clock) as session:
            before = await ReadClient(session).get(_BUDGETS, name, namespace)
            after = await WriteClient(session).patch(_BUDGETS, name, namespace, patch)
        self.narrator.say(*_difference(before, after))
        return Missed(
            cluster=cluster,
            prediction=f"{step.title}: {step.detail}",
            fix=f"budget {pod.budget} changed to maxUnavailable 1",
        )

    async def rehearse_again(self, cluster: str, release: str) -> RehearsalReport:
        report = await self._rehearse(cluster, release)
        self.narrator.rehearsed(report)
        if report.failed:
            raise StoryBroken(f"the rehearsal of {cluster} still fails after the fix: {report.verdict}")
        return report

    async def rehearse_the_others(self, release: str, reports: dict[str, RehearsalReport]) -> None:
        """Each cluster's own rehearsal; `reports` takes them."""
        assert self.world is not None  # noqa: S101  begin made it
        self.narrator.act("The rest of the fleet is rehearsed as well")
        for name in self.world.clusters:
            if name not in reports:
                reports[name] = await self._rehearse(name, release, shown=False)
        rows = [
            (name, f"{report.simulated_seconds / 60:.0f} min", report.verdict)
            for name, report in reports.items()
        ]
        self.narrator.table(("CLUSTER", "TAKES", "VERDICT"), rows)
        failed = [name for name, report in reports.items() if report.failed]
        if failed:
            raise StoryBroken(f"rehearsals predict failures on {', '.join(failed)}")

    async def roll_out(self, release: str, strategy: str, reports: Mapping[str, RehearsalReport]) -> Rolled:
        assert self.world is not None  # noqa: S101  begin made it
        self.narrator.act(f"The rollout of release {release}, stage by stage")
        rolled = await roll_out(
            self.files,
            release,
            strategy,
            clock=self.clock,
            helm=self.world.helm,
            environment=self.environment,
            narrator=self.narrator,
            rehearsals=reports,
        )
        if rolled.status.phase is not RolloutPhase.SUCCEEDED:
            raise StoryBroken(f"the rollout is {rolled.status.phase.value}: {rolled.status.happening}")
        if not rolled.halts:
            raise StoryBroken("no failure stopped the rollout, though the provider's fault file holds one")
        return rolled

    async def sum_up(
        self,
        release: str,
        rolled: Rolled,
        reports: Mapping[str, RehearsalReport],
        predicted: RehearsalReport,
        missed: Missed,
    ) -> Summary:
        self.narrator.act("How it ended")
        ends = [await self._end_of(name, reports[name], rolled) for name in reports]
        order = [cluster.name for cluster in rolled.status.clusters]
        minor = Minor.parse(rolled.rollout.kubernetes)
        behind = [end.name for end in ends if Minor.parse(end.after) != minor]
        if behind:
            raise StoryBroken(f"{', '.join(behind)} did not reach {minor}")
        return Summary(
            rollout=rolled.rollout.id,
            release=release,
            started=rolled.rollout.created_at,
            ended=self.clock.now(),
            clusters=tuple(sorted(ends, key=lambda end: order.index(end.name))),
            approvals=approvals_in(rolled.events),
            prevented=(missed,),
            rehearsals=(predicted, reports[predicted.cluster]),
            helm_calls=dict(self.calls.by_verb),
            wall_seconds=self._wall.monotonic() - self._began,
        )

    async def _end_of(self, name: str, report: RehearsalReport, rolled: Rolled) -> ClusterEnd:
        assert self.world is not None  # noqa: S101  begin made it
        spec = self.world.clusters[name].spec
        async with self._reach(name).connected(self.clock) as session:
            after = (await (await provider_for(session)).state()).version
        return ClusterEnd(
            name=name,
            tier=spec.tier.value,
            provider=spec.provider.kind,
            before=report.from_version,
            after=after,
            predicted=report.simulated_seconds,
            attempts=attempts_in(rolled.events, name),
            retried_by=retried_by(rolled.events, name),
        )

    async def _rehearse(self, cluster: str, release: str, *, shown: bool = True) -> RehearsalReport:
        assert self.world is not None  # noqa: S101  begin made it
        if shown:
            self.narrator.command(
                f"seatrial rehearse --fleet {self.files.fleet} --cluster {cluster} --release {release}"
                f" --kubeconfig {self.files.kubeconfig}"
            )
        with self.narrator.working(f"rehearsing {cluster}") as told:
            return await rehearse_cluster(
                self.files,
                cluster,
                release,
                clock=self.clock,
                helm=self.world.helm,
                environment=self.environment,
                told=told,
            )

    def _reach(self, cluster: str) -> Reach:
        return find_reach(self.files.kubeconfig, cluster, environment=self.environment, home=Path.home())


def blocked_drain(report: RehearsalReport) -> tuple[StepReport, BlockedPod]:
    """The step that fails for a budget, and the first pod that it holds; raise `StoryBroken` without one."""
    for step in report.failed:
        named = [pod for pod in step.blocked if pod.pod in step.detail]
        for pod in (*named, *step.blocked):
            return step, pod
    raise StoryBroken(f"the rehearsal of {report.cluster} predicts no drain that cannot finish")


def minutes_in(report: RehearsalReport, step: StepReport) -> float:
    first = min((each.started for each in report.steps if each.started), default=None)
    return (step.started - first).total_seconds() / 60 if step.started and first else 0.0


def _difference(before: Obj, after: Obj) -> list[str]:
    """What changed in the spec, as a diff shows it."""
    old, new = before.get("spec") or {}, after.get("spec") or {}
    gone = [f"- {key}: {old[key]}" for key in sorted(old) if old[key] != new.get(key)]
    return gone + [f"+ {key}: {new[key]}" for key in sorted(new) if new[key] != old.get(key)]
