"""A new PostgreSQL database for each trial, dropped when all was well: 8 MB each."""

from __future__ import annotations

import psycopg
from tests.postgres import PostgresServer


class TrialDatabases:
    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    def create(self) -> str:
        return self._server.new_database()

    def drop(self, url: str) -> None:
        name = url.rpartition("/")[2]
        with psycopg.connect(self._server.url("postgres"), autocommit=True) as db:
            db.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
