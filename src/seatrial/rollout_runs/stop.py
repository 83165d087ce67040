"""The fleet-wide stop: a file beside the state, and a row in it. Either alone holds everything back.

The file works when the database is away, when no server runs, and with nothing but `touch`.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec

from seatrial.errors import SeatrialError
from seatrial.private_folder import make_private
from seatrial.store import Stop, Store
from seatrial.whole_file import write_whole

STOP_FILE = "STOP"


class StopSwitch(Protocol):
    async def stopped(self) -> Stop | None:
        """The stop in force; asked again before each start."""


class FleetStop:
    """`StopSwitch` over the file `STOP` in the state folder and the row in the store."""

    def __init__(self, folder: Path, store: Store | None) -> None:
        self._file = folder / STOP_FILE
        self._store = store

    async def stopped(self) -> Stop | None:
        found = self._from_file()
        if found is None and self._store is not None:
            return await self._store.stopped()
        return found

    def _from_file(self) -> Stop | None:
        """A file that is there but cannot be read stops as well."""
        try:
            data = self._file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            reason = error.strerror or type(error).__name__
            return _unsigned(f"{self._file}: {reason}")
        try:
            said = msgspec.json.decode(data, type=_Words)
        except msgspec.MsgspecError:
            written = data.decode("utf-8", "replace").strip()
            return Stop(
                by="unknown", at=datetime.fromtimestamp(0, UTC), why=written or f"{self._file} exists"
            )
        return Stop(by=said.by, at=said.at, why=said.why)

    def write_file(self, stop: Stop) -> None:
        """Order the stop where no database is needed; survives a crash right after."""
        make_private(self._file.parent)
        write_whole(self._file, msgspec.json.encode(_Words(by=stop.by, at=stop.at, why=stop.why)))

    def remove_file(self) -> None:
        with suppress(FileNotFoundError):
            self._file.unlink()


class StopKeeper(Protocol):
    """Where an order to stop is kept."""

    async def order(self, stop: Stop) -> str:
        """Keep it; say what is worth knowing about how, if anything."""

    async def lift(self, *, by: str, at: datetime) -> None: ...


class KeptBesideState:
    """For a process that drives rollouts alone: the file first, since it holds without a database."""

    def __init__(self, files: FleetStop, store: Store) -> None:
        self._files, self._store = files, store

    async def order(self, stop: Stop) -> str:
        self._files.write_file(stop)
        try:
            await self._store.stop(stop)
        except SeatrialError as error:
            return f"the database could not be told ({error}); the file alone holds."
        return ""

    async def lift(self, *, by: str, at: datetime) -> None:
        await self._store.lift_stop(by=by, at=at)
        self._files.remove_file()


class KeptForWorkers(KeptBesideState):
    """For one of many workers: the row stops all of them, a file this one alone, and is a last resort.

    A file besides the row would go on holding this worker back after the stop was lifted elsewhere.
    """

    async def order(self, stop: Stop) -> str:
        try:
            await self._store.stop(stop)
        except SeatrialError as error:
            self._files.write_file(stop)
            return f"the database could not be told ({error}); a file holds this worker alone."
        return ""


class _Words(msgspec.Struct, frozen=True):
    by: str
    at: datetime
    why: str


def _unsigned(why: str) -> Stop:
    return Stop(by="unknown", at=datetime.fromtimestamp(0, UTC), why=why)
