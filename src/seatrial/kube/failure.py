"""A request that got no answer: why, whether another attempt can help, and what a person should do.

aiohttp's exceptions are sorted here and nowhere else.
"""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

import msgspec

from seatrial.errors import PermanentError, SeatrialError, Unreachable
from seatrial.kube.access import ClusterAccess
from seatrial.kube.http_library import aiohttp
from seatrial.kube.retry import Lost
from seatrial.kube.tls import explain_certificate


class TooLarge(Exception):
    """The answer is larger than the limit."""


class Failure(msgspec.Struct, frozen=True):
    """No answer, and why."""

    error: BaseException

    @property
    def lost(self) -> Lost | None:
        """What to tell `retry_delay`; None when another attempt cannot help."""
        error = self.error
        if isinstance(
            error, (TooLarge, aiohttp.ClientConnectorCertificateError, aiohttp.InvalidURL, UnicodeError)
        ):
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


def explain(failure: Failure, access: ClusterAccess, *, where: str, body_limit: int) -> SeatrialError:
    """The error for a request that got no answer."""
    host = urlsplit(access.server).netloc
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
                f"the name {urlsplit(access.server).hostname} does not resolve.",
                where=where,
                next_step="Check the server in the kubeconfig, and the network (VPN).",
            )
        case aiohttp.InvalidURL() | UnicodeError() | aiohttp.NonHttpUrlClientError():
            return PermanentError(
                "the server URL is not valid.", where=where, next_step="Correct the kubeconfig."
            )
        case TooLarge():
            return PermanentError(
                f"the answer is larger than {body_limit // 1024 // 1024} MiB.",
                where=where,
                next_step="Check the server URL and proxy of this context: no API server answers so.",
            )
    if (handshake := _tls_error(error)) is not None:
        return explain_certificate(handshake, where=where, server=host)
    match error:
        case aiohttp.ConnectionTimeoutError():
            return Unreachable(f"{host} did not accept a connection in time.", where=where, next_step=check)
        case TimeoutError():
            return Unreachable(f"{host} did not answer in time.", where=where, next_step=check)
        case aiohttp.ClientConnectorError(os_error=OSError(strerror=str(reason))) if reason:
            reason = "connection refused" if isinstance(error.os_error, ConnectionRefusedError) else reason
            return Unreachable(f"{host} cannot be reached ({reason}).", where=where, next_step=check)
        case aiohttp.ClientPayloadError():
            return Unreachable("the answer was cut off.", where=where, next_step="Try again.")
        case aiohttp.ClientResponseError():
            return PermanentError(
                f"{host} did not answer in HTTP.",
                where=where,
                next_step="Check the server URL in the kubeconfig.",
            )
        case aiohttp.ServerDisconnectedError() if access.server.startswith("https:"):
            # aiohttp does not pass on the alert with which TLS 1.3 refuses a client afterwards
            return Unreachable(
                f"{host} hung up.",
                where=where,
                next_step=f"{check} So does a server that wants a client certificate.",
            )
        case _:
            return Unreachable(f"the connection to {host} was lost.", where=where, next_step=check)


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
