"""One simulator with the oldest, a middle and the newest minor, for every journey of a test session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.simulator.running import Running, running

MINORS = {"old": "1.29", "middle": "1.33", "new": "1.37"}


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("simulator"), MINORS) as one:
        yield one
