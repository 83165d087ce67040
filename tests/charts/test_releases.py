from __future__ import annotations

from tests.charts.fake_cluster import FakeCluster
from tests.charts.records import config_map, record, secret, stored_release

from seatrial.charts.observe import observe_release
from seatrial.charts.releases import list_release_records, release_records
from seatrial.cluster.helm_release import decode_release
from seatrial.cluster.objects import Obj


async def test_releases_are_read_from_secrets_and_config_maps_and_broken_ones_named() -> None:
    broken = record("Secret", "***", stored_release("lost"))
    cluster = FakeCluster(
        ("secrets", secret(stored_release())),
        ("secrets", secret(stored_release(revision=2, status="failed"))),
        ("secrets", broken),
        ("configmaps", config_map(stored_release("api", namespace="back"))),
    )
    records, problems = await list_release_records(cluster)
    assert [repr(each) for each in records] == [
        "ReleaseRecord(back/api v1 deployed)",
        "ReleaseRecord(shop/web v1 deployed)",
        "ReleaseRecord(shop/web v2 failed)",
    ]
    assert [each.ref.name for each in problems] == ["sh.helm.release.v1.lost.v1"]
    assert [each.revision for each in await release_records(cluster, "web", "shop")] == [1, 2]


def deployment(namespace: str, ready: int) -> Obj:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}},
        "status": {"updatedReplicas": 1, "replicas": 1, "availableReplicas": ready},
    }


async def test_release_is_ready_when_its_workloads_are_wherever_they_are() -> None:
    revision = decode_release(secret(stored_release()))
    assert await observe_release(revision, FakeCluster(("deployments", deployment("elsewhere", 1)))) == ()


async def test_release_that_is_not_ready_says_which_pod_and_why() -> None:
    crashing = {"containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff"}}}]}
    pod = {
        "metadata": {"name": "web-1", "namespace": "elsewhere", "labels": {"app": "web"}},
        "status": crashing,
    }
    cluster = FakeCluster(("deployments", deployment("elsewhere", 0)), ("pods", pod))
    found = await observe_release(decode_release(secret(stored_release())), cluster)
    assert [str(each) for each in found] == [
        "elsewhere/deployment/web has 0 of 1 replicas available (web-1: ImagePullBackOff)"
    ]


async def test_workload_that_was_deleted_is_not_ready() -> None:
    found = await observe_release(decode_release(secret(stored_release())), FakeCluster())
    assert [str(each) for each in found] == ["elsewhere/deployment/web is not there"]
