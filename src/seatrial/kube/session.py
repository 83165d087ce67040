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
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode, urlsplit

import aiohttp
from multidict import CIMultiDict
from yarl import URL

import seatrial
from seatrial.clock import Clock
from seatrial.errors import PermanentError, SeatrialError, Unreachable
from seatrial.kube.access import ClusterAccess
from seatrial.kube.credentials import Credentials, Presented
from seatrial.kube.exec_plugin import PATIENCE, ConsentToExec, consent_given
from seatrial.kube.retry import Lost, retry_delay
from seatrial.kube.status import error_of, read_status
from seatrial.kube.tls import explain_certificate


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one session; times in wall seconds."""

    connect: float = 10.0
    answer: float = 60.0
    """Longest silence while an answer is awaited or read."""
    connections: int = 32
    body: int = 512 * 1024 * 1024
    """Largest answer that is read, in bytes after decompression."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, before it is sent."""

    method: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    body: bytes | None = field(default=None, repr=False)
    content_type: str = "application/json"
    accept: str = "application/json"
    reads_only: bool = False
    """Whether the server changes nothing, so that sending it twice is harmless."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response of status 2xx, read to its end."""

    status: int
    body: bytes = field(repr=False)
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
    consent: ConsentToExec = consent_given,
    interactive: bool = False,
    limits: Limits | None = None,
    exec_patience: float = PATIENCE,
) -> AsyncIterator[Session]:
    """A session with the cluster, closed at the end of the block. Sends nothing by itself.

    `interactive` says that a person at a terminal can answer an exec plugin's questions.
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
                outcome = await self._attempt(call, presented)
            if isinstance(outcome, Answer) and 200 <= outcome.status < 300:
                return outcome
            renewed = await self._wait_or_raise(call, outcome, presented, attempt, renewed)

    @asynccontextmanager
    async def stream(self, call: Call, *, silence: float) -> AsyncIterator[aiohttp.StreamReader]:
        """The body of `call` while it comes in; at most `silence` wall seconds without a byte.

        Only the way to the headers is retried. What breaks later is the reader's to handle, as
        `aiohttp.ClientError`, `OSError` or `TimeoutError`.
        """
        attempt, renewed = 0, False
        outcome: Answer | _Failure | None
        while True:
            attempt += 1
            presented = await self._credentials.present()
            with self.clock.hold(self.where(call)):
                opened = await self._open(call, presented, silence=silence)
                outcome = opened if isinstance(opened, _Failure) else None
                if isinstance(opened, aiohttp.ClientResponse) and opened.status != 200:
                    outcome = await self._read(opened)
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

    async def _attempt(self, call: Call, presented: Presented) -> Answer | _Failure:
        opened = await self._open(call, presented, silence=self._limits.answer)
        if isinstance(opened, _Failure):
            return opened
        return await self._read(opened)

    async def _open(
        self, call: Call, presented: Presented, *, silence: float
    ) -> aiohttp.ClientResponse | _Failure:
        access = self.access
        url = f"{access.server}{call.path}"
        if call.params:
            url += f"?{urlencode(call.params)}"
        try:
            return await self._http.request(
                call.method,
                URL(url, encoded=True),
                data=call.body,
                headers=self._headers(call, presented),
                allow_redirects=False,
                proxy=access.proxy_url or None,
                ssl=presented.tls or True,
                server_hostname=access.tls_server_name or None if presented.tls else None,
                timeout=aiohttp.ClientTimeout(
                    total=None,
                    connect=None,
                    sock_connect=self._limits.connect,
                    sock_read=silence,
                ),
            )
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return _Failure(error)

    async def _read(self, response: aiohttp.ClientResponse) -> Answer | _Failure:
        parts: list[bytes] = []
        size = 0
        try:
            async for part in response.content.iter_any():
                parts.append(part)
                size += len(part)
                if size > self._limits.body:
                    response.close()
                    return _Failure(_TooLarge())
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            response.close()
            return _Failure(error)
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
        self, call: Call, outcome: Answer | _Failure, presented: Presented, attempt: int, renewed: bool
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
            if isinstance(outcome, Answer):
                raise error_of(
                    outcome.status,
                    outcome.body,
                    where=self.where(call),
                    content_type=outcome.content_type,
                    retry_after=retry_after,
                    secrets=presented.secrets,
                )
            raise self._explain(call, outcome) from None
        await self.clock.sleep(delay)
        return renewed

    def _explain(self, call: Call, failure: _Failure) -> SeatrialError:
        where, host = self.where(call), urlsplit(self.access.server).netloc.rpartition("@")[2]
        error = failure.error
        check = "Check that the cluster is up and that this machine can reach it (VPN, proxy, firewall)."
        match error:
            case aiohttp.ClientConnectorCertificateError():
                return explain_certificate(error.certificate_error, where=where, server=host)
            case aiohttp.ClientProxyConnectionError():
                return Unreachable("the proxy cannot be reached.", where=where, next_step="Check proxy-url.")
            case aiohttp.ClientHttpProxyError():
                return Unreachable(
                    f"the proxy refused to connect to {host} ({error.status}).",
                    where=where,
                    next_step="Check proxy-url and what the proxy allows.",
                )
            case aiohttp.ClientConnectorDNSError():
                return Unreachable(
                    f"the name {urlsplit(self.access.server).hostname} does not resolve.",
                    where=where,
                    next_step="Check the server in the kubeconfig, and the network (VPN).",
                )
            case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
                return PermanentError(
                    "the server URL is not valid.", where=where, next_step="Correct the kubeconfig."
                )
            case _TooLarge():
                return PermanentError(
                    f"the answer is larger than {self._limits.body // 1024 // 1024} MiB.", where=where
                )
        if (handshake := _tls_error(error)) is not None:
            return explain_certificate(handshake, where=where, server=host)
        match error:
            case aiohttp.ConnectionTimeoutError():
                return Unreachable(
                    f"{host} did not accept a connection in time.", where=where, next_step=check
                )
            case TimeoutError():
                return Unreachable(f"{host} did not answer in time.", where=where, next_step=check)
            case aiohttp.ClientConnectorError(os_error=OSError(strerror=str(reason))) if reason:
                reason = (
                    "connection refused" if isinstance(error.os_error, ConnectionRefusedError) else reason
                )
                return Unreachable(f"{host} cannot be reached ({reason}).", where=where, next_step=check)
            case aiohttp.ClientPayloadError():
                return Unreachable("the answer was cut off.", where=where, next_step="Try again.")
            case aiohttp.ClientResponseError():
                return PermanentError(
                    f"{host} did not answer in HTTP.",
                    where=where,
                    next_step="Check the server URL in the kubeconfig.",
                )
            case _:
                return Unreachable(f"the connection to {host} was lost.", where=where, next_step=check)


class _TooLarge(Exception):
    """The answer is larger than the limit."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """No answer, and why."""

    error: BaseException

    @property
    def lost(self) -> Lost | None:
        """What to tell `retry_delay`; None when another attempt cannot help."""
        error = self.error
        if isinstance(error, (_TooLarge, aiohttp.ClientConnectorCertificateError, aiohttp.InvalidURL)):
            return None
        if _tls_error(error) is not None:
            return None
        if isinstance(error, aiohttp.ClientConnectorError):
            return Lost.UNSENT
        if isinstance(error, aiohttp.ConnectionTimeoutError):
            return Lost.SLOW
        if isinstance(error, TimeoutError):
            return Lost.SLOW
        if isinstance(error, aiohttp.ClientResponseError):
            return None
        return Lost.CUT


def _tls_error(error: BaseException) -> ssl.SSLError | None:
    """The TLS failure behind `error`, unless it only says that the connection ended."""
    seen: BaseException | None = error
    while seen is not None:
        inner = seen.os_error if isinstance(seen, aiohttp.ClientConnectorError) else seen
        if isinstance(inner, ssl.SSLError) and not isinstance(
            inner, (ssl.SSLEOFError, ssl.SSLZeroReturnError)
        ):
            return inner
        if isinstance(inner, ssl.CertificateError):
            return ssl.SSLError(str(inner))
        seen = seen.__cause__ or seen.__context__
    return None


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
