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
from collections.abc import Mapping

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PEM_WORDS = (
    "CERTIFICATE|TRUSTED|X509|RSA|EC|DSA|DH|ENCRYPTED|PRIVATE|PUBLIC|KEY|REQUEST|NEW|CRL|PARAMETERS|OPENSSH|SSH2"
    "|PGP|BLOCK|MESSAGE|SIGNED|SIGNATURE|PKCS7|CMS"
)
_LABEL = rf"(?:{_PEM_WORDS})(?: (?:{_PEM_WORDS})){{0,4}}"
_PEM = re.compile(rf"(-----BEGIN {_LABEL}-----\r?\n)(.*?)(-----END {_LABEL}-----)", re.DOTALL)
_BASE64 = re.compile(r"^[A-Za-z0-9+/]+={0,2}$")
_SHORTEST_BASE64 = 8
_SHORTEST_WRAPPED = 32
_TRIES = 64


class Tokens:
    """One capture's way to replace values."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)
        self._known: dict[str, str] = {}
        self._taken: dict[str, str] = {}

    @property
    def made(self) -> Mapping[str, str]:
        """Every value that was replaced, with its token."""
        return self._known

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
        if (plain := _unwrapped(value)) is not None:
            letters = iter(self.of(plain))
            return "".join(each if each.isspace() else next(letters) for each in value)
        return self._letters(value)

    def _stream(self, value: str, size: int) -> bytes:
        """As many bytes as asked for: one keyed hash of the value, stretched."""
        seed = hmac.digest(self._key, value.encode("utf-8", "surrogatepass"), "sha256")
        return hashlib.shake_256(seed).digest(size)

    def _letters(self, value: str) -> str:
        """Short values have few tokens: one that another value has is not given twice, where that can be."""
        token = ""
        for attempt in range(_TRIES):
            salted = value if not attempt else f"{attempt}\0{value}"
            token = "".join(_LETTERS[byte & 31] for byte in self._stream(salted, len(value)))
            if self._taken.setdefault(token, value) == value:
                break
        return token

    def _base64(self, value: str) -> str:
        inner = base64.b64decode(value)
        try:
            text = inner.decode()
        except UnicodeDecodeError:
            return base64.b64encode(self._stream(value, len(inner))).decode()
        # the token of the text inside, so that stringData and data of one secret stay equal;
        # letters are one byte each, so pad to keep the length
        return base64.b64encode(self.of(text).encode()[: len(inner)].ljust(len(inner), b"a")).decode()

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
        return "\n".join(self._line(line) for line in text.split("\n"))

    def _line(self, line: str) -> str:
        body = line.removesuffix("\r")
        return self._letters(body) + line[len(body) :]


def _looks_like_base64(value: str) -> bool:
    if len(value) < _SHORTEST_BASE64 or len(value) % 4 or not _BASE64.match(value):
        return False
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _unwrapped(value: str) -> str | None:
    """Base64 that was cut into lines, without the line ends; None for anything else."""
    if "\n" not in value or len(value) < _SHORTEST_WRAPPED:
        return None
    plain = "".join(value.split())
    return plain if _looks_like_base64(plain) else None
