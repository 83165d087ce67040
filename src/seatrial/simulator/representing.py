"""How stored bytes become what one client asked for: which version, which shape.

The common case, objects in their storage version, never decodes: stored bytes are joined.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.conversion import convert
from seatrial.simulator.machinery import Machinery
from seatrial.simulator.negotiation import Shape
from seatrial.simulator.store import Record, decode, encode
from seatrial.simulator.surface import Served
from seatrial.simulator.tables import partial, table


@dataclass(slots=True)
class Representation:
    """One version of one resource in one shape, for as long as a request lasts."""

    api: Machinery
    served: Served
    shape: Shape = ""
    include: str = "Metadata"

    @property
    def as_stored(self) -> bool:
        return not self.shape and (
            self.api.served(self.served.key).gvr.api_version == self.served.gvr.api_version
        )

    def one(self, obj: Obj) -> bytes:
        """An object that is in `served`'s version already."""
        match self.shape:
            case "Table":
                return encode(self._table([obj], obj["metadata"].get("resourceVersion", "")))
            case "PartialObjectMetadata" | "PartialObjectMetadataList":
                return encode(partial(obj))
            case _:
                return encode(obj)

    def item(self, body: bytes, *, headers: bool = True) -> bytes:
        """One stored object, as an item of a watch."""
        if self.as_stored:
            return body
        obj = convert(decode(body), self.served)
        if self.shape == "Table":
            return encode(self._table([obj], obj["metadata"]["resourceVersion"], headers=headers))
        return self.one(obj)

    def list(self, records: Iterable[Record], revision: int, following: str, remaining: int) -> bytes:
        meta: dict[str, Any] = {"resourceVersion": str(revision)}
        if following:
            meta["continue"] = following
            if remaining:
                meta["remainingItemCount"] = remaining
        if self.as_stored:
            head = {"kind": f"{self.served.kind}List", "apiVersion": self.served.gvr.api_version}
            return _joined({**head, "metadata": meta}, (record.body for record in records))
        objects = (convert(decode(record.body), self.served) for record in records)
        match self.shape:
            case "Table":
                return encode(self._table(objects, str(revision), meta=meta))
            case "PartialObjectMetadata" | "PartialObjectMetadataList":
                head = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
                return _joined({**head, "metadata": meta}, (encode(partial(obj)) for obj in objects))
            case _:
                head = {"kind": f"{self.served.kind}List", "apiVersion": self.served.gvr.api_version}
                return _joined({**head, "metadata": meta}, map(encode, objects))

    def bookmark(self, revision: int, *, initial_events_end: bool) -> bytes:
        meta: dict[str, Any] = {"resourceVersion": str(revision)}
        if initial_events_end:
            meta["annotations"] = {"k8s.io/initial-events-end": "true"}
        if self.shape == "Table":
            empty = self._table([], str(revision), headers=False)
            # client-go looks for the annotation in the object of the only row
            empty["rows"] = [{"cells": [], "object": {"kind": "", "metadata": meta}}]
            return encode(empty)
        if self.shape:
            return encode({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta})
        return encode({"kind": self.served.kind, "apiVersion": self.served.gvr.api_version, "metadata": meta})

    def _table(
        self,
        objects: Iterable[Obj],
        revision: str,
        *,
        headers: bool = True,
        meta: dict[str, Any] | None = None,
    ) -> Obj:
        # columns are those of the storage version's shape: what people see is the same in every version
        return table(
            self.served,
            objects,
            custom=self.api.definitions.custom(self.served),
            include=self.include,
            now=self.api.instant(),
            revision=revision,
            headers=headers,
            meta=meta,
        )


def _joined(head: Obj, items: Iterable[bytes]) -> bytes:
    return encode(head)[:-1] + b',"items":[' + b",".join(items) + b"]}"
