"""Opens the audit logs that a user named, packed or not, and reads them as a stream."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

from msgspec.structs import replace

from seatrial.cluster.audit import AuditLog
from seatrial.cluster.audit_events import merge_audits, read_audit
from seatrial.cluster.json_stream import LONGEST
from seatrial.errors import BadInput

_GZIP = b"\x1f\x8b"


def read_audit_files(paths: Sequence[Path]) -> AuditLog:
    """All of them as one; "-" is standard input. Raises `BadInput` for a file that cannot be opened.

    What is damaged further down, or is no audit log at all, is a problem in the answer.
    """
    return merge_audits(_read(path) for path in dict.fromkeys(paths))


def _read(path: Path) -> AuditLog:
    source = "standard input" if str(path) == "-" else str(path)
    if str(path) == "-":
        return _read_stream(sys.stdin.buffer, source)
    if path.is_dir():
        raise BadInput(
            "this is a folder, not an audit log.",
            where=source,
            next_step="Name the files in it, one --audit-log each.",
        )
    try:
        with path.open("rb") as stream:
            return _read_stream(stream, source)
    except OSError as problem:
        raise BadInput(
            f"this audit log cannot be read: {problem.strerror or problem}.",
            where=source,
            next_step="Check the path and its permissions.",
        ) from None


def _read_stream(stream: BinaryIO, source: str) -> AuditLog:
    damaged: list[str] = []
    log = read_audit(_lines(stream, source, damaged), source)
    if not log.events:  # then what each line says is of no interest
        why = damaged[0] if damaged else f"{source}: this is no audit log: it holds no audit event."
        return replace(log, problems=(why,))
    return replace(log, problems=(*log.problems, *damaged))


def _lines(stream: BinaryIO, source: str, damaged: list[str]) -> Iterator[bytes]:
    """Until the end, or where a packed log is cut off: what came before it still counts."""
    plain = io.BufferedReader(cast("io.RawIOBase", stream))
    if plain.peek(2)[:2] == _GZIP:
        plain = io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=plain)))
    try:
        while line := plain.readline(LONGEST):
            yield line
    except (gzip.BadGzipFile, EOFError, zlib.error):
        damaged.append(f"{source}: this gzip file is cut off or damaged: not all of it was read.")
