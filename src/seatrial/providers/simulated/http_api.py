"""The simulated provider's answers to requests from other processes: bytes in, bytes out, no sockets."""

from __future__ import annotations

import msgspec

from seatrial.cluster.version import Version
from seatrial.errors import BadInput, NotFound, SeatrialError
from seatrial.providers.protocol import Busy, Provider, QuotaExceeded, Refused
from seatrial.providers.wire import Refusal, RefusalKind, Reply, Start


async def answer(provider: Provider, method: str, path: str, body: bytes) -> bytes:
    """The JSON body of a `Reply`; `path` is what follows `wire.PREFIX`."""
    try:
        reply = await _route(provider, method, path.strip("/").split("/"), body)
    except Busy as busy:
        reply = _refusal(RefusalKind.BUSY, busy, busy.operation_id)
    except QuotaExceeded as exceeded:
        reply = _refusal(RefusalKind.QUOTA, exceeded)
    except Refused as refused:
        reply = _refusal(RefusalKind.REFUSED, refused)
    except NotFound as missing:
        reply = _refusal(RefusalKind.NOT_FOUND, missing)
    except BadInput as bad:
        reply = _refusal(RefusalKind.BAD_REQUEST, bad)
    except msgspec.MsgspecError as error:
        reply = _refusal(RefusalKind.BAD_REQUEST, BadInput(f"not a request: {error}."))
    return msgspec.json.encode(reply)


async def _route(provider: Provider, method: str, path: list[str], body: bytes) -> Reply:
    match method, path:
        case "GET", ["state"]:
            return Reply(state=await provider.state())
        case "GET", ["capabilities"]:
            return Reply(capabilities=provider.capabilities)
        case "GET", ["versions"]:
            return Reply(versions=tuple(map(str, await provider.available_versions())))
        case "GET", ["operations"]:
            return Reply(operations=await provider.operations())
        case "GET", ["operations", operation]:
            return Reply(operation=await provider.operation(operation))
        case "POST", ["operations", operation, "cancel"]:
            return Reply(operation=await provider.cancel(operation))
        case "POST", ["control-plane"]:
            start = msgspec.json.decode(body, type=Start)
            to = Version.parse(start.to)
            return Reply(operation=await provider.start_control_plane_upgrade(to, token=start.token))
        case "POST", ["node-groups", group]:
            start = msgspec.json.decode(body, type=Start)
            to = Version.parse(start.to)
            return Reply(
                operation=await provider.start_node_group_upgrade(
                    group, to, image=start.image, token=start.token
                )
            )
        case _:
            raise NotFound(f"the provider has nothing at {method} {'/'.join(path)}.")


def _refusal(kind: RefusalKind, error: SeatrialError, operation_id: str = "") -> Reply:
    return Reply(
        refusal=Refusal(
            kind=kind,
            what=error.what,
            where=error.where,
            next_step=error.next_step,
            operation_id=operation_id,
        )
    )
