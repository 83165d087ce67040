"""aiohttp, imported without the system's certificate authorities, which its own contexts would load twice.

That is 30 ms of every command, and nothing of ours uses these contexts: each request brings its own. The
verifying one then trusts nobody, so a request that forgot to would fail, not go through unverified.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _no_system_authorities() -> Iterator[None]:
    """Contexts made within trust nobody: the method, inherited from `_ssl`, is hidden meanwhile."""
    ssl.SSLContext.set_default_verify_paths = lambda self: None  # type: ignore[method-assign]
    try:
        yield
    finally:
        del ssl.SSLContext.set_default_verify_paths


with _no_system_authorities():
    import aiohttp

__all__ = ["aiohttp"]
