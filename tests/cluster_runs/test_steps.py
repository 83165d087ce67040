"""Each kind of step: it observes before it acts, it is harmless twice, and it says what it found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cluster_runs.worlds import World
from tests.plan import builders as b

from seatrial.charts.helm_errors import ReleaseBusy
from seatrial.cluster.helm_release import ReleaseStatus
from seatrial.cluster.release_state import Deployed, Failed, Pending
from seatrial.cluster_runs.performing import (
    FactChanged,
    StepContext,
    StepResult,
    WaitsForOwner,
    already_done,
    succeeded,
)
from seatrial.cluster_runs.steps.fixes import inverse, matches
from seatrial.errors import TemporaryError
from seatrial.plan import Fact, Outcome, Ownership, Plan
from seatrial.plan.facts import budgets_fact, chart_fact, control_plane_fact, node_group_fact, replicas_fact
from seatrial.wiring.performing import ClusterPerformer

HOLD, RELEASE = "autoscaler/cluster-autoscaler/hold", "autoscaler/cluster-autoscaler/release"
UP, BACK = "chart/ingress/upgrade", "chart/ingress/roll-back"


@dataclass
class Notes:
    """`StepJournal` in a dictionary."""

    kept: dict[str, dict[str, str]] = field(default_factory=dict)
    operations: list[str] = field(default_factory=list)

    def notes(self, step_id: str) -> Mapping[str, str]:
        return self.kept.get(step_id, {})

    async def note(self, step_id: str, key: str, value: str) -> None:
        self.kept.setdefault(step_id, {})[key] = value

    async def operation_started(self, step_id: str, attempt: int, operation: str) -> None:
        self.operations.append(operation)


class Bench(World):
    """Performs single steps on the world, each with its own context."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.notes = Notes()
        self.performer = ClusterPerformer(self.plan, self.kube, self.kube, self.provider, self.charts)

    async def perform(self, step_id: str, *, attempt: int = 1, **fields: Any) -> StepResult:
        step = self.plan.step(step_id)
        context = StepContext(
            plan=self.plan,
            run_id="run-1",
            step=step,
            attempt=attempt,
            resume=fields.pop("resume", False),
            operation=fields.pop("operation", ""),
            begun_at=self.clock.now(),
            clock=self.clock,
            journal=self.notes,
            observe=self.performer.observe,
        )
        return await self.performer.perform(step, context)

    def play(self, story: Callable[[], Awaitable[None]]) -> None:
        self.clock.run(story())  # type: ignore[arg-type]

    def replicas(self, name: str, namespace: str) -> int:
        return int(self.kube.objects["deployments", namespace, name]["spec"]["replicas"])


def with_step(plan: Plan, step_id: str, **changes: Any) -> Plan:
    steps = tuple(
        msgspec.structs.replace(step, **changes) if step.id == step_id else step for step in plan.steps
    )
    return msgspec.structs.replace(plan, steps=steps)


def test_a_hold_taken_twice_does_not_forget_what_was_there() -> None:
    bench = Bench()

    async def story() -> None:
        assert await bench.perform(HOLD) == succeeded("held at 0 replicas; it had 2.")
        assert await bench.perform(HOLD, resume=True) == succeeded("held at 0 replicas; it had 2.")
        assert bench.replicas("cluster-autoscaler", "kube-system") == 0
        assert await bench.perform(RELEASE) == succeeded("back at 2 replicas.")
        assert await bench.perform(RELEASE) == already_done("it is at 2 replicas already.")

    bench.play(story)


def test_an_autoscaler_is_back_when_its_pods_are_and_is_not_waited_for_without_end() -> None:
    bench = Bench()

    async def story() -> None:
        await bench.perform(HOLD)
        scaler = bench.kube.objects["deployments", "kube-system", "cluster-autoscaler"]
        scaler["spec"], scaler["status"] = {"replicas": 2}, {"replicas": 2}
        began = bench.clock.monotonic()
        said = "it is at 2 replicas already, which are not ready yet."
        assert await bench.perform(RELEASE, resume=True) == already_done(said)
        assert 120 <= bench.clock.monotonic() - began < 130
        bench.clock.call_later(30, lambda: scaler["status"].update(readyReplicas=2))
        began = bench.clock.monotonic()
        assert await bench.perform(RELEASE, resume=True) == already_done("it is at 2 replicas already.")
        assert 30 <= bench.clock.monotonic() - began < 40

    bench.play(story)


def test_an_autoscaler_that_was_off_before_stays_off() -> None:
    bench = Bench()
    bench.kube.objects["deployments", "kube-system", "cluster-autoscaler"]["spec"]["replicas"] = 0

    async def story() -> None:
        assert (await bench.perform(HOLD)).outcome is Outcome.ALREADY_DONE
        assert await bench.perform(RELEASE) == already_done("there was nothing to put back.")
        assert bench.replicas("cluster-autoscaler", "kube-system") == 0

    bench.play(story)


def test_a_fix_is_put_back_exactly_and_left_alone_when_somebody_changed_it() -> None:
    bench = Bench()

    async def story() -> None:
        await bench.perform("fix/web/apply")
        assert bench.replicas("web", "shop") == 2
        await bench.perform("fix/web/revert")
        assert bench.replicas("web", "shop") == 1
        assert await bench.perform("fix/web/revert") == already_done("it was put back already.")
        await bench.perform("fix/web/apply")
        bench.kube.objects["deployments", "shop", "web"]["spec"]["replicas"] = 7
        assert (await bench.perform("fix/web/revert")).detail == (
            "somebody has changed it since; it is left as it is."
        )
        assert bench.replicas("web", "shop") == 7

    bench.play(story)


def test_a_control_plane_that_somebody_upgraded_is_left_alone() -> None:
    bench = Bench()
    bench.provider.version = "1.34.5"

    async def story() -> None:
        assert await bench.perform("control-plane") == already_done("the control plane is at 1.34.2.")
        assert bench.provider.started == []

    bench.play(story)


def test_an_operation_that_runs_already_is_adopted_by_its_target() -> None:
    bench = Bench()

    async def story() -> None:
        from seatrial.cluster.version import Version

        running = await bench.provider.start_control_plane_upgrade(Version(1, 34, 2), token="other")
        assert (await bench.perform("control-plane", resume=True)).outcome is Outcome.SUCCEEDED
        assert bench.provider.started == ["control-plane"]
        assert bench.notes.operations == [running.id]

    bench.play(story)


def test_a_failed_operation_of_an_earlier_attempt_is_not_taken_for_this_ones() -> None:
    bench = Bench()
    reasons = iter(("quota", ""))
    bench.provider.refuse = lambda target: next(reasons)

    async def story() -> None:
        assert (await bench.perform("control-plane")).detail == "quota"
        assert (await bench.perform("control-plane", attempt=2)).outcome is Outcome.SUCCEEDED
        assert bench.provider.started == ["control-plane", "control-plane"]

    bench.play(story)


def test_each_attempt_has_its_own_token_and_keeps_it() -> None:
    bench = Bench()
    context = StepContext(
        plan=bench.plan,
        run_id="run-1",
        step=bench.plan.step("control-plane"),
        attempt=1,
        resume=False,
        operation="",
        begun_at=b.T0,
        clock=bench.clock,
        journal=bench.notes,
        observe=bench.performer.observe,
    )
    assert context.token == replace(context, resume=True).token
    assert context.token != replace(context, attempt=2).token
    assert len(context.token) == 32


def test_a_changed_fact_is_refused_by_name_right_before_acting() -> None:
    plan = with_step(World().plan, "control-plane", facts=(control_plane_fact("1.33.3"),))
    bench = Bench(plan=plan)

    async def story() -> None:
        with pytest.raises(FactChanged, match=r"control-plane/version was '1.33.3' and is '1.33.4' now"):
            await bench.perform("control-plane")
        assert bench.provider.started == []

    bench.play(story)


@pytest.mark.parametrize(
    ("fact", "now"),
    [
        (control_plane_fact("x"), "1.33.4"),
        (node_group_fact("default", "x"), "1.33.4"),
        (node_group_fact("gone", "x"), ""),
        (chart_fact("infra", "ingress", "x"), "1.0.0"),
        (chart_fact("infra", "gone", "x"), ""),
        (replicas_fact("deployments", "shop", "web", 9), "1"),
        (replicas_fact("deployments", "shop", "gone", 9), ""),
        (budgets_fact("x"), 'shop/web minAvailable 1 over {"matchLabels":{"app":"web"}}'),
    ],
)
def test_every_fact_can_be_looked_up(fact: Fact, now: str) -> None:
    bench = Bench()
    bench.kube.add(
        "poddisruptionbudgets",
        "web",
        "shop",
        spec={"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
    )

    async def story() -> None:
        assert await bench.performer.observe(fact) == now

    bench.play(story)


def test_a_new_budget_stops_the_nodes_and_a_retry_goes_on_all_the_same() -> None:
    plan = with_step(World().plan, "node-group/default/upgrade", facts=(budgets_fact(""),))
    bench = Bench(plan=plan)
    bench.kube.add("poddisruptionbudgets", "web", "shop", spec={"maxUnavailable": 0})

    async def story() -> None:
        with pytest.raises(FactChanged, match=r"budget shop/web was absent and is 'maxUnavailable 0 over"):
            await bench.perform("node-group/default/upgrade")
        result = await bench.perform("node-group/default/upgrade", attempt=2)
        assert result.outcome is Outcome.SUCCEEDED

    bench.play(story)


def test_preflight_waits_for_a_provider_that_is_at_work() -> None:
    bench = Bench()

    async def story() -> None:
        from seatrial.cluster.version import Version

        await bench.provider.start_node_group_upgrade("default", Version(1, 33, 4), token="t")
        with pytest.raises(TemporaryError, match="op-1"):
            await bench.perform("preflight")

    bench.play(story)


def test_preflight_refuses_another_cluster() -> None:
    bench = Bench()
    bench.kube.objects["namespaces", "", "kube-system"]["metadata"]["uid"] = "another"

    async def story() -> None:
        assert (await bench.perform("preflight")).outcome is Outcome.FAILED

    bench.play(story)


def test_the_end_is_judged_by_what_was_ready_before() -> None:
    bench = Bench()
    bench.kube.add("deployments", "sick", "shop", spec={"replicas": 1}, status={"readyReplicas": 0})

    async def story() -> None:
        await bench.perform("preflight")
        assert (await bench.perform("verify")).outcome is Outcome.SUCCEEDED
        web = bench.kube.objects["deployments", "shop", "web"]
        web["status"] = {"readyReplicas": 0}
        bench.clock.call_later(100, lambda: web.update(status={"readyReplicas": 1}))
        assert (await bench.perform("verify")).outcome is Outcome.SUCCEEDED
        assert bench.notes.notes("verify")["progress"] == "shop/deployment/web has 0 of 1 pods ready"

    bench.play(story)


def test_nodes_are_verified_one_by_one() -> None:
    bench = Bench()
    node = bench.kube.objects["nodes", "", "default-1"]
    node["status"]["nodeInfo"]["kubeletVersion"] = "v1.34.2-eks-1a2b"
    node["spec"] = {"unschedulable": True}

    async def story() -> None:
        bench.clock.call_later(60, lambda: node["spec"].clear())
        assert await bench.perform("node-group/default/verify") == succeeded("1 nodes are Ready at 1.34.2.")
        assert bench.notes.notes("node-group/default/verify")["progress"] == "default-1 is cordoned"

    bench.play(story)


def test_a_release_that_a_killed_helm_left_pending_is_brought_back_first() -> None:
    bench = Bench()
    bench.notes.kept[UP] = {"revision-before": "1"}
    bench.charts.releases["ingress"] = Pending("2.0.0", 2, ReleaseStatus.PENDING_UPGRADE, 1)

    async def story() -> None:
        await bench.perform(UP, resume=True)
        assert bench.charts.calls == ["rollback ingress", "upgrade ingress"]
        assert bench.charts.releases["ingress"] == Deployed("2.0.0", 3)

    bench.play(story)


def test_a_helm_that_outlived_its_parent_is_given_time_to_end() -> None:
    bench = Bench()
    bench.notes.kept[UP] = {"revision-before": "1"}
    bench.charts.releases["ingress"] = Pending("2.0.0", 2, ReleaseStatus.PENDING_UPGRADE, 1)

    async def story() -> None:
        done = Deployed("2.0.0", 2)
        bench.clock.call_later(4, lambda: bench.charts.releases.update(ingress=done))
        result = await bench.perform(UP, resume=True)
        assert result == already_done("ingress is at 2.0.0, revision 2.")
        assert bench.charts.calls == []

    bench.play(story)


def test_a_helm_that_begins_between_our_look_and_our_call_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench()

    async def refuse(*_: object, **__: object) -> int:
        raise ReleaseBusy("UPGRADE FAILED: another operation is in progress")

    monkeypatch.setattr(bench.charts, "upgrade", refuse)

    async def story() -> None:
        with pytest.raises(TemporaryError, match="another Helm is at work"):
            await bench.perform(UP)

    bench.play(story)


def test_a_pending_release_of_somebody_else_is_waited_for() -> None:
    bench = Bench()
    bench.charts.releases["ingress"] = Pending("2.0.0", 2, ReleaseStatus.PENDING_UPGRADE, 1)

    async def story() -> None:
        with pytest.raises(TemporaryError, match="another Helm is at work"):
            await bench.perform(UP)
        assert bench.charts.calls == []

    bench.play(story)


def test_a_failed_helm_is_rolled_back_and_a_chart_that_was_new_is_removed() -> None:
    bench = Bench()

    async def story() -> None:
        bench.notes.kept[UP] = {"revision-before": "1", "revision": ""}
        bench.charts.releases["ingress"] = Failed("2.0.0", 2, 1)
        await bench.perform(BACK)
        assert bench.charts.calls == ["rollback ingress"]
        bench.notes.kept[UP] = {"revision-before": "0", "revision": "1"}
        bench.charts.releases["ingress"] = Deployed("2.0.0", 1)
        await bench.perform(BACK)
        assert bench.charts.calls == ["rollback ingress", "uninstall ingress"]
        assert await bench.perform(BACK) == already_done("it is as it was before.")

    bench.play(story)


@pytest.mark.parametrize("ownership", [Ownership.HANDOFF, Ownership.OBSERVE])
def test_what_somebody_else_owns_is_waited_for_and_not_touched(ownership: Ownership) -> None:
    plan = with_step(World().plan, "control-plane", ownership=ownership, owner="terraform")
    bench = Bench(plan=plan)

    async def story() -> None:
        for _ in range(2):
            with pytest.raises(WaitsForOwner, match="waiting for terraform"):
                await bench.perform("control-plane")
        bench.provider.version = "1.34.2"
        assert await bench.perform("control-plane") == succeeded("terraform made the change.")
        assert bench.provider.started == []

    bench.play(story)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "a"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
json_objects = st.dictionaries(st.sampled_from("abc"), json_values, max_size=3)


def patched(obj: Any, patch: Any) -> Any:
    """RFC 7386, as the API server applies it."""
    if not isinstance(patch, dict):
        return patch
    found = dict(obj) if isinstance(obj, dict) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = patched(found.get(key), value)
    return found


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(each) for key, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


@given(json_objects.map(without_nulls), json_objects)
def test_the_inverse_of_a_patch_takes_it_back(found: dict[str, Any], patch: dict[str, Any]) -> None:
    changed = patched(found, patch)
    assert matches(changed, patch)
    assert patched(changed, inverse(found, patch)) == found
