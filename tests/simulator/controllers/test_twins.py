"""A cluster made from another's objects, and one made from nothing."""

from __future__ import annotations

import pytest
from tests.simulator.controllers.clusters import apply, deployment, make_cluster, template, wait

from seatrial.clock import SimulatedClock
from seatrial.cluster.objects import Obj
from seatrial.cluster.version import Minor
from seatrial.simulator.call import DeleteOptions
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers import default_controllers
from seatrial.simulator.controllers.kinds import (
    DAEMON_SETS,
    DEPLOYMENTS,
    NODES,
    POD_DISRUPTION_BUDGETS,
    PODS,
    SERVICES,
    STATEFUL_SETS,
)
from seatrial.simulator.controllers.pods import is_ready
from seatrial.simulator.eviction import admit_eviction
from seatrial.simulator.faults import Crash, FaultPlan, ImagePull, WorkloadFault
from seatrial.simulator.kube_system import seed_kube_system
from seatrial.simulator.store import ResourceKey

LEFT_OUT = {
    ResourceKey("apps", "controllerrevisions"),
    ResourceKey("", "events"),
    ResourceKey("", "endpoints"),
    ResourceKey("discovery.k8s.io", "endpointslices"),
    ResourceKey("", "secrets"),
}


def twin_of(original: SimulatedCluster, left_out: set[ResourceKey]) -> SimulatedCluster:
    clock = SimulatedClock(original.clock.now())
    twin = SimulatedCluster(
        "twin", Minor(1, 33), clock, controllers=default_controllers(), admit_eviction=admit_eviction
    )
    for key in original.store.stored_keys():
        for obj in original.store.list(key):
            if key not in left_out:
                twin.verbs.restore(key, obj)
    twin.start()
    return twin


def busy_cluster() -> SimulatedCluster:
    cluster = make_cluster()
    seed_kube_system(cluster)
    apply(cluster, deployment())
    for key, kind in ((STATEFUL_SETS, "StatefulSet"), (DAEMON_SETS, "DaemonSet")):
        labels = {"app": kind.lower()}
        spec = {"selector": {"matchLabels": labels}, "template": template(labels), "serviceName": "db"}
        if key == DAEMON_SETS:
            del spec["serviceName"]
        meta = {"name": kind.lower(), "namespace": "default"}
        obj: Obj = {"apiVersion": "apps/v1", "kind": kind, "metadata": meta, "spec": spec}
        cluster.verbs.create(key, obj)
    wait(cluster, 700)
    return cluster


@pytest.mark.parametrize("left_out", [set(), LEFT_OUT])
def test_a_twin_of_a_healthy_cluster_stays_as_it_is(left_out: set[ResourceKey]) -> None:
    original = busy_cluster()
    twin = twin_of(original, left_out)
    before = twin.store.list(PODS)
    wait(twin, 3600)
    assert [_without_version(pod) for pod in twin.store.list(PODS)] == [
        _without_version(pod) for pod in before
    ]
    for key in (DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS):
        statuses = [obj["status"] for obj in twin.store.list(key)]
        assert statuses == [obj["status"] for obj in original.store.list(key)]


def test_a_pod_that_was_broken_in_the_original_stays_broken_in_its_twin() -> None:
    faults = (WorkloadFault(ImagePull(), workload="web"), WorkloadFault(Crash(), workload="api"))
    original = make_cluster(faults=FaultPlan(workloads=faults))
    apply(original, deployment("web", 1))
    apply(original, deployment("api", 1))
    wait(original, 60)
    twin = twin_of(original, LEFT_OUT)
    wait(twin, 600)
    assert not any(is_ready(pod) for pod in twin.store.list(PODS))


def test_a_twin_that_lacks_the_owners_keeps_their_pods() -> None:
    original = make_cluster()
    reference = {"apiVersion": "db.example.com/v1", "kind": "Cluster", "name": "pg", "uid": "u-1"}
    labels = {"app": "pg"}
    pod: Obj = {"apiVersion": "v1", "kind": "Pod", **template(labels)}
    pod["metadata"] = {"name": "pg-1", "namespace": "default", "labels": labels}
    original.verbs.create(PODS, pod)
    wait(original, 30)

    def own(obj: Obj) -> None:
        obj["metadata"]["ownerReferences"] = [{**reference, "controller": True}]

    original.stop()
    original.verbs.modify(PODS, "default", "pg-1", own)
    twin = twin_of(original, LEFT_OUT)
    wait(twin, 60)
    assert [pod["metadata"]["name"] for pod in twin.store.list(PODS, "default")] == ["pg-1"]


def _without_version(obj: Obj) -> Obj:
    obj["metadata"].pop("resourceVersion")
    return obj


def test_a_new_cluster_gets_its_dns_proxy_and_budget() -> None:
    cluster = make_cluster()
    seed_kube_system(cluster)
    seed_kube_system(cluster)
    wait(cluster, 60)
    names = sorted(pod["metadata"]["labels"]["k8s-app"] for pod in cluster.store.list(PODS, "kube-system"))
    assert names == ["kube-dns"] * 2 + ["kube-proxy"] * 3
    assert all(is_ready(pod) for pod in cluster.store.list(PODS, "kube-system"))
    (budget,) = cluster.store.list(POD_DISRUPTION_BUDGETS)
    assert budget["status"]["disruptionsAllowed"] == 1


def test_a_load_balancer_gets_an_address_after_a_while() -> None:
    cluster = make_cluster()
    meta = {"name": "web", "namespace": "default"}
    spec = {"type": "LoadBalancer", "ports": [{"port": 80}], "selector": {"app": "web"}}
    cluster.verbs.create(SERVICES, {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec})
    wait(cluster, 4)
    assert not _ingress(cluster)
    wait(cluster, 4)
    assert _ingress(cluster) == [{"ip": "203.0.113.2", "ipMode": "VIP"}]


def _ingress(cluster: SimulatedCluster) -> object:
    found = cluster.store.get(SERVICES, "default", "web")
    assert found is not None
    return ((found.get("status") or {}).get("loadBalancer") or {}).get("ingress")


def test_the_same_story_ends_the_same_twice() -> None:
    first, second = busy_cluster(), busy_cluster()
    for key in first.store.stored_keys():
        assert second.store.list(key) == first.store.list(key)


def test_an_object_that_no_api_server_would_let_in_does_not_stop_the_others() -> None:
    cluster = make_cluster()
    meta = {"name": "broken", "namespace": "default", "uid": "u-broken"}
    broken: Obj = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": {}}
    cluster.store.create(DEPLOYMENTS, broken)
    apply(cluster, deployment())
    wait(cluster, 60)
    assert all(is_ready(pod) for pod in cluster.store.list(PODS, "default"))
    assert len(cluster.store.list(PODS, "default")) == 3


def test_stopped_controllers_do_nothing_and_leave_no_timer() -> None:
    cluster = make_cluster()
    apply(cluster, deployment())
    wait(cluster, 1)
    cluster.stop()
    assert cluster.clock._next_due() is None
    cluster.verbs.delete(NODES, "", "node-0", DeleteOptions())
    assert cluster.clock._next_due() is None
