"""The simulator's own server answers for the provider too, behind the cluster's token."""

import random
from functools import partial

import pytest
from msgspec.structs import replace
from tests.providers.contract import FROM, Stage
from tests.providers.test_simulated import World

from seatrial.kube import ClusterAccess, Token, Unauthorized, connect
from seatrial.providers.remote import remote_provider
from seatrial.providers.simulated.http_api import answer
from seatrial.providers.wire import PREFIX
from seatrial.simulator.server import SimulatorServer


def test_the_provider_is_served_beside_the_cluster_and_only_with_its_token() -> None:
    world = World("eks")

    async def story(stage: Stage) -> None:
        server = SimulatorServer(world.clock)
        server.add(world.cluster, extensions={PREFIX: partial(answer, stage.provider)})
        await server.start()
        endpoint = server.endpoints()[0]
        access = ClusterAccess(
            endpoint.name, endpoint.server, ca=endpoint.ca_pem, login=Token(endpoint.token)
        )
        async with connect(access, world.clock, rng=random.Random(1)) as session:
            assert (await (await remote_provider(session)).state()).version == str(FROM)
        stranger = replace(access, login=Token("guessed"))
        async with connect(stranger, world.clock, rng=random.Random(1)) as session:
            with pytest.raises(Unauthorized):
                await remote_provider(session)
        await server.stop()

    world.play(story)
