"""Replaces secret strings by tokens that keep what a rehearsal needs: equality, length and shape.

The token of a value is derived from HMAC-SHA256, stretched by SHAKE256, under a key that lives as long
as one capture and is then thrown away: equal values get equal tokens within a snapshot, and nobody can
test guesses against a snapshot later. Base64 stays base64 of the same length; a PEM block keeps its frame.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PEM = re.compile(r"(-----BEGIN [A-Z0-9 ]+-----\n)(.*?)(-----END [A-Z0-9 ]+-----)", re.DOTALL)
_BASE64 = re.compile(r"^[A-Za-z0-9+/]+={0,2}$")
_SHORTEST_BASE64 = 8


class Tokens:
    """One capture's way to replace values."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)
        self._known: dict[str, str] = {}

    def of(self, value: str) -> str:
        """The token of `value`, as long as it; the empty string is its own token."""
        token = self._known.get(value)
        if token is None:
            token = self._known[value] = self._make(value)
        return token

    def _make(self, value: str) -> str:
        if not value:
            return value
        if _PEM.search(value):
            return self._pem(value)
        if _looks_like_base64(value):
            return self._base64(value)
        return self._letters(value, len(value))

    def _stream(self, value: str, size: int) -> bytes:
        """As many bytes as asked for: one keyed hash of the value, stretched."""
        seed = hmac.digest(self._key, value.encode("utf-8", "surrogatepass"), "sha256")
        return hashlib.shake_256(seed).digest(size)

    def _letters(self, value: str, size: int) -> str:
        return "".join(_LETTERS[byte & 31] for byte in self._stream(value, size))

    def _base64(self, value: str) -> str:
        inner = base64.b64decode(value)
        try:
            text = inner.decode()
        except UnicodeDecodeError:
            return base64.b64encode(self._stream(value, len(inner))).decode()
        # the token of the text inside, so that stringData and data of one secret stay equal;
        # letters are one byte each, so cut and pad to keep the length
        token = (self._pem(text) if _PEM.search(text) else self._letters(text, len(inner))).encode()
        return base64.b64encode(token[: len(inner)].ljust(len(inner), b"a")).decode()

    def _pem(self, value: str) -> str:
        """Frames and line breaks stay; every other character is replaced."""

        def body(found: re.Match[str]) -> str:
            return found[1] + self._lines(found[2]) + found[3]

        parts: list[str] = []
        end = 0
        for found in _PEM.finditer(value):
            parts += [self._lines(value[end : found.start()]), body(found)]
            end = found.end()
        return "".join([*parts, self._lines(value[end:])])

    def _lines(self, text: str) -> str:
        return "\n".join(self._letters(line, len(line)) if line else "" for line in text.split("\n"))


def _looks_like_base64(value: str) -> bool:
    if len(value) < _SHORTEST_BASE64 or len(value) % 4 or not _BASE64.match(value):
        return False
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
