"""Hands values to a helm process through memory, so that a process killed midway leaves none on a disk.

Values hold secrets. On Linux each becomes an anonymous file in memory that the child inherits and opens
by its descriptor; elsewhere a private file in a folder that is removed when the call ends.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Values = Sequence[Mapping[str, Any] | bytes]
"""Values in the order in which they win: mappings, or the text of values files as it is."""


@dataclass(frozen=True, slots=True)
class HandedValues:
    flags: tuple[str, ...]
    """For helm's command line."""
    descriptors: tuple[int, ...]
    """To be inherited by the process."""

    def named_in(self, words: str) -> str:
        """Helm's words, with paths that were there for this call alone told by their place."""
        for number, path in reversed([*enumerate(self.flags[1::2], start=1)]):  # …/fd/12 before …/fd/1
            words = words.replace(path, f"values file {number}")
        return words


@contextmanager
def handed(values: Values, scratch: Path) -> Iterator[HandedValues]:
    """As long as the block lasts; `scratch` is ours alone. Raises OSError."""
    flags: list[str] = []
    descriptors: list[int] = []
    with ExitStack() as open_files:
        for number, each in enumerate(values):
            content = each if isinstance(each, bytes) else json.dumps(each).encode()  # JSON is YAML
            if hasattr(os, "memfd_create"):
                descriptor = os.memfd_create(f"values-{number}", os.MFD_CLOEXEC)
                open_files.callback(os.close, descriptor)
                os.fchmod(descriptor, 0o600)
                descriptors.append(descriptor)
                path = f"/proc/self/fd/{descriptor}"
                _write_all(descriptor, content)
            else:
                path = str(scratch / f"values-{number}.yaml")
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
            flags += ["--values", path]
        yield HandedValues(tuple(flags), tuple(descriptors))


def _write_all(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]
