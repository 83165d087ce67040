"""The demo's failures live in the clusters' objects and in the provider's fault file, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.demo.telling import told

from seatrial.cluster.objects import GroupVersionResource
from seatrial.demo.files import lay_out
from seatrial.demo.rolling import roll_out
from seatrial.demo.story import REHEARSED, Story, StoryBroken, blocked_drain
from seatrial.kube import WriteClient
from seatrial.rollout.status import RolloutPhase
from seatrial.wiring.reaching import find_reach

pytestmark = pytest.mark.journey
BUDGETS = GroupVersionResource("policy", "v1", "poddisruptionbudgets")


def test_prediction_is_gone_when_the_budget_alone_is_removed(tmp_path: Path) -> None:
    files = lay_out(tmp_path / "demo")

    async def act(story: Story) -> None:
        await story.begin()
        step, pod = blocked_drain(await story.rehearse(REHEARSED, "spring"))
        assert step.id == "node-group/default/upgrade"
        assert pod.budget == "acme-shop/checkout"
        assert pod.pod.startswith("acme-shop/checkout-")
        reach = find_reach(files.kubeconfig, REHEARSED, environment=story.environment)
        async with reach.connected(story.clock) as session:
            await WriteClient(session).delete(BUDGETS, "checkout", "acme-shop")
        assert (await story.rehearse_again(REHEARSED, "spring")).failed == ()

    told(files, act)


def test_rollout_goes_through_without_a_stop_when_the_fault_alone_is_removed(tmp_path: Path) -> None:
    files = lay_out(tmp_path / "demo")
    files.faults.write_text("{}")
    files.objects.joinpath("acme-prod.yaml").unlink()  # it would block production's plan

    async def act(story: Story) -> None:
        world = await story.begin()
        rolled = await roll_out(
            files,
            "spring",
            "careful",
            clock=story.clock,
            helm=world.helm,
            environment=story.environment,
            narrator=story.narrator,
        )
        assert rolled.status.phase is RolloutPhase.SUCCEEDED
        assert rolled.halts == ()
        assert {cluster.attempt for cluster in rolled.status.clusters} == {1}

    commands = told(files, act)
    assert [line.split()[:3] for line in commands] == [
        ["seatrial", "rollout", "start"],
        ["seatrial", "rollout", "approve"],
    ]


def test_demo_fails_when_its_prediction_does_not_come(tmp_path: Path) -> None:
    files = lay_out(tmp_path / "demo")
    files.objects.joinpath("acme-prod.yaml").unlink()

    async def act(story: Story) -> None:
        await story.tell()

    with pytest.raises(StoryBroken, match="predicts no drain that cannot finish") as broken:
        told(files, act)
    assert broken.value.exit_code == 4
