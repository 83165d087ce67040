from __future__ import annotations

import datetime as dt
import random
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme
from tests.kube.fake_server import FakeServer, fake_proxy, fake_server, json
from tests.kube.instant_clock import InstantClock

from seatrial.cluster.version import Version
from seatrial.errors import BadInput, SeatrialError, Unreachable
from seatrial.kube import (
    CertificateProblem,
    ClientCertificate,
    ClientCertificateFiles,
    ClusterAccess,
    ReadClient,
    Token,
    connect,
    tls,
)
from seatrial.kube.tls import usual_tls

CANARY = "canary-8f14e45fceea167a"
VERSION = json({"gitVersion": "v1.37.2"})


@asynccontextmanager
async def serving(
    authority: trustme.CA, *names: str, expired: bool = False, clients: bool = False
) -> AsyncIterator[FakeServer]:
    past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    certificate = (
        authority.issue_cert(*names, not_before=past, not_after=past + dt.timedelta(days=1))
        if expired
        else (authority.issue_cert(*names))
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        authority.configure_trust(context)
    async with fake_server(context) as fake:
        fake.on("GET", "/version", VERSION)
        yield fake


async def version(access: ClusterAccess, clock: InstantClock) -> Version:
    async with connect(access, clock, rng=random.Random(1)) as session:
        return await ReadClient(session).version()


async def problem(access: ClusterAccess, clock: InstantClock) -> SeatrialError:
    with pytest.raises(SeatrialError) as caught:
        await version(access, clock)
    assert CANARY not in str(caught.value)
    assert caught.value.next_step
    return caught.value


def pem(authority: trustme.CA) -> bytes:
    return authority.cert_pem.bytes()


async def test_the_clusters_own_authority_is_trusted(authority: trustme.CA, clock: InstantClock) -> None:
    async with serving(authority, "127.0.0.1") as fake:
        assert await version(ClusterAccess("prod", fake.url, ca=pem(authority)), clock) == Version(1, 37, 2)


async def test_another_authority_is_not_trusted(authority: trustme.CA, clock: InstantClock) -> None:
    async with serving(authority, "127.0.0.1") as fake:
        error = await problem(
            ClusterAccess("prod", fake.url, ca=pem(trustme.CA()), login=Token(CANARY)), clock
        )
    assert type(error) is CertificateProblem
    assert "not signed by this cluster's certificate authority" in str(error)
    assert fake.seen == []
    assert clock.slept == []


async def test_the_systems_authorities_do_not_know_a_clusters_certificate(
    authority: trustme.CA, clock: InstantClock
) -> None:
    async with serving(authority, "127.0.0.1") as fake:
        assert type(await problem(ClusterAccess("prod", fake.url), clock)) is CertificateProblem


async def test_a_certificate_for_another_name_is_explained(
    authority: trustme.CA, clock: InstantClock
) -> None:
    async with serving(authority, "kubernetes.default.svc") as fake:
        error = await problem(ClusterAccess("prod", fake.url, ca=pem(authority)), clock)
    assert "for another name" in str(error)
    assert "tls-server-name" in error.next_step


async def test_tls_server_name_is_the_name_that_is_checked(
    authority: trustme.CA, clock: InstantClock
) -> None:
    async with serving(authority, "kubernetes.default.svc") as fake:
        access = ClusterAccess("prod", fake.url, ca=pem(authority), tls_server_name="kubernetes.default.svc")
        assert await version(access, clock) == Version(1, 37, 2)


async def test_an_expired_certificate_is_explained(authority: trustme.CA, clock: InstantClock) -> None:
    async with serving(authority, "127.0.0.1", expired=True) as fake:
        assert "has expired" in str(await problem(ClusterAccess("prod", fake.url, ca=pem(authority)), clock))


async def test_insecure_asks_nothing(authority: trustme.CA, clock: InstantClock) -> None:
    async with serving(authority, "elsewhere") as fake:
        assert await version(ClusterAccess("prod", fake.url, insecure=True), clock) == Version(1, 37, 2)


async def test_plain_http_where_tls_was_expected_is_explained(
    server: FakeServer, clock: InstantClock
) -> None:
    error = await problem(ClusterAccess("prod", server.url.replace("http:", "https:"), insecure=True), clock)
    assert "does not speak TLS" in str(error)


async def test_a_client_certificate_is_presented_from_data_and_from_files(
    authority: trustme.CA, clock: InstantClock, tmp_path: Path
) -> None:
    me = authority.issue_cert(common_name="jane", organization_name="ops")
    certificate, key = me.cert_chain_pems[0].bytes(), me.private_key_pem.bytes()
    (tmp_path / "me.crt").write_bytes(certificate)
    (tmp_path / "me.key").write_bytes(key)
    async with serving(authority, "127.0.0.1", clients=True) as fake:
        for identity in (
            ClientCertificate(certificate, key),
            ClientCertificateFiles(tmp_path / "me.crt", tmp_path / "me.key"),
        ):
            await version(ClusterAccess("prod", fake.url, ca=pem(authority), certificate=identity), clock)
    assert [dict(x[0] for x in s.peer_certificate["subject"])["commonName"] for s in fake.seen] == [
        "jane"
    ] * 2  # type: ignore[index]


async def test_a_server_that_wants_a_certificate_and_gets_none_is_explained(
    authority: trustme.CA, clock: InstantClock
) -> None:
    async with serving(authority, "127.0.0.1", clients=True) as fake:
        error = await problem(ClusterAccess("prod", fake.url, ca=pem(authority)), clock)
    assert "client certificate" in str(error)


@pytest.mark.parametrize(
    "access",
    [
        ClusterAccess("prod", "https://x", ca=b"nonsense"),
        ClusterAccess("prod", "https://x", ca=b"\xff\xfe"),
        ClusterAccess("prod", "https://x", certificate=ClientCertificate(b"a", CANARY.encode())),
        ClusterAccess("prod", "https://x", certificate=ClientCertificateFiles(Path("/gone"), Path("/gone"))),
    ],
)
async def test_unusable_pem_is_bad_input(access: ClusterAccess, clock: InstantClock) -> None:
    error = await problem(access, clock)
    assert type(error) is BadInput
    assert "'prod'" in str(error)


async def test_a_certificate_and_anothers_key_are_bad_input(
    authority: trustme.CA, clock: InstantClock
) -> None:
    one, other = authority.issue_cert("a"), authority.issue_cert("b")
    pair = ClientCertificate(one.cert_chain_pems[0].bytes(), other.private_key_pem.bytes())
    assert type(await problem(ClusterAccess("prod", "https://x", certificate=pair), clock)) is BadInput


async def test_a_proxy_carries_the_connection(authority: trustme.CA, clock: InstantClock) -> None:
    async with serving(authority, "kubernetes") as fake, fake_proxy() as proxy:
        access = ClusterAccess(
            "prod", fake.url, ca=pem(authority), proxy_url=proxy.url, tls_server_name="kubernetes"
        )
        assert await version(access, clock) == Version(1, 37, 2)
        assert proxy.targets == [f"127.0.0.1:{fake.port}"]


def test_an_https_proxy_to_plain_http_answers_to_the_systems_authorities(
    ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
    monkeypatch.setattr(tls, "_system", tls._system.__wrapped__)  # not the one that is kept
    context = usual_tls(ClusterAccess("prod", "http://10.0.0.1", proxy_url="https://proxy:3128"))
    assert isinstance(context, ssl.SSLContext)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.cert_store_stats()["x509_ca"] == 1


def test_where_no_tls_is_no_authority_is_loaded() -> None:
    access = ClusterAccess("prod", "http://10.0.0.1", proxy_url="http://proxy:3128")
    assert usual_tls(access) is True


async def test_a_name_that_does_not_match_is_explained_through_a_proxy_too(
    authority: trustme.CA, clock: InstantClock
) -> None:
    async with serving(authority, "kubernetes") as fake, fake_proxy() as proxy:
        error = await problem(ClusterAccess("prod", fake.url, ca=pem(authority), proxy_url=proxy.url), clock)
    assert "for another name" in str(error)


async def test_a_proxy_that_refuses_or_is_down_is_unreachable(
    authority: trustme.CA, clock: InstantClock
) -> None:
    async with serving(authority, "127.0.0.1") as fake:
        async with fake_proxy() as proxy:
            proxy.refuse = 403
            access = ClusterAccess("prod", fake.url, ca=pem(authority), proxy_url=proxy.url)
            error = await problem(access, clock)
            assert type(error) is Unreachable
            assert "the proxy refused" in str(error)
        error = await problem(access, clock)
        assert type(error) is Unreachable
        assert "the proxy cannot be reached" in str(error)
