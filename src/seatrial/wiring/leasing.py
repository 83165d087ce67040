"""Keeps two writers off one cluster: the Lease, over a connection that stays open while it is held."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

from seatrial.charts import release_records
from seatrial.clock import Clock
from seatrial.cluster.objects import GroupVersionResource, Obj
from seatrial.cluster.release_state import ReleaseState, release_state
from seatrial.cluster_runs.cluster_run import Lease, LeaseMaker
from seatrial.cluster_runs.lease import LEASES, NAME, NAMESPACE, NAMESPACE_VARIABLE, ClusterLease, Holder
from seatrial.cluster_runs.leftovers import Chart, take_over
from seatrial.errors import BadInput, Forbidden, NotFound
from seatrial.kube import ReadClient, WriteClient
from seatrial.wiring.reaching import Reach


def live_lease(charts: Iterable[Chart], reach: Reach, clock: Clock) -> LeaseMaker:
    """The Lease of the cluster that `reach` leads to, in the namespace that its environment names.

    `charts` are those that its holder means to change.
    """
    charts = tuple(charts)
    namespace = lease_namespace(reach.environment)

    @asynccontextmanager
    async def lease(run: str, worker: str) -> AsyncIterator[Lease]:
        async with reach.connected(clock) as session:
            write = WriteClient(session)

            async def state_of(release: str, namespace: str) -> ReleaseState:
                return release_state(await release_records(write.read, release, namespace))

            async def leftovers(holder: Holder) -> None:
                await take_over(holder, charts, write.read, write, state_of)

            async with ClusterLease(_Leases(write), clock, run, worker, leftovers, namespace).held() as held:
                yield held

    return lease


async def end_others(charts: Iterable[Chart], reach: Reach, clock: Clock, run: str, worker: str) -> None:
    """Before a cluster is looked at for planning: what another run changed for a while is not normal there.

    Raises `LeaseHeld` while that run is at work or unfinished; what a dead one left is put back.
    """
    namespace = lease_namespace(reach.environment)
    try:
        async with reach.connected(clock) as session:
            found = await ReadClient(session).get(LEASES, NAME, namespace)
    except (NotFound, Forbidden):
        return
    if (found.get("spec") or {}).get("holderIdentity") or Holder.of(found).left:
        async with live_lease(charts, reach, clock)(run, worker):
            return


def lease_namespace(environment: Mapping[str, str]) -> str:
    """Raise `BadInput` for what no namespace can be called."""
    named = environment.get(NAMESPACE_VARIABLE, "") or NAMESPACE
    if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", named):
        raise BadInput(
            f"{NAMESPACE_VARIABLE} is not the name of a namespace.",
            where=named,
            next_step=f"Correct it, or leave it out: then it is {NAMESPACE}.",
        )
    return named


class _Leases:
    """`LeaseApi` over one client."""

    def __init__(self, write: WriteClient) -> None:
        self._write = write

    async def get(self, gvr: GroupVersionResource, name: str, namespace: str = "") -> Obj:
        return await self._write.read.get(gvr, name, namespace)

    async def create(self, gvr: GroupVersionResource, obj: Obj, namespace: str = "") -> Obj:
        return await self._write.create(gvr, obj, namespace)

    async def replace(self, gvr: GroupVersionResource, obj: Obj) -> Obj:
        return await self._write.replace(gvr, obj)

    async def everywhere(self, gvr: GroupVersionResource, name: str) -> list[Obj]:
        return await self._write.read.list_objects(gvr, field_selector=f"metadata.name={name}")
