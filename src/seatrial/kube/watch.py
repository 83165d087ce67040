"""A watch that goes on through bookmarks, server timeouts and cut connections, until it is 410 Gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal

import msgspec

from seatrial.cluster.objects import Obj
from seatrial.errors import PermanentError, SeatrialError, TemporaryError
from seatrial.kube.body import decoded
from seatrial.kube.discreet import Discreet
from seatrial.kube.http_library import aiohttp
from seatrial.kube.session import Call, Session
from seatrial.kube.status import error_of

_SERVER_TIMEOUT = 300  # seconds until the server is asked to end one watch; spread by up to as much again
_GRACE = 30.0  # wall seconds that a watch may stay silent beyond its server's timeout
_LONGEST_LINE = 64 * 1024 * 1024
_CAP = 5.0


class WatchEvent(Discreet, frozen=True):
    """One change; a BOOKMARK carries only a resource version."""

    HIDDEN = frozenset({"raw"})

    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
    raw: msgspec.Raw
    resource_version: str

    @property
    def object(self) -> Obj:
        """The object, decoded at each call."""
        return msgspec.json.decode(self.raw, type=Obj)


class _Meta(msgspec.Struct, frozen=True, rename="camel"):
    resource_version: str = ""


class _Identity(msgspec.Struct):
    metadata: _Meta = _Meta()


class _Line(msgspec.Struct):
    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]
    object: msgspec.Raw


class _ErrorStatus(msgspec.Struct):
    code: int = 500


class _ListHead(msgspec.Struct):
    metadata: _Meta = _Meta()


_line = msgspec.json.Decoder(_Line)
_identity = msgspec.json.Decoder(_Identity)
_error = msgspec.json.Decoder(_ErrorStatus)
_head = msgspec.json.Decoder(_ListHead)


async def watch(
    session: Session,
    path: str,
    *,
    label_selector: str = "",
    field_selector: str = "",
    resource_version: str | None = None,
) -> AsyncIterator[WatchEvent]:
    """Events after `resource_version` (None: from now); raises `Gone` when the caller has to list again."""
    selectors = [("labelSelector", label_selector)] if label_selector else []
    selectors += [("fieldSelector", field_selector)] if field_selector else []
    version = resource_version or await _now(session, path, selectors)
    failures = 0
    while True:
        timeout = _SERVER_TIMEOUT + int(session.rng.uniform(0, _SERVER_TIMEOUT))
        call = Call(
            "GET",
            path,
            (
                *selectors,
                ("watch", "true"),
                ("allowWatchBookmarks", "true"),
                ("resourceVersion", version),
                ("timeoutSeconds", str(timeout)),
            ),
            reads_only=True,
        )
        heard = False
        try:
            async with session.stream(call, silence=timeout + _GRACE) as body:
                async for event in _events(session, call, body):
                    heard = True
                    version = event.resource_version or version
                    yield event
        except (aiohttp.ClientError, OSError, TimeoutError):
            pass  # cut: resume from the last version heard
        except TemporaryError as error:
            if error.retry_after is None or error.retry_after > _GRACE:
                raise
        failures = 0 if heard else failures + 1
        await session.clock.sleep(min(_CAP, 0.1 * 2.0 ** min(failures, 8)) * session.rng.uniform(0.5, 1.0))


async def _now(session: Session, path: str, selectors: list[tuple[str, str]]) -> str:
    call = Call("GET", path, (*selectors, ("limit", "1")), reads_only=True)
    answer = await session.send(call)
    return decoded(_head, answer.body, where=session.where(call)).metadata.resource_version


async def _events(session: Session, call: Call, body: aiohttp.StreamReader) -> AsyncIterator[WatchEvent]:
    """The events of one connection; a last line without an end was cut and is left for the next."""
    rest = b""
    async for part in body.iter_any():
        rest += part
        if b"\n" in part:
            *lines, rest = rest.split(b"\n")
            for line in lines:
                if line.strip():
                    yield _event(session, call, line)
        elif len(rest) > _LONGEST_LINE:
            raise PermanentError("one event of the watch is too large.", where=session.where(call))


def _event(session: Session, call: Call, line: bytes) -> WatchEvent:
    where = session.where(call)
    read = decoded(_line, line, where=where)
    if read.type == "ERROR":
        raise _error_event(bytes(read.object), where)
    identity = decoded(_identity, bytes(read.object), where=where)
    return WatchEvent(read.type, read.object, identity.metadata.resource_version)


def _error_event(status: bytes, where: str) -> SeatrialError:
    return error_of(decoded(_error, status, where=where).code, status, where=where)
