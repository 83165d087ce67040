"""What PostgreSQL says when it cannot go on, in words that help; sorted by its SQLSTATE codes.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import ProgrammingError

from seatrial.errors import BadFormat, BadInput, Forbidden, PermanentError, SeatrialError
from seatrial.store.protocol import StateAway

_LOOK = "See `pg_isready` and the database's log; what is under way goes on by itself afterwards."
_AWAY = {
    "08": "the database cannot be reached.",
    "57": "the database is shutting down or starting.",
    "53": "the database has run out of connections, memory or disk.",
    "40": "the database put this transaction back behind another one.",
    "55": "the database keeps a row locked.",
    "58": "the database has trouble with its disk.",
}
_AWAY_EXACTLY = {
    "53100": "the database's disk is full, so nothing more can be recorded.",
    "53300": "the database has no connection left.",
    "25006": "the database is read-only: a standby, or a server that is being replaced.",
    "57014": "the database did not answer in time.",
}


def name_failure(
    error: BaseException | None, where: str, secrets: Iterable[str] = ()
) -> SeatrialError | None:
    """One of our errors; None for a broken constraint, which is an answer rather than a failure."""
    code = getattr(error, "sqlstate", None) or ""
    said = _first_line(error, secrets)
    if code.startswith("23"):
        return None
    if not code and isinstance(error, ProgrammingError):  # libpq's words quote the URL
        return BadInput(
            "the URL of the database cannot be used.",
            where=where,
            next_step="Write postgresql://USER@HOST/DATABASE; percent-encode what is special in a URL.",
        )
    if what := _AWAY_EXACTLY.get(code) or _AWAY.get(code[:2]):
        return StateAway(what, where=where, next_step=_LOOK)
    if code.startswith("28") or "authentication failed" in said or "no password supplied" in said:
        return PermanentError(
            "the database refuses this user or password.",
            where=where,
            next_step="Correct SEATRIAL_STATE, PGPASSWORD or the .pgpass file.",
        )
    if code == "3D000" or (not code and "does not exist" in said):
        return PermanentError(
            "there is no such database or user.",
            where=where,
            next_step="createdb NAME, or correct the URL.",
        )
    if code == "42501":
        return Forbidden(
            "this database user may not do that.",
            where=where,
            next_step="GRANT CREATE ON DATABASE … TO this user once, or let an administrator make the"
            " schemas and grant them.",
        )
    if code.startswith("XX") or code in ("42P01", "42703"):
        return BadFormat(
            "the database is damaged, or is not Seatrial's.",
            where=where,
            next_step="Restore it from a backup; nothing was changed in any cluster.",
        )
    if not code:  # libpq itself: it never got an answer
        return no_answer(where, said)
    return PermanentError(
        f"the database refuses ({code}: {said}).", where=where, next_step="See the database's log."
    )


def no_answer(where: str, said: str = "") -> StateAway:
    return StateAway(
        "the database cannot be reached" + (f": {said.rstrip('.')}." if said else "."),
        where=where,
        next_step=_LOOK,
    )


def _first_line(error: BaseException | None, secrets: Iterable[str]) -> str:
    lines = str(error).strip().splitlines()
    line = lines[0][:300] if lines else ""
    for secret in secrets:
        line = line.replace(secret, "…")
    return line
