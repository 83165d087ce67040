"""Where state is kept: a folder on this machine, or a PostgreSQL database that many machines share.

A password never leaves the address: everything that is shown comes from `PostgresAddress.shown`. On a
command line every user of the machine could read it, so there it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from seatrial.errors import BadInput

STATE_VARIABLE = "SEATRIAL_STATE"
_SCHEMES = ("postgresql", "postgres")
_HOW = "Put it into PGPASSWORD, a .pgpass file, or the whole URL into SEATRIAL_STATE."


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """A libpq URL."""

    url: str = field(repr=False)
    shown: str
    """Without what is secret, and without options."""
    password: str = field(default="", repr=False)
    """From PGPASSWORD; a URL may hold another."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be in any text."""
        return (*secrets_of(self.url), *([self.password] if self.password else []))


def read_location(state: str, environ: Mapping[str, str]) -> Path | PostgresAddress:
    """What `--state` or SEATRIAL_STATE names; raise `BadInput` for a password on the command line."""
    scheme, colon, _ = state.partition("://")
    if not colon:
        return Path(state)
    if scheme not in _SCHEMES:
        raise BadInput(
            f"state cannot be kept in {scheme}://.",
            next_step="Name a folder, or a database as postgresql://USER@HOST/DATABASE.",
        )
    address = PostgresAddress(state, _shown(state))
    if _has_secret(state) and environ.get(STATE_VARIABLE) != state:
        raise BadInput(
            "a password on the command line can be read by every user of this machine.",
            where=address.shown,
            next_step=_HOW,
        )
    return address


def take_location(state: str, environ: MutableMapping[str, str]) -> Path | PostgresAddress:
    """As `read_location`; a database's password leaves the environment, which helm and credential
    plugins inherit."""
    found = read_location(state, environ)
    if isinstance(found, PostgresAddress):
        environ.pop(STATE_VARIABLE, None)
        found = replace(found, password=environ.pop("PGPASSWORD", ""))
    return found


def secrets_of(url: str) -> tuple[str, ...]:
    """Every secret in the URL, as written and as meant."""
    parts = urlsplit(url)
    found = [value for name, value in parse_qsl(parts.query) if name in ("password", "sslpassword")]
    if parts.password:
        found += [parts.password, unquote(parts.password)]
    return tuple(secret for secret in found if secret)


def _has_secret(url: str) -> bool:
    try:
        return bool(secrets_of(url))
    except ValueError:
        return "@" in url  # not to be parsed: assume the worst


def _shown(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise BadInput(
            "this is not the URL of a database.", next_step="Write postgresql://USER@HOST/DATABASE."
        ) from None
    user, at, host = parts.netloc.rpartition("@")
    return f"postgresql://{user.partition(':')[0]}{at}{host}{parts.path}"
