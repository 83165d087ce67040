"""One connection pool to one cluster: every request of Seatrial to an API server goes through here.

Holds a simulated clock while a request is in flight (a watch only until its headers are there),
waits between attempts by the `Clock`, and turns every failure into one of our errors. Limits on a
request in flight are the wall's: a simulated clock stands still meanwhile, by design.
"""

from __future__ import annotations

import random
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import quote, urlencode

import msgspec
from msgspec.structs import replace
from multidict import CIMultiDict
from yarl import URL

import seatrial
from seatrial.clock import Clock
from seatrial.errors import PermanentError, SeatrialError
from seatrial.kube.access import ClusterAccess
from seatrial.kube.consent import Consent, allow_nothing
from seatrial.kube.credentials import Credentials, Presented
from seatrial.kube.discreet import Discreet
from seatrial.kube.exec_plugin import PATIENCE
from seatrial.kube.failure import Failure, TooLarge, explain
from seatrial.kube.http_library import aiohttp
from seatrial.kube.retry import retry_delay
from seatrial.kube.status import error_of, read_status
from seatrial.kube.tls import usual_tls


class Limits(msgspec.Struct, frozen=True):
    """Bounds of one session, or of one of its calls; times in wall seconds."""

    connect: float = 10.0
    answer: float = 60.0
    """Longest silence while an answer is awaited or read."""
    whole: float | None = 300.0
    """Longest time for one whole answer, however steadily it drips; a page of a list takes seconds."""
    connections: int = 32
    body: int = 512 * 1024 * 1024
    """Largest answer that is read, in bytes after decompression."""


class Call(Discreet, frozen=True):
    """One request, before it is sent."""

    HIDDEN = frozenset({"body"})

    method: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    content_type: str = "application/json"
    accept: str = "application/json"
    reads_only: bool = False
    """Whether the server changes nothing, so that sending it twice is harmless."""
    limits: Limits | None = None
    """Where the session's are too wide for it."""


class Answer(Discreet, frozen=True):
    """A response of status 2xx, read to its end."""

    HIDDEN = frozenset({"body"})

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "")


@asynccontextmanager
async def connect(
    access: ClusterAccess,
    clock: Clock,
    *,
    rng: random.Random | None = None,
    consent: Consent = allow_nothing,
    interactive: bool = False,
    limits: Limits | None = None,
    exec_patience: float = PATIENCE,
) -> AsyncIterator[Session]:
    """A session with the cluster, closed at the end of the block. Sends nothing by itself.

    `consent` is asked before a program that the kubeconfig names is run. `interactive` says that a
    person at a terminal can answer an exec plugin's questions.
    """
    limits = limits or Limits()
    http = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=limits.connections, ttl_dns_cache=60),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=limits.connect, sock_read=limits.answer),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=True,
        trust_env=False,  # no .netrc: the environment's proxy is already part of the access
        read_bufsize=1 << 20,
        max_line_size=64 * 1024,
        max_field_size=64 * 1024,
    )
    # aiohttp repeats PUT and DELETE by itself when a kept connection breaks; whether a write may be
    # repeated is decided in `retry`. It has no public switch for that; a test watches over this one.
    http._retry_connection = False
    credentials = Credentials(access, clock, consent=consent, interactive=interactive, patience=exec_patience)
    async with http:
        yield Session(access, clock, http, credentials, rng or random.Random(), limits)  # noqa: S311 - jitter


class Session:
    """A live connection to one cluster under one identity; give it to a ReadClient or a WriteClient."""

    def __init__(
        self,
        access: ClusterAccess,
        clock: Clock,
        http: aiohttp.ClientSession,
        credentials: Credentials,
        rng: random.Random,
        limits: Limits,
    ) -> None:
        self.access = access
        self.clock = clock
        self.rng = rng
        self._http = http
        self._credentials = credentials
        self._limits = limits

    async def send(self, call: Call) -> Answer:
        """Send `call`, again where that is safe, and return its answer; any other outcome is raised."""
        attempt, renewed = 0, False
        while True:
            attempt += 1
            presented = await self._credentials.present()
            with self.clock.hold(self.where(call)):
                outcome = await self._attempt(call, presented, self.access, call.limits or self._limits)
            if isinstance(outcome, Answer) and 200 <= outcome.status < 300:
                return outcome
            renewed = await self._wait_or_raise(call, outcome, presented, attempt, renewed)

    async def send_directly(self, call: Call, server: str, server_name: str) -> Answer:
        """Send `call` once to the one API server at the URL `server`; any other outcome is raised.

        No proxy is asked. Who names that server may be lying, so nothing but a TLS handshake reaches it
        before it has shown a certificate for `server_name` from the authority that the access names for
        this cluster: no header, no token, no client certificate.
        """
        to = replace(self.access, server=server, tls_server_name=server_name, proxy_url="")
        presented = await self._credentials.present()
        if not (server_name and server.startswith("https://") and _proves(presented.tls, to)):
            raise PermanentError(
                "no authority is known by which this server could prove that it is the cluster's.",
                where=self.where(call),
                next_step="Use a kubeconfig with certificate-authority-data.",
            )
        limits = call.limits or self._limits
        with self.clock.hold(self.where(call)):
            outcome = await self._attempt(call, presented, to, limits)
        if isinstance(outcome, Answer) and 200 <= outcome.status < 300:
            return outcome
        raise self._error(call, outcome, presented, to)

    @asynccontextmanager
    async def stream(self, call: Call, *, silence: float) -> AsyncIterator[aiohttp.StreamReader]:
        """The body of `call` while it comes in; at most `silence` wall seconds without a byte.

        Only the way to the headers is retried. What breaks later is the reader's to handle, as
        `aiohttp.ClientError`, `OSError` or `TimeoutError`.
        """
        attempt, renewed = 0, False
        limits = replace(self._limits, answer=silence, whole=None)
        outcome: Answer | Failure | None
        while True:
            attempt += 1
            presented = await self._credentials.present()
            with self.clock.hold(self.where(call)):
                opened = await self._open(call, presented, self.access, limits)
                outcome = opened if isinstance(opened, Failure) else None
                if isinstance(opened, aiohttp.ClientResponse) and opened.status != 200:
                    outcome = await self._read(opened, limits.body)
            if isinstance(opened, aiohttp.ClientResponse) and outcome is None:
                try:
                    yield opened.content
                finally:
                    opened.close()  # not release: the rest of a watch never ends
                return
            assert outcome is not None  # noqa: S101 - not an open stream, so it came to something
            renewed = await self._wait_or_raise(call, outcome, presented, attempt, renewed)

    def where(self, call: Call) -> str:
        """How messages name a request: the cluster, the verb and the path."""
        return f"{self.access.name}: {call.method} {call.path}"

    async def _attempt(
        self, call: Call, presented: Presented, to: ClusterAccess, limits: Limits
    ) -> Answer | Failure:
        opened = await self._open(call, presented, to, limits)
        if isinstance(opened, Failure):
            return opened
        return await self._read(opened, limits.body)

    async def _open(
        self, call: Call, presented: Presented, to: ClusterAccess, limits: Limits
    ) -> aiohttp.ClientResponse | Failure:
        url = f"{to.server}{call.path}"
        if call.params:
            url += f"?{urlencode(call.params)}"
        try:
            return await self._http.request(
                call.method,
                URL(url, encoded=True),
                data=call.body,
                headers=self._headers(call, presented),
                allow_redirects=False,
                proxy=to.proxy_url or None,
                ssl=presented.tls or usual_tls(to),
                server_hostname=to.tls_server_name or None if presented.tls else None,
                timeout=aiohttp.ClientTimeout(
                    total=limits.whole,
                    connect=None,
                    sock_connect=limits.connect,
                    sock_read=limits.answer,
                ),
            )
        except (aiohttp.ClientError, OSError, TimeoutError, UnicodeError) as error:
            return Failure(error)  # UnicodeError: a host name that cannot be written for DNS

    async def _read(self, response: aiohttp.ClientResponse, most: int) -> Answer | Failure:
        parts: list[bytes] = []
        size = 0
        try:
            async for part in response.content.iter_any():
                parts.append(part)
                size += len(part)
                if size > most:
                    response.close()
                    return Failure(TooLarge())
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            response.close()
            return Failure(error)
        response.release()
        return Answer(response.status, b"".join(parts), response.headers)

    def _headers(self, call: Call, presented: Presented) -> CIMultiDict[str]:
        headers = CIMultiDict(
            {
                "Accept": call.accept,
                "Accept-Encoding": "identity" if self.access.disable_compression else "gzip",
                "User-Agent": f"seatrial/{seatrial.__version__}",
            }
        )
        if call.body is not None:
            headers["Content-Type"] = call.content_type
        if presented.authorization:
            headers["Authorization"] = presented.authorization
        if (acting := self.access.impersonate) is not None:
            headers["Impersonate-User"] = acting.user
            for group in acting.groups:
                headers.add("Impersonate-Group", group)
            if acting.uid:
                headers["Impersonate-Uid"] = acting.uid
            for key, values in acting.extra:
                for value in values:
                    headers.add(f"Impersonate-Extra-{quote(key.lower(), safe='')}", value)
        return headers

    async def _wait_or_raise(
        self, call: Call, outcome: Answer | Failure, presented: Presented, attempt: int, renewed: bool
    ) -> bool:
        """Wait until `call` may be sent again, or raise what it came to; whether credentials were renewed."""
        refused = isinstance(outcome, Answer) and outcome.status == 401
        if refused and not renewed and self._credentials.refused(presented):
            return True
        retry_after = _retry_after(outcome) if isinstance(outcome, Answer) else None
        kind = outcome.status if isinstance(outcome, Answer) else outcome.lost
        delay = None
        if kind is not None and not (
            isinstance(outcome, Answer) and outcome.status == 429 and read_status(outcome.body).is_budget
        ):
            delay = retry_delay(
                kind, attempt=attempt, reads_only=call.reads_only, retry_after=retry_after, rng=self.rng
            )
        if delay is None:
            raise self._error(call, outcome, presented, self.access) from None
        await self.clock.sleep(delay)
        return renewed

    def _error(
        self, call: Call, outcome: Answer | Failure, presented: Presented, to: ClusterAccess
    ) -> SeatrialError:
        if isinstance(outcome, Failure):
            limits = call.limits or self._limits
            return explain(outcome, to, where=self.where(call), body_limit=limits.body)
        return error_of(
            outcome.status,
            outcome.body,
            where=self.where(call),
            content_type=outcome.content_type,
            retry_after=_retry_after(outcome),
            secrets=presented.secrets,
        )


def _proves(tls: ssl.SSLContext | None, access: ClusterAccess) -> bool:
    """Whether only the authority named for the cluster can vouch for the other side, and for its name."""
    if tls is None or access.ca is None or access.insecure:
        return False
    return tls.verify_mode is ssl.CERT_REQUIRED and tls.check_hostname


def _retry_after(answer: Answer) -> float | None:
    """Seconds from the Retry-After header or the Status; the date form is not used by API servers."""
    text = answer.headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    if answer.status == 429 or answer.status >= 500:
        details = read_status(answer.body).details
        if details is not None and details.retry_after_seconds:
            return float(details.retry_after_seconds)
    return None
