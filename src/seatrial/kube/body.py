"""Answers decoded into types, with one error for all that is not JSON of the expected shape."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from seatrial.errors import TemporaryError

T = TypeVar("T")


def decoded(decoder: msgspec.json.Decoder[T], body: bytes, *, where: str) -> T:
    """`body` by `decoder`; `TemporaryError` when it is cut off, a login page, or another shape."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise TemporaryError(
            "the answer is not what an API server says.",
            where=where,
            next_step="Try again; check the server URL and proxy of this context.",
        ) from None


json_object: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any])
