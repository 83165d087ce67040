"""Values files as a component names them: read whole, in order, and known by one digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from seatrial.errors import BadInput

_LARGEST = 4 << 20  # bytes; Helm puts values into a Secret, which takes 1 MiB


def read_values(paths: Iterable[str | Path], *, named_in: str = "in the fleet file") -> tuple[bytes, ...]:
    """The text of each file, later ones win; raise `BadInput` for one that cannot be read.

    They may hold secrets: keep them in memory and hand them to `HelmClient`.
    """
    return tuple(_read(Path(path), named_in) for path in paths)


def values_digest(contents: Sequence[bytes]) -> str:
    """ "sha256:…" over content and order, so that a plan can tell that values changed; empty for none."""
    if not contents:
        return ""
    total = hashlib.sha256()
    for each in contents:
        text = each.replace(b"\r\n", b"\n")
        total.update(f"{len(text)}\n".encode())
        total.update(text)
    return f"sha256:{total.hexdigest()}"


def _read(path: Path, named_in: str) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise BadInput(
                f"this values file is larger than {_LARGEST >> 20} MiB.",
                where=str(path),
                next_step="Helm could not store it: make it smaller.",
            )
        return path.read_bytes()
    except OSError as problem:
        raise BadInput(
            f"this values file cannot be read: {problem.strerror}.",
            where=str(path),
            next_step=f"Correct the path {named_in}.",
        ) from None
