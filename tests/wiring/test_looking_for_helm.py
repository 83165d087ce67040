"""Helm is a process of the wall's world: no simulated time may pass while one is looked for."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.plan.builders import T0, plan, step

from seatrial.clock import SimulatedClock
from seatrial.kube import ClusterAccess
from seatrial.plan import PlannedComponent, Preflight
from seatrial.wiring.applying import live_performer
from seatrial.wiring.reaching import Reach

SLOW = '#!/bin/sh\nsleep 0.3\necho -n "v4.0.0"\n'


def test_simulated_time_stands_still_while_helm_is_asked_for_its_version(tmp_path: Path) -> None:
    slow = tmp_path / "helm"
    slow.write_text(SLOW)
    slow.chmod(0o755)
    component = PlannedComponent(
        name="edge-proxy", release="edge-proxy", namespace="platform", chart="none", chart_digest=""
    )
    reach = Reach(
        ClusterAccess("harbour", "https://127.0.0.1:1"),
        tmp_path / "kubeconfig",
        "harbour",
        {"PATH": "/usr/bin:/bin", "SEATRIAL_HELM": str(slow)},
    )
    clock = SimulatedClock(T0)

    async def main() -> None:
        tomorrow = asyncio.ensure_future(clock.sleep(86_400))
        found = await live_performer(
            plan(step("preflight", Preflight()), components=(component,)), reach, clock
        )
        assert found.helm.path == slow
        assert clock.now() == T0
        tomorrow.cancel()

    clock.run(main())
