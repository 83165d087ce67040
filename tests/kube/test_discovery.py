from __future__ import annotations

import random

import msgspec
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from tests.kube.fake_server import FakeServer, Handler, failing, json, text
from tests.kube.instant_clock import InstantClock

from seatrial.cluster.objects import GroupKind, GroupVersionKind, GroupVersionResource
from seatrial.cluster.version import Minor
from seatrial.errors import TemporaryError
from seatrial.kube import (
    ClusterAccess,
    Discovery,
    ReadClient,
    ResourceInfo,
    UnreadGroup,
    connect,
    version_rank,
)


async def discovered(server: FakeServer, clock: InstantClock) -> Discovery:
    async with connect(ClusterAccess("prod", server.url), clock, rng=random.Random(1)) as session:
        return await ReadClient(session).discover()


def aggregated(version: str, *groups: dict[str, object]) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        assert "as=APIGroupDiscoveryList" in request.headers["Accept"]
        body = msgspec.json.encode({"kind": "APIGroupDiscoveryList", "items": groups})
        shape = f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
        return web.Response(body=body, headers={"Content-Type": shape})

    return answer


def group(name: str, *versions: dict[str, object]) -> dict[str, object]:
    return {"metadata": {"name": name}, "versions": list(versions)}


def served(version: str, *resources: dict[str, object], freshness: str = "Current") -> dict[str, object]:
    return {"version": version, "resources": list(resources), "freshness": freshness}


def resource(name: str, kind: str, *, scope: str = "Namespaced", **more: object) -> dict[str, object]:
    return {
        "resource": name,
        "responseKind": {"group": "", "version": "", "kind": kind},
        "scope": scope,
        "verbs": ["get", "list"],
        **more,
    }


HPA = resource("horizontalpodautoscalers", "HorizontalPodAutoscaler", shortNames=["hpa"])


@pytest.mark.parametrize("version", ["v2", "v2beta1"])
async def test_two_requests_tell_everything_that_is_served(
    server: FakeServer, clock: InstantClock, version: str
) -> None:
    evict = [{"subresource": "eviction", "verbs": ["create"]}]
    server.on(
        "GET",
        "/api",
        aggregated(version, group("", served("v1", resource("pods", "Pod", subresources=evict)))),
    )
    server.on(
        "GET",
        "/apis",
        aggregated(
            version,
            group("autoscaling", served("v1", HPA), served("v2", HPA)),
            group("example.com", served("v1beta1", resource("ships", "Ship", scope="Cluster"))),
        ),
    )
    found = await discovered(server, clock)
    assert [seen.path for seen in server.seen] == ["/api", "/apis"]
    assert found.unread == ()
    assert found.resource("", "pods") == ResourceInfo(
        GroupVersionResource("", "v1", "pods"), "Pod", True, ("get", "list"), (), ("eviction",)
    )
    assert found.of_kind(GroupKind("example.com", "Ship")) == ResourceInfo(
        GroupVersionResource("example.com", "v1beta1", "ships"), "Ship", False, ("get", "list")
    )
    hpa = found.resource("autoscaling", "horizontalpodautoscalers")
    assert hpa is not None
    assert (hpa.gvr.version, hpa.short_names) == ("v2", ("hpa",))
    old = found.serves(GroupVersionKind("autoscaling", "v1", "HorizontalPodAutoscaler"))
    assert old is not None
    assert old.gvr.version == "v1"
    assert found.serves(GroupVersionKind("autoscaling", "v2beta2", "HorizontalPodAutoscaler")) is None


async def test_a_stale_group_is_unread_and_the_others_are_there(
    server: FakeServer, clock: InstantClock
) -> None:
    server.on("GET", "/api", aggregated("v2", group("", served("v1", resource("pods", "Pod")))))
    server.on("GET", "/apis", aggregated("v2", group("metrics.k8s.io", served("v1beta1", freshness="Stale"))))
    found = await discovered(server, clock)
    assert found.unread == (
        UnreadGroup("metrics.k8s.io", "v1beta1", "the server behind this API does not answer"),
    )
    assert found.could_not_read("metrics.k8s.io")
    assert found.resource("", "pods") is not None


async def test_older_servers_are_asked_group_by_group(server: FakeServer, clock: InstantClock) -> None:
    server.on("GET", "/api", json({"kind": "APIVersions", "versions": ["v1"]}))
    server.on(
        "GET",
        "/api/v1",
        json(
            {
                "resources": [
                    {
                        "name": "pods",
                        "kind": "Pod",
                        "namespaced": True,
                        "verbs": ["list"],
                        "shortNames": ["po"],
                    },
                    {"name": "pods/log", "kind": "Pod", "namespaced": True, "verbs": ["get"]},
                ]
            }
        ),
    )
    versions = [{"groupVersion": f"policy/{v}", "version": v} for v in ("v1", "v1beta1")]
    metrics = {"groupVersion": "metrics.k8s.io/v1beta1", "version": "v1beta1"}
    server.on(
        "GET",
        "/apis",
        json(
            {
                "kind": "APIGroupList",
                "groups": [
                    {"name": "policy", "versions": versions, "preferredVersion": versions[1]},
                    {"name": "metrics.k8s.io", "versions": [metrics], "preferredVersion": metrics},
                ],
            }
        ),
    )
    pdb = json(
        {"resources": [{"name": "poddisruptionbudgets", "kind": "PodDisruptionBudget", "verbs": ["list"]}]}
    )
    server.on("GET", "/apis/policy/v1", pdb)
    server.on("GET", "/apis/policy/v1beta1", pdb)
    server.on("GET", "/apis/metrics.k8s.io/v1beta1", failing(503, "ServiceUnavailable"))
    found = await discovered(server, clock)
    assert found.resource("", "pods") == ResourceInfo(
        GroupVersionResource("", "v1", "pods"), "Pod", True, ("list",), ("po",), ("log",)
    )
    budgets = found.resource("policy", "poddisruptionbudgets")
    assert budgets is not None
    assert budgets.gvr.version == "v1"
    assert [(unread.group, unread.version) for unread in found.unread] == [("metrics.k8s.io", "v1beta1")]


async def test_a_page_of_something_else_is_an_error(server: FakeServer, clock: InstantClock) -> None:
    server.on("GET", "/api", text("<html>", content_type="text/html"))
    with pytest.raises(TemporaryError, match="not what an API server says"):
        await discovered(server, clock)


def test_kinds_whose_only_version_is_deprecated_are_not_listed() -> None:
    def info(name: str, kind: str) -> ResourceInfo:
        return ResourceInfo(GroupVersionResource("", "v1", name), kind, True, ("list",))

    pods, endpoints = info("pods", "Pod"), info("endpoints", "Endpoints")
    found = Discovery((pods, endpoints))
    assert found.listable(Minor(1, 32)) == (pods, endpoints)
    assert found.listable(Minor(1, 33)) == (pods,)


def test_versions_are_ranked_as_kubernetes_ranks_them() -> None:
    """The example of the custom resource versioning page."""
    ordered = ["v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v12alpha1", "v11alpha2"]
    assert sorted(set(ordered), key=version_rank, reverse=True) == ordered
    assert version_rank("foo1") < version_rank("v1alpha1")


@given(
    st.lists(
        st.sampled_from(["v1", "v2", "v1beta1", "v2beta1", "v2beta2", "v1alpha1"]), min_size=1, unique=True
    )
)
def test_the_newest_stable_version_is_asked_for_else_the_servers_first(versions: list[str]) -> None:
    found = Discovery(
        tuple(
            ResourceInfo(GroupVersionResource("g", v, "things"), "Thing", True, ("list",)) for v in versions
        )
    )
    stable = [v for v in ("v2", "v1") if v in versions]
    chosen = found.resource("g", "things")
    assert chosen is not None
    assert chosen.gvr.version == (stable or versions)[0]
