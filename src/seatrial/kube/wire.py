"""What API servers answer, as far as the client reads it: lists, versions, reviews of access.

Objects inside of a list stay undecoded, or are decoded into what the caller reads.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")


class ListMeta(msgspec.Struct, frozen=True, rename="camel"):
    continue_: str = msgspec.field(default="", name="continue")
    resource_version: str = ""
    remaining_item_count: int | None = None


class ListOf(msgspec.Struct, Generic[T], rename="camel"):
    kind: str = ""
    api_version: str = ""
    metadata: ListMeta = ListMeta()
    items: list[T] | None = None


class ServerVersion(msgspec.Struct, rename="camel"):
    git_version: str = ""


class ReviewStatus(msgspec.Struct, frozen=True):
    allowed: bool = False


class AccessReview(msgspec.Struct):
    status: ReviewStatus = ReviewStatus()


raw_list: msgspec.json.Decoder[ListOf[msgspec.Raw]] = msgspec.json.Decoder(ListOf[msgspec.Raw])
version_answer = msgspec.json.Decoder(ServerVersion)
access_review = msgspec.json.Decoder(AccessReview)


@lru_cache(maxsize=256)
def list_decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(ListOf[kind])
