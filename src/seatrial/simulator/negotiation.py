"""What a client wants back (Accept) and what it sent (Content-Type).

Replies are JSON whatever is asked for: every Kubernetes client takes it. Only the shape is
negotiated: the object itself, a Table for people, or metadata alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from seatrial.simulator import protobuf
from seatrial.simulator.status import ApiError, bad_request

Shape = Literal["", "Table", "PartialObjectMetadata", "PartialObjectMetadataList"]

JSON = "application/json"
PROTOBUF = "application/vnd.kubernetes.protobuf"
PATCHES = {
    "application/json-patch+json": "json",
    "application/merge-patch+json": "merge",
    "application/strategic-merge-patch+json": "strategic",
    "application/apply-patch+yaml": "apply",
    "application/apply-patch+json": "apply",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One alternative of an Accept header."""

    media: str
    shape: str = ""
    version: str = ""
    group: str = ""


def alternatives(accept: str) -> list[Wanted]:
    found = []
    for part in accept.split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        if media:
            named = dict(p.split("=", 1) for p in parameters if "=" in p)
            found.append(Wanted(media, named.get("as", ""), named.get("v", ""), named.get("g", "")))
    return found


def shape_of(accept: str) -> Shape:
    """The first shape that we can make; 406 when the header allows none."""
    wanted = alternatives(accept) or [Wanted("*/*")]
    for one in wanted:
        if one.media not in (JSON, PROTOBUF, "application/yaml", "application/*", "*/*"):
            continue
        if not one.shape:
            return ""
        if one.group == "meta.k8s.io" and one.version in ("v1", "v1beta1") and one.shape in _SHAPES:
            return one.shape  # type: ignore[return-value]
    raise ApiError(
        406,
        "only the following media types are accepted: application/json, application/yaml,"
        " application/vnd.kubernetes.protobuf",
    )


_SHAPES = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")


def read_body(body: bytes, content_type: str) -> Any:
    """The object in a request's body; 415 for a format that nobody reads, 400 for a broken one."""
    media = content_type.split(";", 1)[0].strip().lower()
    if body[:4] == protobuf.MAGIC or media == PROTOBUF:
        return protobuf.read(body)
    if media in ("", JSON, *PATCHES) and media != "application/apply-patch+yaml":
        return _json(body)
    if media in ("application/yaml", "application/apply-patch+yaml"):
        return _json(body) if body.lstrip()[:1] == b"{" else _yaml(body)
    raise ApiError(
        415,
        "the body of the request was in an unknown format - accepted media types include:"
        " application/json, application/yaml, application/vnd.kubernetes.protobuf",
    )


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error


def _yaml(body: bytes) -> Any:
    import ryaml

    try:
        return ryaml.loads(body.decode())
    except (ValueError, UnicodeDecodeError) as error:
        raise bad_request(f"error parsing YAML: {error}") from error
