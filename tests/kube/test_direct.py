"""Single API servers: who gets our credentials, and who is left with a handshake."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trustme
from aiohttp import web
from msgspec.structs import replace
from tests.kube.fake_server import FakeServer, fake_proxy, fake_server, text
from tests.kube.instant_clock import InstantClock

from seatrial.errors import PermanentError, SeatrialError, Unreachable
from seatrial.kube import (
    CertificateProblem,
    ClusterAccess,
    DirectReader,
    Limits,
    ServerAddress,
    Token,
    connect,
    server_address,
)
from seatrial.kube.session import Call

CANARY = "canary-5d1f0c6a9e7b4f3d"
SERVICE = "kubernetes.default.svc"
LIMITS = Limits(connect=2.0, answer=0.5, whole=1.0, body=1 << 20)


@asynccontextmanager
async def serving(authority: trustme.CA, *names: str) -> AsyncIterator[FakeServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    async with fake_server(context) as fake:
        fake.on("GET", "/metrics", text("up 1\n"))
        yield fake


def address_of(fake: FakeServer) -> ServerAddress:
    found = server_address("192.0.2.1", fake.port)
    assert found is not None
    return replace(found, ip=type(found.ip)("127.0.0.1"))


def an_access(authority: trustme.CA, server: str = "https://api.example.test:6443") -> ClusterAccess:
    return ClusterAccess("prod", server, ca=authority.cert_pem.bytes(), login=Token(CANARY))


async def heard(access: ClusterAccess, fake: FakeServer) -> bytes:
    async with connect(access, InstantClock()) as session:
        return await DirectReader(session).get(address_of(fake), "/metrics", LIMITS)


async def refusal(access: ClusterAccess, fake: FakeServer) -> SeatrialError:
    with pytest.raises(SeatrialError) as caught:
        await heard(access, fake)
    assert CANARY not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("name", [SERVICE, "api.example.test"])
async def test_a_server_that_bears_a_name_of_the_cluster_is_heard(authority: trustme.CA, name: str) -> None:
    async with serving(authority, name) as fake:
        assert await heard(an_access(authority), fake) == b"up 1\n"
    assert [each.headers["authorization"] for each in fake.seen] == [f"Bearer {CANARY}"]


async def test_the_name_that_the_kubeconfig_verifies_counts(authority: trustme.CA) -> None:
    async with serving(authority, "inner.example.test") as fake:
        access = replace(an_access(authority), tls_server_name="inner.example.test")
        assert await heard(access, fake) == b"up 1\n"


async def test_another_authority_never_sees_the_token(authority: trustme.CA) -> None:
    async with serving(trustme.CA(), SERVICE, "api.example.test", "127.0.0.1") as fake:
        assert type(await refusal(an_access(authority), fake)) is CertificateProblem
    assert fake.seen == []


@pytest.mark.parametrize("name", ["127.0.0.1", "node-7", "localhost", "kubernetes"])
async def test_a_kubelets_certificate_of_the_same_authority_never_sees_the_token(
    authority: trustme.CA, name: str
) -> None:
    async with serving(authority, name, "127.0.0.1") as fake:
        for server in ("https://api.example.test", "https://127.0.0.1:6443", "https://localhost:6443"):
            assert type(await refusal(an_access(authority, server), fake)) is CertificateProblem
    assert fake.seen == []


async def test_insecure_http_gateways_and_proxies_ask_nobody(authority: trustme.CA) -> None:
    usual = an_access(authority)
    async with serving(authority, SERVICE) as fake, fake_proxy() as proxy:
        for access in (
            replace(usual, insecure=True, ca=None),
            replace(usual, ca=None),
            replace(usual, server="http://api.example.test"),
            replace(usual, server="https://rancher.example.test/k8s/clusters/c-1"),
            replace(usual, proxy_url=proxy.url),
        ):
            assert type(await refusal(access, fake)) is PermanentError
        assert proxy.targets == []
    assert fake.seen == []


async def test_the_session_itself_sends_nothing_to_a_server_that_cannot_prove_itself(
    authority: trustme.CA,
) -> None:
    async with serving(authority, SERVICE) as fake:
        for access in (
            replace(an_access(authority), insecure=True),
            replace(an_access(authority), ca=None),
        ):
            async with connect(access, InstantClock()) as session:
                with pytest.raises(PermanentError, match="prove"):
                    await session.send_directly(Call("GET", "/metrics"), fake.url, SERVICE)
    assert fake.seen == []


async def test_the_server_that_the_kubeconfig_names_by_its_address_is_known(authority: trustme.CA) -> None:
    one = server_address("10.0.0.1", 6443)
    assert one is not None
    usual = an_access(authority, "https://10.0.0.1:6443")
    for access, known in (
        (usual, True),
        (replace(usual, server="https://10.0.0.1"), False),
        (replace(usual, server="https://api.example.test:6443"), False),
        (replace(usual, proxy_url="http://127.0.0.1:1"), False),
    ):
        async with connect(access, InstantClock()) as session:
            assert DirectReader(session).is_usual(one) is known


async def test_a_redirect_is_not_followed(authority: trustme.CA) -> None:
    async with serving(trustme.CA(), "elsewhere") as other, serving(authority, SERVICE) as fake:

        async def away(request: web.Request) -> web.StreamResponse:
            raise web.HTTPFound(f"{other.url}/metrics")

        fake.on("GET", "/metrics", away)
        await refusal(an_access(authority), fake)
    assert other.seen == []


async def test_one_that_hangs_is_asked_once_and_not_for_long(authority: trustme.CA) -> None:
    async def hang(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response()

    async with serving(authority, SERVICE) as fake:
        fake.on("GET", "/metrics", hang)
        async with asyncio.timeout(5):
            assert type(await refusal(an_access(authority), fake)) is Unreachable
    assert len(fake.seen) == 1


async def test_a_huge_answer_is_cut(authority: trustme.CA) -> None:
    async with serving(authority, SERVICE) as fake:
        fake.on("GET", "/metrics", text("x" * (2 << 20)))
        assert "larger than 1 MiB" in str(await refusal(an_access(authority), fake))


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "127.9.9.9",
        "::1",
        "::ffff:127.0.0.1",
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "fe80::1",
        "fe80::1%eth0",
        "2001:db8::1%eth0",
        "224.0.0.1",
        "ff02::1",
        "0.0.0.0",
        "::",
        "metadata.example.test",
        "10.0.0.1/32",
        "10.0.0.1@elsewhere",
        "0x7f000001",
        "127.1",
        "",
    ],
)
def test_addresses_that_no_api_server_has_are_refused(text: str) -> None:
    assert server_address(text, 6443) is None


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_is_none_is_refused(port: int) -> None:
    assert server_address("10.0.0.1", port) is None


def test_addresses_are_written_as_urls_want_them() -> None:
    assert [str(server_address(each, 6443)) for each in ("10.0.0.1", "2001:db8::1")] == [
        "10.0.0.1:6443",
        "[2001:db8::1]:6443",
    ]
