"""What steps ask of the outside world, as small Protocols that a live cluster, a twin and a test can fill."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Protocol

from seatrial.cluster.objects import GroupVersionResource, Obj
from seatrial.cluster.release_state import ReleaseState
from seatrial.cluster.version import Version
from seatrial.plan import Handoff, Plan, PlannedComponent, Step


class Reading(Protocol):
    """`seatrial.kube.ReadClient` does this."""

    async def version(self) -> Version: ...

    async def get(self, gvr: GroupVersionResource, name: str, namespace: str = "") -> Obj:
        """One object; raise `NotFound`."""

    async def list_objects(
        self, gvr: GroupVersionResource, namespace: str | None = None, *, label_selector: str = ""
    ) -> list[Obj]:
        """All objects, of one namespace or of all."""


class Writing(Protocol):
    """`seatrial.kube.WriteClient` does this."""

    async def patch(
        self,
        gvr: GroupVersionResource,
        name: str,
        namespace: str,
        body: Any,
        *,
        kind: Literal["merge", "json", "strategic"] = "merge",
    ) -> Obj: ...

    async def scale(self, gvr: GroupVersionResource, name: str, namespace: str, replicas: int) -> Obj: ...


class Charts(Protocol):
    """The cluster's Helm releases: observed without Helm, changed by Helm."""

    async def state(self, release: str, namespace: str) -> ReleaseState: ...

    async def not_ready(self, release: str, namespace: str) -> tuple[str, ...]:
        """What of the release is not ready and why, one sentence each."""

    async def apply_crds(self, component: PlannedComponent) -> tuple[str, ...]:
        """Apply the chart's CRDs, wait until they are established, return their names."""

    async def upgrade(self, component: PlannedComponent, *, wait: bool, patience: float) -> int:
        """Have Helm install or upgrade; return the new revision. Raise when it is not the planned chart."""

    async def roll_back(self, release: str, namespace: str, revision: int, *, patience: float) -> None: ...

    async def uninstall(self, release: str, namespace: str, *, patience: float) -> None: ...


class Handoffs(Protocol):
    """Writes a change down for whoever owns the resource."""

    async def write(
        self, plan: Plan, step: Step, handoff: Handoff | None, run_id: str, begun_at: datetime
    ) -> str:
        """Write it, unless it is written already; return what the owner has to do, in one sentence.

        Called again after a crash it finds what it wrote. `TemporaryError` where a remote does not
        answer, any other `SeatrialError` when it cannot be written.
        """


class NothingWritten:
    """`Handoffs` of a rehearsal: nobody's repository is touched."""

    async def write(
        self, plan: Plan, step: Step, handoff: Handoff | None, run_id: str, begun_at: datetime
    ) -> str:
        return f"{step.title}."
