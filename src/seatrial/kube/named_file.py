"""Reads a file that a kubeconfig names: a plain file, and no more of it than it can sensibly hold.

The author of the kubeconfig chooses the path. A device, a pipe or an endless file must not hang or
fill this process.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

LARGEST = 1 << 20  # bytes; a bundle of all public authorities is a quarter of that


def read_named_file(path: Path, limit: int = LARGEST) -> bytes:
    """The content; OSError when there is none, when it is longer, or when it is not a plain file."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe would wait for a writer
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a plain file")
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"larger than {limit >> 10} KiB")
    return content
