"""Tells a journal entry that was damaged on its way to the disk or back from one that was written so."""

from __future__ import annotations

import zlib


def entry_checksum(stream_id: str, seq: int, format: int, event: bytes) -> int:
    """CRC-32 over the event and its place: it finds accidents, not somebody who means to deceive."""
    return zlib.crc32(event, zlib.crc32(f"{stream_id}\n{seq}\n{format}\n".encode()))
