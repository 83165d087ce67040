"""A program whose start is interrupted is ended, with what it has started, and the interruption goes on."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from seatrial.child_process import start_child


@pytest.mark.parametrize("turns", range(6))
async def test_a_start_that_is_interrupted_leaves_nothing_behind(turns: int, tmp_path: Path) -> None:
    trace = tmp_path / "pid"
    starting = asyncio.ensure_future(
        start_child("sh", "-c", f"echo $$ > {trace}; sleep 600", start_new_session=True)
    )
    for _ in range(turns):
        await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(20):
            await starting
    if trace.exists() and trace.read_text().strip():
        assert await left_of_group(int(trace.read_text())) == []


async def test_a_program_that_does_not_exist_is_told_as_ever(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await start_child(str(tmp_path / "nowhere"))


async def test_no_program_is_told_how_our_database_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATRIAL_STATE", "postgresql://ship:canary@db/x")
    monkeypatch.setenv("PGPASSWORD", "canary")
    for given in ({}, {"env": {"PGPASSWORD": "canary", "PATH": os.environ["PATH"]}}):
        process = await start_child("env", stdout=asyncio.subprocess.PIPE, **given)
        said, _ = await process.communicate()
        assert b"PATH=" in said
        assert b"canary" not in said


async def left_of_group(group: int) -> list[str]:
    """Who is alive when all had time to die of their signal, which only their leader is waited for."""
    for _ in range(100):
        if not alive_in_group(group):
            return []
        await asyncio.sleep(0.05)
    return alive_in_group(group)


def alive_in_group(group: int) -> list[str]:
    """Processes of the group that still run; a zombie does not."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state, _, its_group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state not in "ZX" and os.getpid() != int(entry.name):
            found.append(entry.name)
    return found
