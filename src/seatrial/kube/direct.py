"""Reads from each API server of a control plane by itself, past the load balancer in front of them.

The cluster's own endpoints name the addresses, so they are not believed: see "a hostile cluster" in
docs/threat-model.md. A server has to show a certificate of the cluster's authority for a name that only
API servers bear. A certificate that is only valid for the address would not do: the same authority signs
those of kubelets, and whoever may write endpoints could have our token sent to a node of theirs.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import msgspec

from seatrial.errors import PermanentError
from seatrial.kube.session import Call, Limits, Session
from seatrial.kube.tls import CertificateProblem

SERVICE_NAME = "kubernetes.default.svc"
"""For this name every distribution has its API servers' certificates made: pods reach them by it."""


class ServerAddress(msgspec.Struct, frozen=True):
    """Where one API server listens."""

    ip: ipaddress.IPv4Address | ipaddress.IPv6Address
    port: int

    def __str__(self) -> str:
        return f"[{self.ip}]:{self.port}" if self.ip.version == 6 else f"{self.ip}:{self.port}"


def server_address(text: str, port: int) -> ServerAddress | None:
    """None for what no API server has: names, this machine's own addresses, those of a link or a group.

    Kubernetes itself refuses the same in endpoints (ValidateNonSpecialIP); a hostile cluster does not.
    """
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        return None
    inner = getattr(ip, "ipv4_mapped", None) or ip
    if inner.is_loopback or inner.is_link_local or inner.is_multicast or inner.is_unspecified:
        return None
    if getattr(ip, "scope_id", None) is not None or not 0 < port < 65536:
        return None
    return ServerAddress(ip, port)


class DirectReader:
    """Reads from single API servers with the identity of one session, which it cannot use to write."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def host(self) -> str:
        """The name or address by which the kubeconfig reaches the cluster."""
        return urlsplit(self._session.access.server).hostname or ""

    @property
    def obstacle(self) -> str:
        """Why no server can be asked by itself, as a clause; empty when nothing is in the way."""
        access = self._session.access
        if access.insecure or access.ca is None or not access.server.startswith("https://"):
            return "the kubeconfig names no certificate authority by which it could prove itself"
        if access.proxy_url or urlsplit(access.server).path:
            return "the cluster is reached through a proxy"
        return ""

    def is_usual(self, address: ServerAddress) -> bool:
        """Whether the session itself talks to this very server."""
        parts = urlsplit(self._session.access.server)
        usual = server_address(parts.hostname or "", parts.port or 443)
        return usual == address and not self._session.access.proxy_url

    async def get(self, address: ServerAddress, path: str, limits: Limits) -> bytes:
        """The body of a GET, asked once; `CertificateProblem` when it is not one of the cluster's servers."""
        if self.obstacle:
            raise PermanentError(f"{self.obstacle}.", where=str(address))
        call = Call("GET", path, accept="*/*", reads_only=True, limits=limits)
        first, *others = self._names()
        try:
            return (await self._session.send_directly(call, f"https://{address}", first)).body
        except CertificateProblem:
            for name in others:
                return (await self._session.send_directly(call, f"https://{address}", name)).body
            raise

    def _names(self) -> tuple[str, ...]:
        """What its certificate may be for: the Service's name, or the name that the kubeconfig verifies.

        Not the latter where it stands for this machine, as for a tunnel: kubelets may have such names too.
        """
        name = self._session.access.tls_server_name or self.host
        try:
            here = ipaddress.ip_address(name).is_loopback
        except ValueError:
            here = name == "localhost" or name.endswith(".localhost")
        return (SERVICE_NAME,) if here or name == SERVICE_NAME else (SERVICE_NAME, name)
