"""The API's own way to say no: a Status object with a code and a reason.

`ApiError` is raised by the verbs, by controllers that call them, and by faults; the server turns it
into the response that clients know.
"""

from __future__ import annotations

from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.errors import SeatrialError
from seatrial.simulator.store import ResourceKey

_REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    409: "Conflict",
    410: "Expired",
    413: "RequestEntityTooLarge",
    415: "UnsupportedMediaType",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


class ApiError(SeatrialError):
    """A refusal as the API server words it: `code`, `reason`, message and details."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        reason: str = "",
        details: dict[str, Any] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason or _REASONS.get(code, "")
        self.message = message
        self.details = details or {}
        self.retry_after = retry_after

    def status(self) -> Obj:
        """The Status object that goes over the wire."""
        details = dict(self.details)
        if self.retry_after is not None:
            details["retryAfterSeconds"] = self.retry_after
        body: Obj = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        body["message"] = self.message
        if self.reason:
            body["reason"] = self.reason
        if details:
            body["details"] = details
        body["code"] = self.code
        return body


def not_found(key: ResourceKey, name: str) -> ApiError:
    return ApiError(404, f'{key} "{name}" not found', details=_details(key, name))


def already_exists(key: ResourceKey, name: str) -> ApiError:
    return ApiError(
        409, f'{key} "{name}" already exists', reason="AlreadyExists", details=_details(key, name)
    )


def conflict(key: ResourceKey, name: str, why: str = "") -> ApiError:
    why = why or (
        "the object has been modified; please apply your changes to the latest version and try again"
    )
    return ApiError(
        409, f'Operation cannot be fulfilled on {key} "{name}": {why}', details=_details(key, name)
    )


def bad_request(message: str) -> ApiError:
    return ApiError(400, message)


def forbidden(key: ResourceKey, name: str, why: str) -> ApiError:
    subject = f'{key} "{name}"' if name else str(key)
    return ApiError(403, f"{subject} is forbidden: {why}", details=_details(key, name))


def expired(message: str) -> ApiError:
    return ApiError(410, message)


def invalid(group: str, kind: str, name: str, causes: list[tuple[str, str, str]]) -> ApiError:
    """422 with its causes: (reason such as "FieldValueInvalid", field path, message)."""
    lines = [f"{field}: {message}" if field else message for _, field, message in causes]
    listed = lines[0] if len(lines) == 1 else "[" + ", ".join(lines) + "]"
    subject = f"{kind}.{group}" if group else kind
    return ApiError(
        422,
        f'{subject} "{name}" is invalid: {listed}',
        details={
            "name": name,
            "group": group,
            "kind": kind,
            "causes": [
                {"reason": reason, "message": message, "field": field} for reason, field, message in causes
            ],
        },
    )


def success(key: ResourceKey, name: str, uid: str) -> Obj:
    """The Status that a delete answers with."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {**_details(key, name), "uid": uid},
    }


def _details(key: ResourceKey, name: str) -> dict[str, Any]:
    details = {"name": name} if name else {}
    if key.group:
        details["group"] = key.group
    details["kind"] = key.resource
    return details
