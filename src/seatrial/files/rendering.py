"""Renders the kustomizations and charts that were found, several at a time."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from typing import Any

from seatrial.charts import HelmBinary, find_helm
from seatrial.cluster.manifests import Manifests
from seatrial.errors import SeatrialError
from seatrial.files.chart import render_chart
from seatrial.files.finding import Found
from seatrial.files.kustomize import find_kubectl, render_kustomization
from seatrial.files.setting import Reading


def render_found(found: Found, reading: Reading) -> list[Manifests]:
    """What each kustomization and chart renders; one that cannot be rendered is a problem in its answer."""
    # not the task's result: when Ctrl-C ends it, Python writes that out as text
    rendered: list[Manifests] = []

    async def render() -> None:
        rendered.extend(await _rendered(found, reading))

    asyncio.run(render())
    return rendered


async def _rendered(found: Found, reading: Reading) -> list[Manifests]:
    """One program for each at a time, no more of them than there are processors."""
    slots = asyncio.Semaphore(os.cpu_count() or 1)

    async def within(rendering: Coroutine[Any, Any, Manifests]) -> Manifests:
        async with slots:
            return await rendering

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(within(each)) for each in [*_kustomizations(found, reading)]]
        tasks += [group.create_task(within(each)) for each in await _charts(found, reading)]
    return [each.result() for each in tasks]


def _kustomizations(found: Found, reading: Reading) -> list[Coroutine[Any, Any, Manifests]]:
    if not found.kustomizations:
        return []
    kubectl = find_kubectl(reading.environment, reading.folder)
    return [render_kustomization(folder, kubectl) for folder in found.kustomizations]


async def _charts(found: Found, reading: Reading) -> list[Coroutine[Any, Any, Manifests]]:
    if not found.charts:
        return []
    helm: HelmBinary | SeatrialError
    try:
        helm = await find_helm(environment=reading.environment, folder=reading.folder)
    except SeatrialError as problem:
        helm = problem
    return [render_chart(chart, helm, reading.target, reading.values) for chart in found.charts]
