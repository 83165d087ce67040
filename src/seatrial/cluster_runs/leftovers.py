"""What a run has to put back, as it is noted in the cluster's Lease, and how a stranger puts it back.

A run that dies for good may leave an autoscaler at zero or a workload with a replica too many, which the
next plan would take for the normal state. So before such a change what was there is noted in the Lease.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, Protocol

import msgspec

from seatrial.cluster.objects import GroupVersionKind, GroupVersionResource
from seatrial.cluster.release_state import Pending, ReleaseState
from seatrial.cluster_runs.lease import Holder
from seatrial.cluster_runs.ports import Reading, Writing
from seatrial.cluster_runs.steps.autoscaler import REPLICAS
from seatrial.cluster_runs.steps.fixes import INVERSE
from seatrial.errors import Conflict, NotFound
from seatrial.fixes.merging import matches
from seatrial.plan import ApplyFix, HoldAutoscaler, Plan, Progress


class Left(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One change that is to be taken back: where it still looks like `changed`, `back` is applied."""

    api_version: str
    resource: str
    namespace: str
    name: str
    changed: dict[str, Any]
    back: dict[str, Any]


def left_by(plan: Plan, progress: Progress) -> str:
    """What the run still has to put back, as the Lease keeps it; empty for nothing."""
    found = tuple(_left(plan, progress))
    return msgspec.json.encode(found, order="sorted").decode() if found else ""


def _left(plan: Plan, progress: Progress) -> Iterator[Left]:
    for step in plan.steps:
        own = progress.steps[step.id]
        if not own.in_effect:
            continue
        match step.action:
            case HoldAutoscaler() as hold:
                before = int(own.notes.get(REPLICAS, "0"))
                if before:
                    yield Left(
                        api_version=hold.api_version,
                        resource=f"{hold.kind.lower()}s",
                        namespace=hold.namespace,
                        name=hold.name,
                        changed={"spec": {"replicas": 0}},
                        back={"spec": {"replicas": before}},
                    )
            case ApplyFix() as fix if INVERSE in own.notes:
                yield Left(
                    api_version=fix.api_version,
                    resource=fix.resource,
                    namespace=fix.namespace,
                    name=fix.name,
                    changed=msgspec.json.decode(fix.patch),
                    back=msgspec.json.decode(own.notes[INVERSE]),
                )


class Chart(Protocol):
    """Of a plan or of a fleet's release."""

    @property
    def release(self) -> str: ...

    @property
    def namespace(self) -> str: ...


async def take_over(
    holder: Holder,
    charts: Iterable[Chart],
    reading: Reading,
    writing: Writing,
    state_of: Callable[[str, str], Awaitable[ReleaseState]],
) -> None:
    """Look at what a dead holder left before its Lease is taken; put back what it noted.

    A provider's operation that still runs is no obstacle: the preflight waits for it, and steps adopt it.
    A release that Helm left pending is: only a person knows whether that Helm is dead too.
    """
    for component in charts:
        state = await state_of(component.release, component.namespace)
        if isinstance(state, Pending):
            raise Conflict(
                f"{holder} is gone and left release {component.namespace}/{component.release}"
                f" {state.status}.",
                next_step=f"Make sure that no Helm is at work there, then:"
                f" helm rollback {component.release} -n {component.namespace}",
            )
    for left in _noted(holder):
        gvr = _resource(left)
        try:
            found = await reading.get(gvr, left.name, left.namespace)
        except NotFound:
            continue
        if matches(found, left.changed):
            await writing.patch(gvr, left.name, left.namespace, left.back)


def _noted(holder: Holder) -> tuple[Left, ...]:
    if not holder.left:
        return ()
    try:
        return msgspec.json.decode(holder.left, type=tuple[Left, ...])
    except msgspec.MsgspecError:
        raise Conflict(
            f"{holder} is gone, and what it noted in the Lease cannot be read.",
            next_step="See what it changed in its own journal, put that back, then delete the Lease.",
        ) from None


def _resource(left: Left) -> GroupVersionResource:
    gvk = GroupVersionKind.of(left.api_version, "")
    return GroupVersionResource(gvk.group, gvk.version, left.resource)
