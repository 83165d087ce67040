"""A simulated provider that lives in another process, reached with the cluster's own address and token."""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import quote

import msgspec

from seatrial.cluster.provider_state import ProviderState
from seatrial.cluster.version import Version
from seatrial.errors import BadFormat, BadInput, NotFound
from seatrial.kube.session import Call, Session
from seatrial.providers.protocol import Busy, Capabilities, Operation, QuotaExceeded, Refused
from seatrial.providers.wire import PREFIX, Refusal, RefusalKind, Reply, Start

T = TypeVar("T")


class RemoteProvider:
    """`Provider` over HTTP; make it with `remote_provider`."""

    def __init__(self, session: Session, capabilities: Capabilities) -> None:
        self._session = session
        self._capabilities = capabilities

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    async def state(self) -> ProviderState:
        return _present((await _ask(self._session, "state")).state)

    async def available_versions(self) -> tuple[Version, ...]:
        return tuple(map(Version.parse, _present((await _ask(self._session, "versions")).versions)))

    async def start_control_plane_upgrade(self, to: Version, *, token: str) -> Operation:
        return await self._operation("control-plane", Start(to=str(to), token=token))

    async def start_node_group_upgrade(
        self, node_group: str, to: Version, *, image: str = "", token: str
    ) -> Operation:
        start = Start(to=str(to), token=token, image=image)
        return await self._operation(f"node-groups/{quote(node_group, safe='')}", start)

    async def operation(self, operation_id: str) -> Operation:
        reply = await _ask(self._session, f"operations/{quote(operation_id, safe='')}")
        return _present(reply.operation)

    async def operations(self) -> tuple[Operation, ...]:
        return _present((await _ask(self._session, "operations")).operations)

    async def cancel(self, operation_id: str) -> Operation:
        return await self._operation(f"operations/{quote(operation_id, safe='')}/cancel", None)

    async def _operation(self, path: str, start: Start | None) -> Operation:
        body = msgspec.json.encode(start) if start is not None else b"{}"
        return _present((await _ask(self._session, path, body)).operation)


async def remote_provider(session: Session) -> RemoteProvider:
    """Ask the cluster's simulated provider what it can do; `NotFound` where there is none."""
    return RemoteProvider(session, _present((await _ask(session, "capabilities")).capabilities))


async def _ask(session: Session, path: str, body: bytes | None = None) -> Reply:
    method = "GET" if body is None else "POST"
    call = Call(method, f"{PREFIX}/{path}", body=body, reads_only=body is None)
    answer = await session.send(call)
    try:
        reply = msgspec.json.decode(answer.body, type=Reply)
    except msgspec.MsgspecError as error:
        raise BadFormat(
            "the answer is not a simulated provider's.",
            where=session.where(call),
            next_step="Check that the address is of `seatrial simulator serve`.",
        ) from error
    if reply.refusal is not None:
        raise _raised(reply.refusal)
    return reply


def _raised(refusal: Refusal) -> Exception:
    match refusal.kind:
        case RefusalKind.BUSY:
            return Busy(
                refusal.what,
                where=refusal.where,
                next_step=refusal.next_step,
                operation_id=refusal.operation_id,
            )
        case RefusalKind.QUOTA:
            return QuotaExceeded(refusal.what, where=refusal.where, next_step=refusal.next_step)
        case RefusalKind.REFUSED:
            return Refused(refusal.what, where=refusal.where, next_step=refusal.next_step)
        case RefusalKind.NOT_FOUND:
            return NotFound(refusal.what, where=refusal.where, next_step=refusal.next_step)
        case RefusalKind.BAD_REQUEST:
            return BadInput(refusal.what, where=refusal.where, next_step=refusal.next_step)


def _present(value: T | None) -> T:
    if value is None:
        raise BadFormat("the simulated provider answered something else than was asked.")
    return value
