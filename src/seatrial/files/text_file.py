"""Reads one file as text, whatever its encoding, or says in one sentence why that is not possible."""

from __future__ import annotations

import codecs
import os
import stat
import sys
from os import PathLike

from seatrial.cluster.manifests import ManifestProblem

LARGEST = 64 << 20  # bytes; a manifest is a few KB, a dump of a large cluster some MB
_MARKS = (
    # the longer ones first: UTF-32's begins as UTF-16's does
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_POINTER = "version https://git-lfs.github.com/spec/"


def read_text(file: str | PathLike[str], *, named: bool = False) -> str | ManifestProblem:
    """The text; "-" is standard input. A pipe is read where the user named it: `check <(kubectl …)`."""
    try:
        raw = sys.stdin.buffer.read(LARGEST + 1) if str(file) == "-" else _read(file, named)
        if len(raw) > LARGEST:
            raise OSError(f"it is larger than {LARGEST >> 20} MiB")
        text = raw.decode(next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8"))
    except UnicodeDecodeError:
        return _unread(file, "it is not text in UTF-8")
    except OSError as error:
        return _unread(file, error.strerror or str(error))
    if text.startswith(_POINTER):
        return _unread(file, "it is a pointer of Git LFS, not the file itself", "Fetch it: git lfs pull.")
    return text


def _read(file: str | PathLike[str], named: bool) -> bytes:
    """At most a byte more than allowed; `read(LARGEST)` alone would set aside so much for each file."""
    try:
        found = os.stat(file)  # noqa: PTH116  no Path for each of thousands
    except (FileNotFoundError, ValueError):
        raise OSError("it is not a regular file") from None
    if not (stat.S_ISREG(found.st_mode) or (named and stat.S_ISFIFO(found.st_mode))):
        raise OSError("it is not a regular file")
    with open(file, "rb", buffering=0) as stream:  # noqa: PTH123  a third faster than Path.open, of thousands
        raw = stream.read(min(found.st_size, LARGEST) + 1) or b""
        if len(raw) != found.st_size:  # a pipe, or a file that grows
            rest = [raw]
            while (part := stream.read(1 << 20)) and sum(map(len, rest)) <= LARGEST:
                rest.append(part)
            raw = b"".join(rest)
    return raw


def _unread(
    file: str | PathLike[str], why: str, next_step: str = "Correct it and check again."
) -> ManifestProblem:
    return ManifestProblem(file=str(file), what=f"this file was not checked: {why}.", next_step=next_step)
