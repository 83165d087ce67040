"""What Helm wrote down about the releases of a cluster, read from its own records without Helm.

Helm keeps each revision as a Secret (or ConfigMap) `sh.helm.release.v1.NAME.vN` whose `release` key is
base64 of gzip of JSON; a Secret's own encoding adds a second base64. A record that cannot be read is
returned as a `BrokenRecord`, never dropped: Helm itself may stumble over it.

A manifest holds rendered Secrets in clear text. So it stays out of `repr`, and whoever stores a record
stores `without_secrets()`.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

import msgspec
import ryaml

from seatrial.cluster.objects import Obj, ObjectRef
from seatrial.cluster.plain_words import as_kubectl_reads
from seatrial.errors import BadFormat

RECORD_PREFIX = "sh.helm.release.v1."
RECORD_SELECTOR = "owner=helm"
"""Label selector of Helm's records, in Secrets and in ConfigMaps alike."""

_LARGEST_STORED = 4 << 20  # bytes; etcd takes 1.5 MiB
_LARGEST_RECORD = 32 << 20  # bytes of JSON; a real one is below 10 MiB
_PENDING = frozenset({"pending-install", "pending-upgrade", "pending-rollback", "uninstalling"})


class ReleaseStatus(StrEnum):
    """As Helm writes it."""

    DEPLOYED = "deployed"
    SUPERSEDED = "superseded"
    FAILED = "failed"
    UNINSTALLED = "uninstalled"
    UNINSTALLING = "uninstalling"
    PENDING_INSTALL = "pending-install"
    PENDING_UPGRADE = "pending-upgrade"
    PENDING_ROLLBACK = "pending-rollback"
    UNKNOWN = "unknown"

    @property
    def is_pending(self) -> bool:
        """An operation is under way, or its process died: Helm refuses the next one."""
        return self.value in _PENDING


class ChartName(msgspec.Struct, frozen=True):
    """The chart a revision was made from."""

    name: str
    version: str
    app_version: str = ""
    kube_version: str = ""
    """The chart's constraint on the cluster's version; see `seatrial.cluster.constraints`."""


class ReleaseHook(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    name: str
    kind: str
    api_version: str
    events: tuple[str, ...]


class ReleaseRecord(msgspec.Struct, frozen=True):
    """One revision of one release."""

    name: str
    namespace: str
    revision: int
    status: ReleaseStatus
    chart: ChartName
    objects: tuple[ObjectRef, ...]
    """What the manifest holds, in its order; the namespace is the one written there, else empty."""
    hooks: tuple[ReleaseHook, ...] = ()
    has_values: bool = False
    updated: str = ""
    """RFC 3339, as Helm wrote it."""
    manifest: str = ""
    storage: str = "Secret"
    """The kind that holds the record."""
    unreadable: str = ""
    """Why the manifest's objects could not be listed; empty when they could."""

    def __repr__(self) -> str:
        return f"ReleaseRecord({self.namespace}/{self.name} v{self.revision} {self.status.value})"

    @property
    def key(self) -> tuple[str, str]:
        return self.namespace, self.name

    def without_secrets(self) -> ReleaseRecord:
        """The record without its manifest: what may be stored."""
        return msgspec.structs.replace(self, manifest="")


class BrokenRecord(msgspec.Struct, frozen=True):
    """A record of Helm's that cannot be read."""

    ref: ObjectRef
    why: str


def read_releases(objects: Iterable[Obj]) -> tuple[tuple[ReleaseRecord, ...], tuple[BrokenRecord, ...]]:
    """Decode all records among Secrets and ConfigMaps; other objects are passed over.

    Sorted by namespace, name and revision.
    """
    records, broken = [], []
    for obj in objects:
        if not is_release_record(obj):
            continue
        try:
            records.append(decode_release(obj))
        except BadFormat as problem:
            broken.append(BrokenRecord(ObjectRef.of(obj), problem.what))
    records.sort(key=lambda record: (record.namespace, record.name, record.revision))
    broken.sort(key=lambda each: each.ref)
    return tuple(records), tuple(broken)


def is_release_record(obj: Obj) -> bool:
    if obj.get("kind") not in ("Secret", "ConfigMap"):
        return False
    name = str((obj.get("metadata") or {}).get("name") or "")
    return name.startswith(RECORD_PREFIX) or obj.get("type") == "helm.sh/release.v1"


def decode_release(obj: Obj) -> ReleaseRecord:
    """Read one record; raise `BadFormat`, without any of its content, when it is broken."""
    where = str(ObjectRef.of(obj))
    data = obj.get("data")
    encoded = data.get("release") if isinstance(data, Mapping) else None
    if not isinstance(encoded, str):
        raise _broken(where, "it has no `release` key")
    if len(encoded) > _LARGEST_STORED:
        raise _broken(where, "it is larger than a cluster can store")
    try:
        stored = encoded.encode()
        if obj.get("kind") == "Secret":
            stored = base64.b64decode(stored, validate=True)
        content = _inflate(base64.b64decode(stored, validate=True), where)
    except (binascii.Error, ValueError, zlib.error):
        raise _broken(where, "its encoding is damaged") from None
    try:
        stored_release = msgspec.json.decode(content, type=_Stored)
    except msgspec.DecodeError:
        raise _broken(where, "its JSON is damaged or lacks a field that Helm writes") from None
    return _record(stored_release, obj)


def manifest_objects(manifest: str) -> tuple[Obj, ...]:
    """The objects of a rendered manifest; raise `BadFormat` when it is not YAML objects."""
    documents = _documents(manifest) if manifest.strip() else []
    objects: list[Obj] = []
    for document in documents:
        if document is None:
            continue
        if not isinstance(document, dict):
            raise BadFormat("the rendered manifest holds something that is not an object.")
        items = document.get("items") if str(document.get("kind") or "").endswith("List") else None
        objects.extend(items if isinstance(items, list) else [document])
    return tuple(objects)


def _documents(manifest: str) -> list[Any]:
    manifest = as_kubectl_reads(manifest)
    try:
        return list(ryaml.loads_all(manifest))
    except ValueError:
        pass
    # Helm lets a key appear twice; the strict, fast parser above does not
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    lenient = YAML(typ="safe", pure=True)
    lenient.allow_duplicate_keys = True
    try:
        return list(lenient.load_all(manifest))
    except (YAMLError, ValueError, RecursionError):
        raise BadFormat("the rendered manifest is not valid YAML.") from None


class _Metadata(msgspec.Struct):
    name: str = ""
    version: str = ""
    appVersion: str = ""  # noqa: N815  (as Helm writes it)
    kubeVersion: str = ""  # noqa: N815


class _Chart(msgspec.Struct):
    metadata: _Metadata | None = None


class _Info(msgspec.Struct):
    status: str = "unknown"
    last_deployed: str = ""


class _Hook(msgspec.Struct):
    name: str = ""
    kind: str = ""
    manifest: str = ""
    events: list[str] | None = None


class _Stored(msgspec.Struct):
    """The fields of Helm's JSON that we read; the others are not decoded."""

    name: str
    version: int
    info: _Info
    namespace: str = ""
    chart: _Chart | None = None
    manifest: str = ""
    config: dict[str, Any] | None = None
    hooks: list[_Hook] | None = None


def _record(stored: _Stored, obj: Obj) -> ReleaseRecord:
    meta = (stored.chart and stored.chart.metadata) or _Metadata()
    unreadable = ""
    try:
        refs = tuple(ObjectRef.of(each) for each in manifest_objects(stored.manifest))
    except BadFormat as problem:
        refs, unreadable = (), problem.what
    return ReleaseRecord(
        name=stored.name,
        namespace=stored.namespace or str((obj.get("metadata") or {}).get("namespace") or ""),
        revision=stored.version,
        status=_status(stored.info.status),
        chart=ChartName(meta.name, meta.version, meta.appVersion, meta.kubeVersion),
        objects=refs,
        hooks=tuple(_hook(each) for each in stored.hooks or ()),
        has_values=bool(stored.config),
        updated=stored.info.last_deployed,
        manifest=stored.manifest,
        storage=str(obj.get("kind")),
        unreadable=unreadable,
    )


def _hook(hook: _Hook) -> ReleaseHook:
    try:
        objects = manifest_objects(hook.manifest)
    except BadFormat:
        objects = ()
    api_version = str(objects[0].get("apiVersion") or "") if objects else ""
    return ReleaseHook(hook.name, hook.kind, api_version, tuple(hook.events or ()))


def _status(text: str) -> ReleaseStatus:
    try:
        return ReleaseStatus(text)
    except ValueError:
        return ReleaseStatus.UNKNOWN


def _inflate(content: bytes, where: str) -> bytes:
    """Gunzip, unless it is plain (Helm still reads records from before it compressed them)."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    inflater = zlib.decompressobj(wbits=31)
    plain = inflater.decompress(content, _LARGEST_RECORD)
    if inflater.unconsumed_tail:
        raise _broken(where, f"it unpacks to more than {_LARGEST_RECORD >> 20} MiB")
    if not inflater.eof:
        raise _broken(where, "it is cut off")
    return plain


def _broken(where: str, why: str) -> BadFormat:
    return BadFormat(
        f"this Helm release record cannot be read: {why}.",
        where=where,
        next_step="Look at it with `helm history`, and delete the record if Helm cannot read it either.",
    )
