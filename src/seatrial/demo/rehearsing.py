"""Rehearses a cluster of the demo beside its running fleet: a thread with a clock of its own.

The fleet's clock is held meanwhile, so that the world does not move on while its future is looked at.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from seatrial.charts import HelmBinary
from seatrial.clock import SimulatedClock
from seatrial.demo.files import DemoFiles
from seatrial.fleet.load import read_fleet
from seatrial.fleet.resolve import resolve
from seatrial.plan import Event, Plan, StepIntended
from seatrial.rehearsal import RehearsalReport, rehearse
from seatrial.wiring.capturing import capture_live
from seatrial.wiring.planning import PlanRequest, plan_snapshot
from seatrial.wiring.reaching import find_reach
from seatrial.wiring.rehearsing import rehearsal_tools


class _GivenUpError(Exception):
    """Nobody waits for the rehearsal any more."""


async def rehearse_cluster(
    files: DemoFiles,
    cluster: str,
    release: str,
    *,
    clock: SimulatedClock,
    helm: HelmBinary,
    environment: Mapping[str, str],
    told: Callable[[str], None],
) -> RehearsalReport:
    """Capture, plan and rehearse, as `seatrial rehearse --fleet … --cluster … --release …` does."""
    target = resolve(read_fleet(files.fleet), cluster, release, files.folder)
    reach = find_reach(files.kubeconfig, target.context, environment=environment, home=Path.home())
    snapshot = await capture_live(reach, clock)
    request = PlanRequest(to=target.kubernetes, by="rehearse", fleet_target=target)
    plan = plan_snapshot(snapshot, request, snapshot.meta.captured_at).plan
    given_up = threading.Event()
    say = _progress(plan, told)

    def hear(event: Event) -> None:
        if given_up.is_set():
            raise _GivenUpError
        say(event)

    with clock.hold(f"rehearsal of {cluster}"):
        tools = rehearsal_tools(helm, environment, hear)
        running = asyncio.ensure_future(asyncio.to_thread(rehearse, snapshot, plan, tools))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            given_up.set()
            await asyncio.gather(running, return_exceptions=True)  # its next event ends it
            raise


def _progress(plan: Plan, told: Callable[[str], None]) -> Callable[[Event], None]:
    titles = {step.id: step.title for step in plan.steps}

    def hear(event: Event) -> None:
        if isinstance(event, StepIntended):
            told(f"{event.at:%H:%M} on the twin: {titles[event.step]}")

    return hear
