"""An API server's refusal turned into one of our errors: what happened, to what, and what to do next.

The message of a `Status` is shown, since it is the server's own explanation, but only as much of it
as `seatrial.cluster.foreign_text` lets through: webhooks and validation repeat the values that they
refuse, and a server that echoes a header must not make us print a token.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from seatrial.cluster.foreign_text import LONGEST, fit_to_show
from seatrial.errors import (
    Conflict,
    Forbidden,
    NotFound,
    PermanentError,
    SeatrialError,
    TemporaryError,
    Unreachable,
)


class Unauthorized(Forbidden):
    """The server does not accept who we say we are."""


class AlreadyExists(Conflict):
    """An object of that name is already there."""


class Gone(SeatrialError):
    """The asked-for point in time is no longer kept: list again. `continue_token` goes on from there."""

    continue_token: str = ""


class Invalid(PermanentError):
    """The server refuses the object as it is written."""


class Refused(TemporaryError):
    """Too many requests, or the server is busy."""


class BudgetRefused(TemporaryError):
    """A disruption budget does not allow this eviction now."""


class _Cause(msgspec.Struct):
    reason: str = ""
    message: str = ""
    field: str = ""


class _Details(msgspec.Struct, rename="camel"):
    name: str = ""
    group: str = ""
    kind: str = ""
    causes: list[_Cause] | None = None
    retry_after_seconds: float | None = None


class _Meta(msgspec.Struct):
    continue_: str = msgspec.field(default="", name="continue")


class Status(msgspec.Struct):
    """The parts of meta/v1 Status that we act on."""

    kind: str = ""
    reason: str = ""
    message: str = ""
    code: int = 0
    details: _Details | None = None
    metadata: _Meta | None = None

    @property
    def causes(self) -> list[_Cause]:
        return (self.details and self.details.causes) or []

    @property
    def is_budget(self) -> bool:
        """Whether this is a disruption budget's refusal rather than an overloaded server's."""
        return any(cause.reason == "DisruptionBudget" for cause in self.causes)


_status = msgspec.json.Decoder(Status)


def error_of(
    code: int,
    body: bytes,
    *,
    where: str,
    content_type: str = "application/json",
    retry_after: float | None = None,
    secrets: Iterable[str] = (),
) -> SeatrialError:
    """The error for an answer of HTTP status `code`; `where` says which request to which cluster."""
    status = read_status(body)
    message = _message(status, body, content_type, secrets, where)
    said = f" The server says: {message}" if message else ""
    match code:
        case 401:
            return Unauthorized(
                f"the cluster does not accept these credentials (401).{said}",
                where=where,
                next_step="Has the token or certificate expired? Log in again, as for kubectl, and repeat.",
            )
        case 403:
            return Forbidden(
                f"this identity is not allowed to do that (403).{said}",
                where=where,
                next_step="Grant the verb on the resource to it, or use another context.",
            )
        case 404:
            return NotFound(f"there is no such object or resource (404).{said}", where=where)
        case 405:
            return NotFound(f"the server does not offer this verb here (405).{said}", where=where)
        case 409 if status.reason == "AlreadyExists":
            return AlreadyExists(f"it already exists (409).{said}", where=where)
        case 409:
            return Conflict(
                f"somebody else changed or owns it (409).{said}",
                where=where,
                next_step="Look at the object again, then repeat.",
            )
        case 410:
            gone = Gone(f"that point in time is no longer kept (410).{said}", where=where)
            gone.continue_token = status.metadata.continue_ if status.metadata else ""
            return gone
        case 400 | 406 | 413 | 415 | 422:
            return Invalid(
                f"the server refuses the request ({code}).{said}",
                where=where,
                next_step="Correct the object or the request.",
            )
        case 429 if status.is_budget:
            return BudgetRefused(
                f"a disruption budget does not allow this eviction now.{said}",
                where=where,
                next_step="Wait for more ready pods, or look at the budget.",
                retry_after=retry_after,
            )
        case 429:
            return Refused(
                f"the server is too busy (429).{said}",
                where=where,
                next_step="Try again later.",
                retry_after=retry_after,
            )
        case 300 | 301 | 302 | 303 | 307 | 308:
            return PermanentError(
                f"the address answers with a redirect ({code}), which no API server does.",
                where=where,
                next_step="Check the server URL and proxy of this context.",
            )
        case 504 if not status.kind:
            return Unreachable(
                f"a gateway got no answer from the API server (504).{said}",
                where=where,
                next_step="Try again; check that the control plane is up.",
                retry_after=retry_after,
            )
        case _ if code >= 500:
            return TemporaryError(
                f"the server failed ({code}).{said}",
                where=where,
                next_step="Try again; look at the API server's health if it stays.",
                retry_after=retry_after,
            )
        case _:
            return PermanentError(f"the server answered {code}.{said}", where=where)


def read_status(body: bytes) -> Status:
    """The Status in `body`; an empty one when there is none."""
    try:
        return _status.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Status()


def _message(status: Status, body: bytes, content_type: str, secrets: Iterable[str], where: str) -> str:
    text = status.message
    if not text and not status.kind and content_type.startswith("text/plain"):
        text = body[: 4 * LONGEST].decode("utf-8", "replace")
    return fit_to_show(text, names=re.split(r"[\s/:?=&]+", where), secrets=secrets)
