"""Who may call the API: whoever can read a file that only this user can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from seatrial.errors import BadInput
from seatrial.private_folder import make_private

TOKEN_FILE = "api-token"  # noqa: S105  the name of the file that holds it


def api_token(folder: Path) -> str:
    """The token in `folder`, made on first use; raise `BadInput` when others could read it."""
    path = folder / TOKEN_FILE
    make_private(folder)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        return _read(path)
    with os.fdopen(handle, "w") as out:
        out.write(secrets.token_urlsafe(32) + "\n")
        out.flush()
        os.fsync(out.fileno())
    return _read(path)


def _read(path: Path) -> str:
    mode = path.stat(follow_symlinks=False).st_mode
    if mode & 0o077:
        raise BadInput(
            "others can read the API's token.",
            where=str(path),
            next_step=f"Remove it and start again, or: chmod 600 {path}",
        )
    token = path.read_text().strip()
    if len(token) < 20:
        raise BadInput(
            "this is no token of the API.", where=str(path), next_step="Remove it and start again."
        )
    return token
