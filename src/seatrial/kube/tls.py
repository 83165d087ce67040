"""TLS for one cluster: a context that trusts that cluster's authority alone, and its failures in words.

One context with one authority costs about a millisecond and some kilobytes; the system's bundle costs
40 ms and close to a megabyte, which 300 clusters in one process would pay 300 times. So the bundle is
loaded once, and only for clusters that name no authority.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from seatrial.errors import BadInput, PermanentError, SeatrialError
from seatrial.kube.access import Certificate, ClientCertificateFiles, ClusterAccess


class CertificateProblem(PermanentError):
    """The two sides do not trust each other's certificates."""


def tls_context(access: ClusterAccess, certificate: Certificate | None) -> ssl.SSLContext | None:
    """The context for `access` presenting `certificate`; None for plain http."""
    if not access.server.startswith("https://"):
        return None
    if access.ca is None and certificate is None and not access.insecure:
        return _system()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if access.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif access.ca is None:
        context.load_default_certs()
    else:
        _trust(context, access.ca, access.name)
    if certificate is not None:
        _present(context, certificate, access.name)
    return context


def usual_tls(access: ClusterAccess) -> ssl.SSLContext | bool:
    """For the way to a server without a context of its own, which may lead through an https proxy.

    True, which asks aiohttp for a context of its own, where there is no TLS on that way."""
    schemes = (urlsplit(access.server).scheme, urlsplit(access.proxy_url).scheme)
    return _system() if "https" in schemes else True


@lru_cache(maxsize=1)
def _system() -> ssl.SSLContext:
    return ssl.create_default_context()


def _trust(context: ssl.SSLContext, ca: bytes, name: str) -> None:
    try:
        context.load_verify_locations(cadata=ca.decode("ascii"))
    except (ssl.SSLError, ValueError):
        raise BadInput(
            "its certificate authority is not a PEM certificate.",
            where=f"context {name!r}",
            next_step="Renew the kubeconfig, or correct certificate-authority.",
        ) from None


def _present(context: ssl.SSLContext, certificate: Certificate, name: str) -> None:
    try:
        if isinstance(certificate, ClientCertificateFiles):
            context.load_cert_chain(certificate.certificate, certificate.key, password=_no_password)
            return
        pem = certificate.certificate.rstrip() + b"\n" + certificate.key.strip() + b"\n"
        with _as_file(pem) as path:
            context.load_cert_chain(path, password=_no_password)
    except (ssl.SSLError, OSError, ValueError):
        raise BadInput(
            "its client certificate and key cannot be used: unreadable, not PEM, encrypted, or no pair.",
            where=f"context {name!r}",
            next_step="Renew the kubeconfig or the client certificate.",
        ) from None


def _no_password() -> str:
    raise ValueError("encrypted key")


@contextmanager
def _as_file(pem: bytes) -> Iterator[Path]:
    """OpenSSL reads keys from paths only: give it memory, or else a private file that is gone at once."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("seatrial", os.MFD_CLOEXEC)
        try:
            os.write(descriptor, pem)
            yield Path(f"/proc/self/fd/{descriptor}")
        finally:
            os.close(descriptor)
    else:
        with tempfile.NamedTemporaryFile() as file:
            file.write(pem)
            file.flush()
            yield Path(file.name)


def explain_certificate(error: BaseException, *, where: str, server: str) -> SeatrialError:
    """What a failed handshake means, for the person who has to repair it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        match error.verify_code:
            case 62 | 64:
                what = "the server's certificate is for another name."
                step = "Set tls-server-name in the kubeconfig, or use the server's name in the certificate."
            case 10:
                what = "the server's certificate has expired (or this machine's clock is wrong)."
                step = "Renew the certificate on the control plane; check the clock."
            case 9:
                what = "the server's certificate is not valid yet: this machine's clock is probably wrong."
                step = "Correct the clock."
            case _:
                what = "the server's certificate is not signed by this cluster's certificate authority."
                step = "Renew the kubeconfig: was the cluster recreated, or does a proxy intercept TLS?"
        return CertificateProblem(what, where=where, next_step=step)
    text = str(error).upper()
    if "ALERT" in text and ("CERTIFICATE" in text or "UNKNOWN_CA" in text or "UNKNOWN CA" in text):
        return CertificateProblem(
            "the server refuses our client certificate.",
            where=where,
            next_step="Renew the client certificate in the kubeconfig.",
        )
    if "WRONG_VERSION_NUMBER" in text or "RECORD LAYER FAILURE" in text or "HTTP_REQUEST" in text:
        return CertificateProblem(
            f"{server} does not speak TLS.",
            where=where,
            next_step="Check the scheme and port of the server URL in the kubeconfig.",
        )
    return CertificateProblem(
        "the TLS handshake failed.",
        where=where,
        next_step="Check the server URL and the proxy of this context.",
    )
