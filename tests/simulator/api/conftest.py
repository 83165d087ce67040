"""Each contract test runs in a namespace of its own, in every world there is."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from tests.simulator.api.world import Simulated, World, available, worlds

_numbers = itertools.count()


@pytest.fixture(params=available())
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with worlds(request.param) as one:
        yield one


@pytest.fixture
def namespace(world: World) -> str:
    name = f"contract-{next(_numbers)}"
    assert world("POST", "/api/v1/namespaces", {"metadata": {"name": name}}).code == 201
    return name


@pytest.fixture
def maps(namespace: str) -> str:
    """The URL of the namespace's config maps."""
    return f"/api/v1/namespaces/{namespace}/configmaps"


@pytest.fixture
def deployments(namespace: str) -> str:
    return f"/apis/apps/v1/namespaces/{namespace}/deployments"


@pytest.fixture
def simulated() -> Simulated:
    return Simulated()
