"""Options of the test run, and the PostgreSQL that some tests share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.postgres import PostgresServer


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="Rewrite recorded files from what the code now says; look at the difference before committing.",
    )


@pytest.fixture(scope="session", autouse=True)
def _no_state_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Commands without --state keep theirs in a folder of this run, never in the home of whoever tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL for this test process; a test that stops it starts it again."""
    from tests.postgres import run_postgres

    yield from run_postgres()


@pytest.fixture
def database_url(postgres_server: PostgresServer) -> str:
    """An empty database in it, with a password in the URL."""
    return postgres_server.new_database()
