"""What every `Provider` must do, whichever service it speaks to; one subclass per implementation.

`Stage` is what an implementation's test brings: a provider of a cluster with one node group
"default" of two nodes, both at `FROM`, and its clock.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from seatrial.clock import Clock
from seatrial.cluster.version import Version
from seatrial.errors import NotFound
from seatrial.providers.protocol import Busy, Operation, OperationState, Provider, Refused

FROM = Version(1, 35, 9)
TO = Version(1, 36, 4)


@dataclass(frozen=True, slots=True)
class Stage:
    provider: Provider
    clock: Clock
    starts: Callable[[], int]
    """How many operations the service has really started."""


Play = Callable[[Callable[[Stage], Awaitable[None]]], None]


async def finished(stage: Stage, operation: Operation) -> Operation:
    for _ in range(10_000):
        operation = await stage.provider.operation(operation.id)
        if operation.state != OperationState.RUNNING:
            return operation
        await stage.clock.sleep(15)
    raise AssertionError("the operation never ends")


class ProviderContract:
    @pytest.fixture
    def play(self) -> Play:
        raise NotImplementedError

    def test_an_upgrade_is_an_operation_that_can_be_asked_about(self, play: Play) -> None:
        async def story(stage: Stage) -> None:
            began = await stage.provider.start_control_plane_upgrade(TO, token="a")
            assert began.state == OperationState.RUNNING
            assert (await stage.provider.state()).status == "updating"
            assert (await stage.provider.operations())[0].id == began.id
            ended = await finished(stage, began)
            assert ended.state == OperationState.SUCCEEDED
            assert ended.finished_at is not None
            assert ended.finished_at > ended.started_at
            state = await stage.provider.state()
            assert (state.version, state.status) == (str(TO), "active")

        play(story)

    def test_node_groups_follow_the_control_plane(self, play: Play) -> None:
        async def story(stage: Stage) -> None:
            with pytest.raises(Refused, match="newer than the control plane"):
                await stage.provider.start_node_group_upgrade("default", TO, token="early")
            await finished(stage, await stage.provider.start_control_plane_upgrade(TO, token="a"))
            began = await stage.provider.start_node_group_upgrade("default", TO, token="b")
            ended = await finished(stage, began)
            assert (ended.state, ended.nodes_done, ended.nodes_total) == (OperationState.SUCCEEDED, 2, 2)
            group = (await stage.provider.state()).node_group("default")
            assert group is not None
            assert (group.version, group.size) == (str(TO), 2)

        play(story)

    def test_a_skipped_minor_is_refused(self, play: Play) -> None:
        async def story(stage: Stage) -> None:
            with pytest.raises(Refused, match="skips"):
                await stage.provider.start_control_plane_upgrade(Version(1, 37, 1), token="a")
            assert stage.starts() == 0

        play(story)

    def test_a_step_back_is_refused(self, play: Play) -> None:
        async def story(stage: Stage) -> None:
            with pytest.raises(Refused, match="older"):
                await stage.provider.start_control_plane_upgrade(Version(1, 34, 0), token="a")

        play(story)

    def test_a_busy_resource_names_its_operation(self, play: Play) -> None:
        async def story(stage: Stage) -> None:
            began = await stage.provider.start_control_plane_upgrade(TO, token="a")
            with pytest.raises(Busy) as busy:
                await stage.provider.start_control_plane_upgrade(TO, token="another")
            assert busy.value.operation_id == began.id
            with pytest.raises(Busy):
                await stage.provider.start_node_group_upgrade("default", FROM, token="c")
            await finished(stage, began)
            assert stage.starts() == 1

        play(story)

    def test_the_same_token_starts_one_operation_where_tokens_are_supported(self, play: Play) -> None:
        async def story(stage: Stage) -> None:
            if not stage.provider.capabilities.idempotency_tokens:
                pytest.skip("this service takes no tokens")
            first = await stage.provider.start_control_plane_upgrade(TO, token="a")
            again = await stage.provider.start_control_plane_upgrade(TO, token="a")
            assert (again.id, stage.starts()) == (first.id, 1)

        play(story)

    def test_a_patch_upgrade_is_possible(self, play: Play) -> None:
        async def story(stage: Stage) -> None:
            await finished(stage, await stage.provider.start_control_plane_upgrade(TO, token="a"))
            patch = Version(TO.major, TO.minor, TO.patch + 1)
            ended = await finished(stage, await stage.provider.start_control_plane_upgrade(patch, token="b"))
            assert ended.state == OperationState.SUCCEEDED
            assert (await stage.provider.state()).version == str(patch)

        play(story)

    def test_a_newer_node_image_at_the_same_version_is_its_own_kind(self, play: Play) -> None:
        async def story(stage: Stage) -> None:
            began = await stage.provider.start_node_group_upgrade(
                "default", FROM, image="image-2026-11", token="a"
            )
            assert began.kind == "node-image"
            assert (await finished(stage, began)).state == OperationState.SUCCEEDED
            group = (await stage.provider.state()).node_group("default")
            assert group is not None
            assert (group.version, group.image) == (str(FROM), "image-2026-11")

        play(story)

    def test_unknown_names_are_not_found(self, play: Play) -> None:
        async def story(stage: Stage) -> None:
            with pytest.raises(NotFound, match="nowhere"):
                await stage.provider.start_node_group_upgrade("nowhere", FROM, token="a")
            with pytest.raises(NotFound, match="operation"):
                await stage.provider.operation("nothing-17")

        play(story)
