"""What all kinds share: names, labels, owners, and who wrote the object.

These are partial on purpose: only fields that something reads. Decoding straight from bytes into
them is ten times faster than into dictionaries. Unknown fields are passed over; a null means absent.
"""

from typing import Any, ClassVar, TypeVar

import msgspec

from seatrial.cluster.objects import GroupKind, GroupVersionKind, ObjectRef, without_nulls
from seatrial.errors import BadFormat


class Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False, omit_defaults=True):
    """A piece of an object."""


class OwnerReference(Part, frozen=True):
    kind: str
    name: str
    api_version: str = ""
    uid: str = ""
    controller: bool = False


class ManagedFields(Part, frozen=True):
    """One writer; which fields it wrote is not kept."""

    manager: str = ""
    operation: str = ""
    api_version: str = ""
    subresource: str = ""


class TemplateMetadata(Part, frozen=True):
    """What a template gives to the objects made from it.

    API servers up to 1.33 add `creationTimestamp: null` to it, which sends who reads that field the slow way.
    """

    name: str = ""
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    annotations: dict[str, str] = msgspec.field(default_factory=dict)


class Metadata(TemplateMetadata, frozen=True):
    namespace: str = ""
    uid: str = ""
    generation: int = 0
    creation_timestamp: str = ""
    deletion_timestamp: str = ""
    owner_references: tuple[OwnerReference, ...] = ()
    managed_fields: tuple[ManagedFields, ...] = ()
    finalizers: tuple[str, ...] = ()


class Condition(Part, frozen=True):
    type: str
    status: str = "Unknown"
    reason: str = ""
    message: str = ""
    last_transition_time: str = ""


class Resource(Part, frozen=True):
    """An object of a kind that checks read; `API` is the version that we ask the server for."""

    API: ClassVar[GroupVersionKind]
    PLURAL: ClassVar[str]
    OPTIONAL: ClassVar[bool] = False
    """Not every supported cluster serves it: that it is not served is an answer."""

    metadata: Metadata = Metadata()

    @classmethod
    def group_kind(cls) -> GroupKind:
        return cls.API.group_kind

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def namespace(self) -> str:
        return self.metadata.namespace

    @property
    def labels(self) -> dict[str, str]:
        return self.metadata.labels

    @property
    def annotations(self) -> dict[str, str]:
        return self.metadata.annotations

    @property
    def controller(self) -> OwnerReference | None:
        for owner in self.metadata.owner_references:  # asked of every pod, many times: no generator
            if owner.controller:
                return owner
        return None

    @property
    def ref(self) -> ObjectRef:
        metadata = self.metadata
        return ObjectRef(self.API.api_version, self.API.kind, metadata.namespace, metadata.name)


class AnyObject(Resource, frozen=True):
    """Any object of any kind, metadata only."""

    API: ClassVar = GroupVersionKind("", "", "object")
    PLURAL: ClassVar = ""


R = TypeVar("R", bound=Resource)
_DECODERS: dict[type[Resource], msgspec.json.Decoder[Any]] = {}


def decode(kind: type[R], raw: bytes | msgspec.Raw) -> R:
    """Read one object; raises `BadFormat` when it is not of this kind's shape."""
    decoder = _DECODERS.get(kind)
    if decoder is None:
        decoder = _DECODERS[kind] = msgspec.json.Decoder(kind)
    try:
        decoded: R = decoder.decode(raw)
    except msgspec.ValidationError:
        return _decode_with_nulls(kind, raw)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise BadFormat(f"an object of kind {kind.API.kind} is not valid JSON: {problem}.") from None
    return decoded


def _decode_with_nulls(kind: type[R], raw: bytes | msgspec.Raw) -> R:
    """The slow way, for objects in which some client wrote an explicit null."""
    plain: Any = None
    try:
        plain = msgspec.json.decode(raw)
        return msgspec.convert(without_nulls(plain), kind)
    except (msgspec.DecodeError, RecursionError) as problem:  # which a ValidationError is, too
        metadata = plain.get("metadata") if isinstance(plain, dict) else None
        name = metadata.get("name") if isinstance(metadata, dict) else ""
        raise BadFormat(
            f"an object does not have the shape of its kind: {problem}.", where=f"{kind.API.kind}/{name}"
        ) from None
