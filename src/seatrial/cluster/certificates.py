"""When the certificates of a CA bundle expire.

A bundle is base64 of PEM. A portable snapshot keeps the dates alone, in a bundle of its own kind (base64 of
lines `not-after TIME`), since whoever writes a bundle may have put anything into it.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime
from functools import lru_cache

_DATES = "not-after "
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


@lru_cache(maxsize=256)
def expiries(bundle: str) -> tuple[datetime, ...]:
    """Of each certificate, in the order of the bundle; nothing for what is not a bundle."""
    try:
        text = base64.b64decode(bundle, validate=True)
    except (binascii.Error, ValueError):
        return ()
    if text.startswith(_DATES.encode()):
        return _dates(text.decode("ascii", "replace"))
    return tuple(found for block in _BLOCK.findall(text) if (found := _not_after(block)))


def dates_only(bundle: str) -> str | None:
    """The bundle that a portable snapshot keeps in its place; None where no certificate can be read."""
    found = expiries(bundle)
    if not found:
        return None
    lines = "\n".join(f"{_DATES}{each:%Y-%m-%dT%H:%M:%SZ}" for each in found)
    return base64.b64encode(lines.encode()).decode()


def _dates(text: str) -> tuple[datetime, ...]:
    try:
        found = tuple(datetime.fromisoformat(line.removeprefix(_DATES)) for line in text.splitlines())
    except ValueError:
        return ()
    return found if all(each.tzinfo for each in found) else ()


def _not_after(block: bytes) -> datetime | None:
    from cryptography import x509  # 40 ms, and few clusters' checks need it

    try:
        return x509.load_pem_x509_certificate(block).not_valid_after_utc
    except (ValueError, x509.InvalidVersion):
        return None
