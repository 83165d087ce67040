"""Which kubeconfig file Helm is given, and which provider answers for a cluster."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.plan.builders import plan

from seatrial.clock import SimulatedClock, WallClock
from seatrial.cluster.version import Minor, Version
from seatrial.errors import BadInput
from seatrial.kube import ClusterAccess, Token, Unauthorized
from seatrial.providers.simulated import SimulatedProvider, flavour
from seatrial.providers.simulated.http_api import answer
from seatrial.providers.wire import PREFIX
from seatrial.simulator.default import default_cluster
from seatrial.simulator.kubeconfig import write_kubeconfig
from seatrial.simulator.server import SimulatorServer
from seatrial.wiring.applying import live_performer
from seatrial.wiring.providers import NoProviderAdapter, provider_for
from seatrial.wiring.reaching import Reach, file_for_helm, find_reach

CLUSTER = """
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
"""
CONTEXT = """
apiVersion: v1
kind: Config
users: [{name: u, user: {token: t}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
"""


def test_helm_gets_the_one_file_that_holds_the_whole_context(tmp_path: Path) -> None:
    other, whole = tmp_path / "other", tmp_path / "whole"
    other.write_text(CLUSTER.replace("name: c", "name: d"))
    whole.write_text(CLUSTER + CONTEXT.replace("apiVersion: v1\nkind: Config\n", ""))
    reach = find_reach(None, "", environment={"KUBECONFIG": f"{other}:{whole}"})
    assert (reach.kubeconfig, reach.context) == (whole, "x")


def test_a_context_spread_over_files_is_reached_but_not_given_to_helm(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text(CLUSTER)
    two.write_text(CONTEXT)
    reach = find_reach(None, "x", environment={"KUBECONFIG": f"{one}:{two}"})
    assert reach.access.server == "https://127.0.0.1:1"
    with pytest.raises(BadInput, match="kubectl config view --flatten"):
        file_for_helm(reach)


async def test_a_plan_is_not_begun_when_helm_cannot_be_given_its_context(tmp_path: Path) -> None:
    reach = Reach(ClusterAccess("x", "https://127.0.0.1:1"), None, "x", {})
    with pytest.raises(BadInput, match="Helm needs one kubeconfig file"):
        await live_performer(plan(), reach, WallClock())


def on_cluster(tmp_path: Path, story: Callable[[Reach], Awaitable[None]], *, provider: bool) -> None:
    clock = SimulatedClock()

    async def main() -> None:
        server = SimulatorServer(clock)
        cluster = default_cluster("blue", Minor(1, 33), clock)
        simulated = SimulatedProvider(cluster, flavour("aks"), Version(1, 33, 1))
        await server.start()
        try:
            server.add(cluster, extensions={PREFIX: partial(answer, simulated)} if provider else None)
            write_kubeconfig(tmp_path / "kubeconfig", server.endpoints())
            await story(find_reach(tmp_path / "kubeconfig", "blue", environment={}))
        finally:
            await server.stop()

    clock.run(main())


def test_a_simulated_cluster_answers_for_its_provider(tmp_path: Path) -> None:
    async def story(reach: Reach) -> None:
        async with reach.connected(SimulatedClock()) as session:
            assert (await provider_for(session)).capabilities.kind == "aks"

    on_cluster(tmp_path, story, provider=True)


def test_a_cluster_of_a_provider_without_adapter_is_said_so(tmp_path: Path) -> None:
    async def story(reach: Reach) -> None:
        async with reach.connected(SimulatedClock()) as session:
            with pytest.raises(NoProviderAdapter, match="no adapter for provider 'gke'"):
                await provider_for(session, "gke")

    on_cluster(tmp_path, story, provider=False)


def test_an_expired_token_is_not_taken_for_a_missing_adapter(tmp_path: Path) -> None:
    async def story(reach: Reach) -> None:
        stranger = replace(reach, access=replace(reach.access, login=Token("expired")))
        async with stranger.connected(SimulatedClock()) as session:
            with pytest.raises(Unauthorized):
                await provider_for(session)

    on_cluster(tmp_path, story, provider=True)
