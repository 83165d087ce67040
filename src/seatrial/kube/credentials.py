"""What each request presents: the Authorization header and the TLS context, renewed when they expire."""

from __future__ import annotations

import base64
import ssl

from seatrial.clock import Clock
from seatrial.errors import BadInput, Forbidden
from seatrial.kube.access import (
    Basic,
    Certificate,
    ClientCertificateFiles,
    ClusterAccess,
    ExecSpec,
    Token,
    TokenFile,
)
from seatrial.kube.consent import Consent, wish_to_send
from seatrial.kube.discreet import Discreet
from seatrial.kube.exec_plugin import ExecCredential, ExecPlugin
from seatrial.kube.named_file import read_named_file
from seatrial.kube.tls import tls_context

_LONGEST_TOKEN = 64 << 10  # bytes; a header may not be longer


class Presented(Discreet, frozen=True):
    """The credentials of one request; `secrets` must not appear in any text."""

    HIDDEN = frozenset({"authorization", "secrets"})

    authorization: str
    tls: ssl.SSLContext | None
    secrets: tuple[str, ...]
    of_plugin: ExecCredential | None = None


class Credentials:
    """The identity of one session."""

    def __init__(
        self,
        access: ClusterAccess,
        clock: Clock,
        *,
        consent: Consent,
        interactive: bool,
        patience: float,
    ) -> None:
        self._access = access
        self._consent = consent
        self._plugin: ExecPlugin | None = None
        if isinstance(access.login, ExecSpec):
            self._plugin = ExecPlugin(
                access.login, access, clock, consent=consent, interactive=interactive, patience=patience
            )
        self._tls: tuple[object, ssl.SSLContext | None] | None = None

    async def present(self) -> Presented:
        """What to send now; runs the exec plugin when its credential has expired."""
        match self._access.login:
            case None:
                return Presented("", self._context(self._access.certificate), ())
            case Token(value):
                return self._bearer(value)
            case TokenFile() as login:
                return self._bearer(self._read_token(login))
            case Basic(username, password):
                pair = base64.b64encode(f"{username}:{password}".encode()).decode()
                return Presented(f"Basic {pair}", self._context(self._access.certificate), (pair, password))
            case ExecSpec():
                assert self._plugin is not None  # noqa: S101 - made with the spec
                credential = await self._plugin.credential()
                certificate = credential.certificate or self._access.certificate
                header = f"Bearer {credential.token}" if credential.token else ""
                secrets = (credential.token,) if credential.token else ()
                return Presented(header, self._context(certificate), secrets, credential)

    def refused(self, presented: Presented) -> bool:
        """The server answered 401; True when presenting again may give something newer."""
        if self._plugin is not None and presented.of_plugin is not None:
            self._plugin.forget(presented.of_plugin)
            return True
        return isinstance(self._access.login, TokenFile)

    def _read_token(self, login: TokenFile) -> str:
        """One line of what a token is made of: nothing else may be sent to a server as one."""
        wish = wish_to_send(login, self._access)
        if wish is not None and not self._consent(wish):
            raise Forbidden(
                f"the kubeconfig wants to send this file to {self._access.server}, which nobody has allowed.",
                where=str(login.path),
                next_step="If you trust who made it, run `seatrial check` with this context once from a"
                f" terminal, or set SEATRIAL_ALLOW_EXEC={wish.subject}.",
            )
        try:
            token = read_named_file(login.path, _LONGEST_TOKEN).decode("ascii").strip()
        except (OSError, UnicodeDecodeError):
            token = ""
        if not token or any(not 33 <= ord(letter) <= 126 for letter in token):
            raise BadInput(
                "the token file is missing, empty or holds something else than a token.",
                where=str(login.path),
                next_step="Check what writes it.",
            )
        return token

    def _bearer(self, token: str) -> Presented:
        return Presented(f"Bearer {token}", self._context(self._access.certificate), (token,))

    def _context(self, certificate: Certificate | None) -> ssl.SSLContext | None:
        """One context as long as the certificate is the same, so that connections are reused."""
        key: object = certificate
        if isinstance(certificate, ClientCertificateFiles):
            key = (certificate, _age(certificate))
        if self._tls is None or self._tls[0] != key:
            self._tls = (key, tls_context(self._access, certificate))
        return self._tls[1]


def _age(files: ClientCertificateFiles) -> tuple[int, int]:
    """Changes when something renewed the files."""
    try:
        return files.certificate.stat().st_mtime_ns, files.key.stat().st_mtime_ns
    except OSError:
        return (0, 0)
