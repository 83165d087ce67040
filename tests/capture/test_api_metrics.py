"""Every API server of one's own control plane is heard, and the report says which were not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import pytest
import trustme
from aiohttp import web
from msgspec.structs import replace
from tests.kube.fake_server import FakeServer, fake_server, json, text
from tests.kube.instant_clock import InstantClock

from seatrial.capture.live import from_live
from seatrial.checks.run import check_snapshot
from seatrial.cluster.metrics import ApiMetrics, DeprecatedRequest
from seatrial.cluster.models import EndpointSlice, Node
from seatrial.cluster.provider_state import ProviderState
from seatrial.cluster.snapshot import Snapshot, UnreadReason
from seatrial.cluster.version import Minor
from seatrial.kube import ClusterAccess, DirectReader, Limits, ReadClient, ServerAddress, Token, connect

CANARY = "canary-90b7c1d2e3f4a5b6"
SERVICE = "kubernetes.default.svc"
KINDS = [EndpointSlice.group_kind(), Node.group_kind()]
FLOWS = DeprecatedRequest("flowcontrol.apiserver.k8s.io", "v1beta3", "flowschemas", "", "1.32")
BUDGETS = DeprecatedRequest("policy", "v1beta1", "poddisruptionbudgets", "", "1.25")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def sample(request: DeprecatedRequest) -> str:
    labels = {
        "group": request.group,
        "removed_release": request.removed_release,
        "resource": request.resource,
        "subresource": request.subresource,
        "version": request.version,
    }
    inside = ",".join(f'{key}="{value}"' for key, value in labels.items())
    return f"# TYPE x gauge\napiserver_requested_deprecated_apis{{{inside}}} 1\nup 1\n"


@asynccontextmanager
async def an_api_server(
    authority: trustme.CA, name: str, *, said: str = "", version: str = "v1.33.2"
) -> AsyncIterator[FakeServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    async with fake_server(context) as fake:
        fake.on("GET", "/version", json({"gitVersion": version}))
        fake.on("GET", "/metrics", text(said))
        yield fake


def leads_to(
    front: FakeServer, addresses: Sequence[str], node_labels: Mapping[str, str] | None = None
) -> None:
    """What the cluster answers of itself: the endpoints of the Service `kubernetes`, and one node."""
    endpoints = {
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"kubernetes.io/service-name": "kubernetes"},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": [each], "conditions": {"ready": True}} for each in addresses],
        "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}],
    }
    node = {"metadata": {"name": "n", "labels": dict(node_labels or {})}}
    for path, kind, plural, namespaced, item in (
        ("/apis/discovery.k8s.io/v1", "EndpointSlice", "endpointslices", True, endpoints),
        ("/api/v1", "Node", "nodes", False, node),
    ):
        one = {"name": plural, "singularName": "", "namespaced": namespaced, "kind": kind, "verbs": ["list"]}
        resources = {"kind": "APIResourceList", "groupVersion": path.split("/", 2)[2], "resources": [one]}
        front.on("GET", path, json(resources))
        front.on("GET", f"{path}/{plural}", json({"kind": f"{kind}List", "items": [item]}))
    version = {"groupVersion": "discovery.k8s.io/v1", "version": "v1"}
    group = {"name": "discovery.k8s.io", "versions": [version], "preferredVersion": version}
    front.on("GET", "/api", json({"kind": "APIVersions", "versions": ["v1"]}))
    front.on("GET", "/apis", json({"kind": "APIGroupList", "groups": [group]}))


@dataclass
class Moved(DirectReader):
    """Addresses of a control plane's network that are really ports of this machine."""

    def __init__(self, session: Any, ports: Mapping[str, int]) -> None:
        super().__init__(session)
        self.ports = ports
        self.asked: list[str] = []

    async def get(self, address: ServerAddress, path: str, limits: Limits) -> bytes:
        self.asked.append(str(address))
        here = ServerAddress(ip_address("127.0.0.1"), self.ports[str(address.ip)])
        return await super().get(here, path, limits)


async def captured(
    authority: trustme.CA,
    front: FakeServer,
    ports: Mapping[str, int],
    *,
    provider: ProviderState | None = None,
    **access: Any,
) -> tuple[Snapshot, list[str]]:
    usual = ClusterAccess(
        "prod", front.url, ca=authority.cert_pem.bytes(), login=Token(CANARY), tls_server_name=SERVICE
    )
    async with connect(replace(usual, **access), InstantClock()) as session:
        reader = Moved(session, ports)
        snapshot = await from_live(
            ReadClient(session), InstantClock(), kinds=KINDS, provider=provider, each_server=reader
        )
    return snapshot, reader.asked


def gaps(snapshot: Snapshot) -> list[str]:
    report = check_snapshot(snapshot, Minor(1, 34))
    return [each.why for each in report.incomplete if each.check == "removed-api-requested"]


async def test_each_api_server_is_heard_with_the_credentials_of_the_session(authority: trustme.CA) -> None:
    async with (
        an_api_server(authority, SERVICE, said=sample(FLOWS)) as one,
        an_api_server(authority, SERVICE, said=sample(BUDGETS)) as two,
    ):
        leads_to(one, ["10.0.0.1", "10.0.0.2"])
        ports = {"10.0.0.1": one.port, "10.0.0.2": two.port}
        snapshot, asked = await captured(authority, one, ports)
    assert snapshot.metrics == ApiMetrics(requests=(FLOWS, BUDGETS), servers_heard=2, servers_known=2)
    assert asked == ["10.0.0.1:6443", "10.0.0.2:6443"]
    assert [each.headers["authorization"] for each in two.seen] == [f"Bearer {CANARY}"]
    assert gaps(snapshot) == []


async def test_one_that_is_down_and_one_that_proves_nothing_leave_the_check_incomplete(
    authority: trustme.CA,
) -> None:
    async with (
        an_api_server(authority, SERVICE) as one,
        an_api_server(trustme.CA(), SERVICE) as impostor,
        an_api_server(authority, "10.0.0.4") as kubelet,
    ):
        leads_to(one, ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"])
        ports = {"10.0.0.1": one.port, "10.0.0.2": 1, "10.0.0.3": impostor.port, "10.0.0.4": kubelet.port}
        snapshot, _ = await captured(authority, one, ports)
    proof = "did not prove by its certificate that it is one of the cluster's API servers"
    assert snapshot.metrics == ApiMetrics(
        servers_heard=1,
        servers_known=4,
        unheard=(
            "10.0.0.2:6443 cannot be reached from here, or does not answer in time",
            f"10.0.0.3:6443 {proof}",
            f"10.0.0.4:6443 {proof}",
        ),
    )
    assert impostor.seen == kubelet.seen == []
    assert gaps(snapshot)[0].startswith(
        "1 of 4 answered; each counts only the requests that it served. 10.0.0.2"
    )


async def test_addresses_of_this_machine_and_its_link_are_never_asked(authority: trustme.CA) -> None:
    hostile = ["127.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "metadata.example.test"]
    async with an_api_server(authority, SERVICE) as one:
        leads_to(one, hostile)
        snapshot, asked = await captured(authority, one, {})
    assert asked == []
    assert snapshot.metrics is not None
    assert (snapshot.metrics.servers_heard, snapshot.metrics.servers_known) == (1, 4)
    assert all(
        each.endswith("is no address that an API server can have") for each in snapshot.metrics.unheard
    )


async def test_no_more_than_a_control_plane_can_have_are_asked(authority: trustme.CA) -> None:
    async with an_api_server(authority, SERVICE) as one:
        leads_to(one, [f"10.0.1.{number}" for number in range(1, 101)])
        snapshot, asked = await captured(authority, one, {f"10.0.1.{n}": 1 for n in range(1, 101)})
    assert len(asked) == 16
    assert snapshot.metrics is not None
    assert (snapshot.metrics.servers_known, len(snapshot.metrics.unheard)) == (100, 100)


async def test_a_provider_hides_its_servers_so_none_is_asked_by_itself(authority: trustme.CA) -> None:
    told_by_node = {"kubernetes.azure.com/agentpool": "a"}
    state = ProviderState(kind="kapsule", version="1.33.2")
    for version, labels, provider in (
        ("v1.33.2-eks-1a2b3c", {}, None),
        ("v1.33.2-gke.100", {}, None),
        ("v1.33.2", told_by_node, None),
        ("v1.33.2", {}, state),
    ):
        async with an_api_server(authority, SERVICE, version=version) as one:
            leads_to(one, ["10.0.0.1", "10.0.0.2"], labels)
            snapshot, asked = await captured(authority, one, {}, provider=provider)
        assert asked == []
        assert snapshot.metrics == ApiMetrics()
        assert snapshot.meta.server_version == version


async def test_the_usual_server_is_not_asked_twice(authority: trustme.CA) -> None:
    async with an_api_server(authority, SERVICE, said=sample(FLOWS)) as one:
        leads_to(one, ["10.0.0.1", "10.0.0.2"])
        usual = ServerAddress(ip_address("10.0.0.1"), 6443)

        class Usual(Moved):
            def is_usual(self, address: ServerAddress) -> bool:
                return address == usual

        access = ClusterAccess(
            "prod", one.url, ca=authority.cert_pem.bytes(), login=Token(CANARY), tls_server_name=SERVICE
        )
        async with connect(access, InstantClock()) as session:
            reader = Usual(session, {"10.0.0.2": 1})
            snapshot = await from_live(ReadClient(session), InstantClock(), kinds=KINDS, each_server=reader)
    assert reader.asked == ["10.0.0.2:6443"]
    assert snapshot.metrics is not None
    assert (snapshot.metrics.servers_heard, snapshot.metrics.requests) == (1, (FLOWS,))


async def test_a_control_plane_of_one_is_asked_once(authority: trustme.CA) -> None:
    async with an_api_server(authority, SERVICE, said=sample(FLOWS)) as one:
        leads_to(one, ["10.0.0.1"])
        snapshot, asked = await captured(authority, one, {})
    assert asked == []
    assert snapshot.metrics == ApiMetrics(requests=(FLOWS,))
    assert gaps(snapshot) == []


async def test_metrics_that_are_nonsense_or_huge_are_no_metrics(authority: trustme.CA) -> None:
    async with an_api_server(authority, SERVICE) as one:
        leads_to(one, ["10.0.0.1"])
        one.on("GET", "/metrics", text('apiserver_requested_deprecated_apis{group="x"} many\n'))
        nonsense, _ = await captured(authority, one, {})

        async def huge(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            for _ in range(65):
                await response.write(b"#" * (1 << 20))
            return response

        one.on("GET", "/metrics", huge)
        large, _ = await captured(authority, one, {})
    assert nonsense.metrics == ApiMetrics()
    assert large.metrics is None
    assert [(str(each.gvr.resource), each.reason) for each in large.unread] == [
        ("/metrics", UnreadReason.FAILED)
    ]
    assert gaps(large) == ["the answer is larger than 64 MiB."]
    step = next(each.next_step for each in check_snapshot(large, Minor(1, 34)).incomplete if "64" in each.why)
    assert step.startswith("Try again")


async def test_a_server_that_hangs_holds_nobody_up(authority: trustme.CA) -> None:
    async def hang(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    async with an_api_server(authority, SERVICE) as one, an_api_server(authority, SERVICE) as two:
        leads_to(one, ["10.0.0.1", "10.0.0.2"])
        two.on("GET", "/metrics", hang)
        async with asyncio.timeout(8):
            snapshot, _ = await captured(authority, one, {"10.0.0.1": one.port, "10.0.0.2": two.port})
    assert snapshot.metrics is not None
    assert (snapshot.metrics.servers_heard, snapshot.metrics.servers_known) == (1, 2)
    assert len(two.seen) == 1
