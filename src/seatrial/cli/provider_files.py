"""Opens the files of a provider's command line that a user named."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatrial.errors import BadInput

if TYPE_CHECKING:
    from seatrial.cluster.snapshot import Snapshot
    from seatrial.providers.exports.facts import Facts

_LARGEST = 64 << 20  # bytes; a region's list of versions is below one MiB
Files = tuple[tuple[str, "tuple[Facts, ...]"], ...]


def read_provider_files(paths: Sequence[Path]) -> Files:
    """Each by its name; "-" is standard input. Raises `BadInput` for one that cannot be understood."""
    if not paths:
        return ()
    from seatrial.providers.exports import read_exports

    found = []
    for path in dict.fromkeys(paths):
        source = "standard input" if str(path) == "-" else str(path)
        found.append((source, read_exports(_content(path, source), source)))
    return tuple(found)


def with_provider_files(snapshot: Snapshot, files: Files, host: str = "") -> Snapshot:
    """The snapshot with what they say; what is to be known of them goes to standard error."""
    if not files:
        return snapshot
    from seatrial.cli.output import harmless
    from seatrial.providers.exports import Live, with_exports

    joined = with_exports(snapshot, files, Live(host))
    for note in joined.notes:
        click.echo(harmless(f"Note: {note}"), err=True)
    return joined.snapshot


def _content(path: Path, source: str) -> bytes:
    if path.is_dir():
        raise BadInput(
            "this is a folder, not a file of the provider's command line.",
            where=source,
            next_step="Name the files in it, one --provider-data each.",
        )
    try:
        if str(path) == "-":
            content = sys.stdin.buffer.read(_LARGEST + 1)
        else:
            with path.open("rb") as stream:
                content = stream.read(_LARGEST + 1)
    except OSError as problem:
        raise BadInput(
            f"this file cannot be read: {problem.strerror or problem}.",
            where=source,
            next_step="Check the path and its permissions.",
        ) from None
    if len(content) > _LARGEST:
        raise BadInput(
            f"larger than the {_LARGEST >> 20} MiB that a provider's command line prints.",
            where=source,
            next_step="Check that this is the file meant.",
        )
    return content
