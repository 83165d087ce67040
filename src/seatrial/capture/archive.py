"""The snapshot file: a line that says what it is, then one checksummed zstandard frame.

    {"kind":"seatrial-snapshot","format":1}\\n
    zstd( msgpack( meta, resources with their objects as JSON bytes, unread, metrics, releases, provider ) )

The first line is read before anything is unpacked, so a newer format is refused with a clear
sentence. Unpacking is bounded: a small file cannot fill the memory.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import zstandard

from seatrial.cluster.helm_release import BrokenRecord, ReleaseRecord
from seatrial.cluster.metrics import ApiMetrics
from seatrial.cluster.objects import GroupVersionResource
from seatrial.cluster.provider_state import ProviderState
from seatrial.cluster.snapshot import SNAPSHOT_FORMAT, ResourceList, Snapshot, SnapshotMeta, Unread
from seatrial.cluster.version import Minor
from seatrial.errors import BadFormat, BadInput, NewerFormat
from seatrial.whole_file import write_whole

KIND = "seatrial-snapshot"
LARGEST_FILE = 1 << 30  # bytes packed
LARGEST_CONTENT = 4 << 30  # bytes unpacked
_DENSEST = 500  # times; ten thousand pods that differ in their names alone shrink to a hundredth
_UNSUSPICIOUS = 64 << 20  # bytes unpacked
_LONGEST_HEADER = 4096


class _Header(msgspec.Struct):
    kind: str
    format: int


class _List(msgspec.Struct):
    gvr: GroupVersionResource
    kind: str
    namespaced: bool
    items: list[bytes]


class _Content(msgspec.Struct):
    meta: SnapshotMeta
    resources: list[_List]
    unread: list[Unread] = []
    metrics: ApiMetrics | None = None
    releases: list[ReleaseRecord] = []
    broken_releases: list[BrokenRecord] = []
    provider: ProviderState | None = None


def save(snapshot: Snapshot, path: Path) -> int:
    """Write a portable snapshot, readable by its owner only; the size in bytes. Replaces at the end."""
    if not snapshot.meta.portable:
        raise ValueError("only a portable snapshot may be written: call capture.portable first")
    content = _Content(
        meta=snapshot.meta,
        resources=[
            _List(each.gvr, each.kind, each.namespaced, [bytes(item) for item in each.items])
            for each in snapshot.resources
        ],
        unread=list(snapshot.unread),
        metrics=snapshot.metrics,
        releases=list(snapshot.releases),
        broken_releases=list(snapshot.broken_releases),
        provider=snapshot.provider,
    )
    packer = zstandard.ZstdCompressor(level=6, write_checksum=True)
    header = msgspec.json.encode(_Header(KIND, SNAPSHOT_FORMAT)) + b"\n"
    data = header + packer.compress(msgspec.msgpack.encode(content))
    write_whole(path, data)
    return len(data)


def load(path: Path) -> Snapshot:
    """Read a snapshot file; raises `BadInput`, `BadFormat` or `NewerFormat`, naming the file."""
    where = str(path)
    data = _read_bounded(path)
    head, _, packed = data.partition(b"\n")
    try:
        header = msgspec.json.decode(head[:_LONGEST_HEADER], type=_Header)
    except msgspec.MsgspecError as error:
        raise BadFormat("this is not a snapshot.", where=where, next_step=_MAKE_ONE) from error
    if header.kind != KIND:
        raise BadFormat(f"this is a {header.kind}, not a snapshot.", where=where, next_step=_MAKE_ONE)
    if header.format > SNAPSHOT_FORMAT:
        raise NewerFormat("snapshot", header.format, SNAPSHOT_FORMAT, where=where)
    content = _decode(packed, where)
    try:
        Minor.parse(content.meta.server_version)
    except BadInput as error:
        raise BadFormat("it names no Kubernetes version.", where=where, next_step=_BROKEN) from error
    for each in content.resources:
        _refuse_no_objects(each, where)
    return Snapshot(
        meta=content.meta,
        resources=tuple(
            ResourceList(each.gvr, each.kind, each.namespaced, tuple(each.items))
            for each in content.resources
        ),
        unread=tuple(content.unread),
        metrics=content.metrics,
        releases=tuple(content.releases),
        broken_releases=tuple(content.broken_releases),
        provider=content.provider,
    )


_MAKE_ONE = "Make one with: seatrial snapshot -o FILE."
_BROKEN = "It is cut off or damaged. Copy it again, or make a new one with: seatrial snapshot -o FILE."


class _Object(msgspec.Struct):
    metadata: dict[str, msgspec.Raw] = {}


_object = msgspec.json.Decoder(_Object)


def _refuse_no_objects(listed: _List, where: str) -> None:
    """Whoever reads an object later may rely on its being one: a JSON object, and not nested without end."""
    for item in listed.items:
        try:
            _object.decode(item)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise BadFormat(
                f"it holds a {listed.kind} that is no object.", where=where, next_step=_BROKEN
            ) from error


def _read_bounded(path: Path) -> bytes:
    try:
        if path.is_file() and path.stat().st_size > LARGEST_FILE:
            raise BadInput(
                f"larger than the {LARGEST_FILE >> 20} MiB that a snapshot may have.",
                where=str(path),
                next_step="Check that this is the file meant.",
            )
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{error.strerror}.", where=str(path), next_step="Check the path.") from error


def _decode(packed: bytes, where: str) -> _Content:
    try:
        size = zstandard.frame_content_size(packed)
        if size > LARGEST_CONTENT or size > max(_UNSUSPICIOUS, _DENSEST * len(packed)):
            raise BadFormat(
                f"its {len(packed) >> 10} KiB would unpack to {size >> 20} MiB, more than a snapshot holds.",
                where=where,
                next_step="Do not trust this file unless you made it.",
            )
        if size < 0:
            raise BadFormat("it does not say how large it is unpacked.", where=where, next_step=_BROKEN)
        plain = zstandard.ZstdDecompressor().decompress(packed)
        return msgspec.msgpack.decode(plain, type=_Content)
    except (zstandard.ZstdError, msgspec.MsgspecError) as error:
        raise BadFormat("this snapshot cannot be read.", where=where, next_step=_BROKEN) from error
