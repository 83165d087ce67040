"""Makes a folder that nobody but its owner can look into, and each missing one above it, whatever the umask.

`Path.mkdir(mode, parents=True)` gives the mode to the last folder only: its new parents are as open as
the umask leaves them, and whoever may write to a parent may put another folder in our folder's place.
"""

from __future__ import annotations

from pathlib import Path


def make_private(folder: Path) -> None:
    """Make it with mode 0700; one that is there stays as its owner has it. Raises OSError."""
    if folder.is_dir():
        return
    if not folder.parent.is_dir():
        make_private(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
