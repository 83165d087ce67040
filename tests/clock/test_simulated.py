"""The simulation's clock: jumps when idle, stands still when something is under way."""

import asyncio
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
from aiohttp import ClientSession, web

from seatrial.clock import SimulatedClock
from seatrial.clock import simulated as module
from seatrial.clock.simulated import SimulationStalled

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_an_idle_week_costs_nothing() -> None:
    clock = SimulatedClock(START)

    async def wait() -> datetime:
        await clock.sleep(7 * 24 * 3600)
        return clock.now()

    began = time.monotonic()
    assert clock.run(wait()) == datetime(2026, 1, 8, tzinfo=UTC)
    assert time.monotonic() - began < 5


def test_sleepers_wake_in_order_of_their_times_and_then_of_their_asking() -> None:
    clock = SimulatedClock(START)
    woken: list[str] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(f"{name}@{clock.monotonic():.0f}")

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for name, seconds in (("c", 30), ("a", 10), ("b1", 20), ("b2", 20)):
                group.create_task(sleeper(name, seconds))

    clock.run(main())
    assert woken == ["a@10", "b1@20", "b2@20", "c@30"]


def test_a_cancelled_sleep_leaves_no_event_behind() -> None:
    clock = SimulatedClock(START)

    async def too_long() -> None:
        with clock.hold("keeps the clock still"):
            async with asyncio.timeout(0.01):
                await clock.sleep(3600)

    async def main() -> float:
        with pytest.raises(TimeoutError):
            await too_long()
        await clock.sleep(1)
        return clock.monotonic()

    assert clock.run(main()) == 1


def test_time_stands_still_while_a_request_is_in_flight() -> None:
    clock = SimulatedClock(START)

    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(0.2)  # the wall's time: a slow machine
        return web.Response(text="ok")

    async def main() -> tuple[float, float]:
        app = web.Application()
        app.router.add_get("/", slow)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        impatient = asyncio.ensure_future(clock.sleep(60))
        async with ClientSession() as session:
            with clock.hold("GET /"):
                async with session.get(f"http://127.0.0.1:{port}/") as reply:
                    await reply.read()
                after_request = clock.monotonic()
        await impatient
        await runner.cleanup()
        return after_request, clock.monotonic()

    assert clock.run(main()) == (0.0, 60.0)


def test_time_stands_still_while_a_subprocess_runs() -> None:
    clock = SimulatedClock(START)

    async def main() -> float:
        other = asyncio.ensure_future(clock.sleep(5))
        with clock.hold("helm"):
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-c", "import time; time.sleep(0.2)", stdout=subprocess.DEVNULL
            )
            await child.wait()
            held_at = clock.monotonic()
        await other
        return held_at

    assert clock.run(main()) == 0.0


def test_a_deadline_is_not_reached_before_a_waiting_subprocess_has_looked() -> None:
    clock = SimulatedClock(START)
    looks: list[float] = []

    async def main() -> None:
        deadline = asyncio.ensure_future(clock.sleep(600, deadline=True))
        with clock.poll_window("helm --wait"):
            await asyncio.sleep(0.15)
            assert not deadline.done()
            looks.append(clock.monotonic())
            clock.polled()
            await asyncio.sleep(0.1)
        await deadline

    clock.run(main())
    assert looks == [0.0]
    assert clock.monotonic() == 600


def test_events_go_on_one_by_one_while_a_subprocess_waits_for_the_cluster() -> None:
    clock = SimulatedClock(START)
    seen: list[float] = []

    async def main() -> None:
        with clock.poll_window("helm --wait"):
            for _ in range(3):
                await clock.sleep(2)
                seen.append(clock.monotonic())

    clock.run(main())
    assert seen == [2, 4, 6]


def test_a_subprocess_that_waits_for_the_cluster_does_not_make_days_pass() -> None:
    clock = SimulatedClock(START)

    async def main() -> float:
        tomorrow = asyncio.ensure_future(clock.sleep(86_400))
        with clock.poll_window("helm --wait"):
            for _ in range(20):
                clock.polled()
                await asyncio.sleep(0.01)
            assert not tomorrow.done()
            seen = clock.monotonic()
        await tomorrow
        return seen

    assert clock.run(main()) == 0
    assert clock.monotonic() == 86_400


def test_a_paced_clock_walks() -> None:
    clock = SimulatedClock(START, pace=100)

    async def main() -> float:
        began = time.monotonic()
        await clock.sleep(20)
        return time.monotonic() - began

    assert 0.15 < clock.run(main()) < 2
    assert clock.monotonic() >= 20


def test_a_held_paced_clock_does_not_walk() -> None:
    clock = SimulatedClock(START, pace=1000)

    async def main() -> float:
        with clock.hold("a thread"):
            before = clock.monotonic()
            await asyncio.sleep(0.1)
            return clock.monotonic() - before

    assert clock.run(main()) == 0


def test_a_simulation_in_which_nothing_can_happen_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_STALL_AFTER", 0.1)
    clock = SimulatedClock(START)

    async def main() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(SimulationStalled):
        clock.run(main())
