"""The simulated provider over HTTP, so that other processes can ask it: requests in, JSON out, no sockets.

Paths below `/clusters/NAME/provider`: `GET state`, `GET capabilities`, `GET versions`,
`GET operations[/ID]`, `POST control-plane`, `POST node-groups/NAME`, `POST operations/ID/cancel`.
A POST carries `Start`. Refusals are 422, a busy resource 409, an unknown name 404.
"""

from __future__ import annotations

import msgspec

from seatrial.cluster.version import Version
from seatrial.errors import BadInput, NotFound, SeatrialError
from seatrial.providers.protocol import Busy, Operation, Provider, Refused

PREFIX = "/provider"


class Start(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    to: str
    token: str
    image: str = ""


class Refusal(msgspec.Struct, kw_only=True):
    what: str
    where: str = ""
    next_step: str = ""
    operation_id: str = ""


class Versions(msgspec.Struct):
    versions: tuple[str, ...]


class Operations(msgspec.Struct):
    operations: tuple[Operation, ...]


async def answer(provider: Provider, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """HTTP status and JSON body for one request; `path` is what follows `PREFIX`."""
    try:
        return 200, msgspec.json.encode(await _route(provider, method, path.strip("/").split("/"), body))
    except Busy as busy:
        return 409, _refusal(busy, busy.operation_id)
    except Refused as refused:
        return 422, _refusal(refused)
    except NotFound as missing:
        return 404, _refusal(missing)
    except (BadInput, msgspec.MsgspecError) as bad:
        problem = bad if isinstance(bad, SeatrialError) else BadInput(f"not a request: {bad}.")
        return 400, _refusal(problem)


async def _route(provider: Provider, method: str, path: list[str], body: bytes) -> object:
    match method, path:
        case "GET", ["state"]:
            return await provider.state()
        case "GET", ["capabilities"]:
            return provider.capabilities
        case "GET", ["versions"]:
            return Versions(tuple(map(str, await provider.available_versions())))
        case "GET", ["operations"]:
            return Operations(await provider.operations())
        case "GET", ["operations", operation]:
            return await provider.operation(operation)
        case "POST", ["operations", operation, "cancel"]:
            return await provider.cancel(operation)
        case "POST", ["control-plane"]:
            start = msgspec.json.decode(body, type=Start)
            return await provider.start_control_plane_upgrade(Version.parse(start.to), token=start.token)
        case "POST", ["node-groups", group]:
            start = msgspec.json.decode(body, type=Start)
            return await provider.start_node_group_upgrade(
                group, Version.parse(start.to), image=start.image, token=start.token
            )
        case _:
            raise NotFound(f"the provider has nothing at {method} {'/'.join(path)}.")


def _refusal(error: SeatrialError, operation_id: str = "") -> bytes:
    return msgspec.json.encode(
        Refusal(what=error.what, where=error.where, next_step=error.next_step, operation_id=operation_id)
    )
