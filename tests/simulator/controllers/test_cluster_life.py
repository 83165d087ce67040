"""Namespaces, owners, nodes and Services: what comes and goes with what."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulator.controllers.clusters import (
    add_node,
    apply,
    deployment,
    make_cluster,
    pods,
    ready_pods,
    wait,
)

from seatrial.cluster.objects import Obj
from seatrial.simulator.call import DeleteOptions
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers.kinds import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    ENDPOINTS,
    NAMESPACES,
    NODES,
    PODS,
    REPLICA_SETS,
    SERVICE_ACCOUNTS,
    SERVICES,
)
from seatrial.simulator.nodes import node_conditions


def service(**spec: Any) -> Obj:
    ports = [{"name": "http", "port": 80, "targetPort": 8080}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"selector": {"app": "web"}, "ports": ports, **spec},
    }


# namespaces
def test_every_namespace_gets_a_service_account_and_the_root_ca() -> None:
    cluster = make_cluster()
    wait(cluster, 1)
    for name in ("default", "kube-system"):
        assert cluster.store.get(SERVICE_ACCOUNTS, name, "default")
        assert cluster.store.get(CONFIG_MAPS, name, "kube-root-ca.crt")
    cluster.verbs.delete(CONFIG_MAPS, "default", "kube-root-ca.crt")
    wait(cluster, 1)
    assert cluster.store.get(CONFIG_MAPS, "default", "kube-root-ca.crt")


def test_a_deleted_namespace_empties_itself_before_it_goes() -> None:
    cluster = make_cluster()
    cluster.verbs.ensure_namespace("shop")
    wait(cluster, 1)
    obj = deployment()
    obj["metadata"]["namespace"] = "shop"
    apply(cluster, obj)
    wait(cluster, 30)
    cluster.verbs.delete(NAMESPACES, "", "shop")
    namespace = cluster.store.get(NAMESPACES, "", "shop")
    assert namespace is not None
    assert namespace["status"]["phase"] == "Terminating"
    wait(cluster, 60)
    assert cluster.store.get(NAMESPACES, "", "shop") is None
    assert cluster.store.list(PODS, "shop") == []
    assert cluster.store.list(DEPLOYMENTS, "shop") == []


def test_a_finalizer_that_nobody_removes_keeps_its_namespace() -> None:
    cluster = make_cluster()
    cluster.verbs.ensure_namespace("shop")
    held = {"name": "held", "namespace": "shop", "finalizers": ["example.com/hold"]}
    cluster.verbs.create(CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": held})
    cluster.verbs.delete(NAMESPACES, "", "shop")
    wait(cluster, 60)
    namespace = cluster.store.get(NAMESPACES, "", "shop")
    assert namespace is not None
    assert [c["message"] for c in namespace["status"]["conditions"]] == [
        "Some resources are remaining: configmaps has 1 resource instances",
        "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
    ]
    assert cluster.clock._next_due() is None
    cluster.verbs.modify(CONFIG_MAPS, "shop", "held", lambda obj: obj["metadata"].update(finalizers=[]))
    wait(cluster, 60)
    assert cluster.store.get(NAMESPACES, "", "shop") is None


# owners
def test_background_deletion_takes_the_dependents_afterwards() -> None:
    cluster = make_cluster()
    apply(cluster, deployment())
    wait(cluster, 30)
    cluster.verbs.delete(DEPLOYMENTS, "default", "web", DeleteOptions(propagation="Background"))
    assert cluster.store.get(DEPLOYMENTS, "default", "web") is None
    assert len(pods(cluster)) == 3
    wait(cluster, 30)
    assert cluster.store.list(REPLICA_SETS) == []
    assert pods(cluster) == []


def test_foreground_deletion_keeps_the_owner_until_its_dependents_are_gone() -> None:
    cluster = make_cluster()
    apply(cluster, deployment())
    wait(cluster, 30)
    cluster.verbs.delete(DEPLOYMENTS, "default", "web", DeleteOptions(propagation="Foreground"))
    gone: list[str] = []
    cluster.store.subscribe(lambda e: gone.append(e.key.resource) if e.type == "DELETED" else None)
    assert cluster.store.get(DEPLOYMENTS, "default", "web")
    wait(cluster, 30)
    assert [what for what in gone if what != "events"] == ["pods"] * 3 + ["replicasets", "deployments"]


def test_orphaned_dependents_stay_and_run() -> None:
    cluster = make_cluster()
    apply(cluster, deployment())
    wait(cluster, 30)
    cluster.verbs.delete(DEPLOYMENTS, "default", "web", DeleteOptions(propagation="Orphan"))
    wait(cluster, 30)
    assert cluster.store.get(DEPLOYMENTS, "default", "web") is None
    (replica_set,) = cluster.store.list(REPLICA_SETS)
    assert "ownerReferences" not in replica_set["metadata"]
    assert len(ready_pods(cluster)) == 3


TREE = st.lists(st.lists(st.integers(0, 11), max_size=2), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(TREE, st.lists(st.tuples(st.integers(0, 11), st.sampled_from(["Background", "Foreground"]))))
def test_no_object_outlives_all_of_its_owners(
    parents: list[list[int]], deletions: list[tuple[int, Any]]
) -> None:
    cluster = make_cluster(0)
    uids: list[str] = []
    for number, wanted in enumerate(parents):
        owners = sorted({p % number for p in wanted}) if number else []
        references = [
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "name": f"m{p}",
                "uid": uids[p],
                "blockOwnerDeletion": True,
            }
            for p in owners
        ]
        meta = {"name": f"m{number}", "namespace": "default", "ownerReferences": references}
        created = cluster.verbs.create(
            CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}
        )
        uids.append(created["metadata"]["uid"])
    for which, propagation in deletions:
        name = f"m{which % len(parents)}"
        if cluster.store.raw(CONFIG_MAPS, "default", name):
            cluster.verbs.delete(CONFIG_MAPS, "default", name, DeleteOptions(propagation=propagation))
    wait(cluster, 10)
    alive = {obj["metadata"]["uid"] for obj in cluster.store.list(CONFIG_MAPS)}
    for obj in cluster.store.list(CONFIG_MAPS):
        assert "deletionTimestamp" not in obj["metadata"]
        owners_left = [ref["uid"] for ref in obj["metadata"].get("ownerReferences") or ()]
        assert not owners_left or any(uid in alive for uid in owners_left)


# nodes
def test_the_pods_of_a_deleted_node_come_back_elsewhere() -> None:
    cluster = make_cluster(2)
    apply(cluster, deployment(replicas=4))
    wait(cluster, 30)
    cluster.verbs.delete(NODES, "", "node-0")
    wait(cluster, 30)
    assert len(ready_pods(cluster)) == 4
    assert {pod["spec"]["nodeName"] for pod in pods(cluster)} == {"node-1"}


def set_ready(cluster: SimulatedCluster, name: str, ready: bool) -> None:
    def change(node: Obj) -> None:
        node["status"]["conditions"] = node_conditions(ready=ready, now="2026-01-01T00:00:00Z")

    cluster.verbs.modify(NODES, "", name, change, subresource="status")


def test_a_node_that_is_not_ready_is_tainted_and_emptied_after_five_minutes() -> None:
    cluster = make_cluster(2)
    apply(cluster, deployment(replicas=4))
    wait(cluster, 30)
    set_ready(cluster, "node-0", False)
    wait(cluster, 100)
    node = cluster.store.get(NODES, "", "node-0")
    assert node is not None
    assert {t["key"] for t in node["spec"]["taints"]} == {"node.kubernetes.io/not-ready"}
    assert len(ready_pods(cluster)) == 2
    wait(cluster, 300)
    assert len(ready_pods(cluster)) == 4
    set_ready(cluster, "node-0", True)
    wait(cluster, 30)
    node = cluster.store.get(NODES, "", "node-0")
    assert node is not None
    assert "taints" not in node["spec"]
    assert len(pods(cluster)) == 4


def test_the_pods_of_a_node_that_was_away_for_a_moment_are_ready_again() -> None:
    cluster = make_cluster(2)
    apply(cluster, deployment(replicas=4))
    wait(cluster, 30)
    names = ready_pods(cluster)
    set_ready(cluster, "node-0", False)
    wait(cluster, 60)
    assert len(ready_pods(cluster)) == 2
    set_ready(cluster, "node-0", True)
    wait(cluster, 10)
    assert ready_pods(cluster) == names


def test_nothing_lands_on_a_new_node_before_it_is_ready() -> None:
    cluster = make_cluster(0)
    apply(cluster, deployment(replicas=1))
    add_node(cluster, "new", ready=False)
    wait(cluster, 30)
    assert "nodeName" not in pods(cluster)[0]["spec"]
    set_ready(cluster, "new", True)
    wait(cluster, 30)
    assert len(ready_pods(cluster)) == 1


def test_a_cordoned_node_carries_the_taint_that_says_so() -> None:
    cluster = make_cluster(1)
    cluster.verbs.modify(NODES, "", "node-0", lambda n: n["spec"].update(unschedulable=True))
    wait(cluster, 1)
    node = cluster.store.get(NODES, "", "node-0")
    assert node is not None
    assert [t["key"] for t in node["spec"]["taints"]] == ["node.kubernetes.io/unschedulable"]
    cluster.verbs.modify(NODES, "", "node-0", lambda n: n["spec"].pop("unschedulable"))
    wait(cluster, 1)
    node = cluster.store.get(NODES, "", "node-0")
    assert node is not None
    assert "taints" not in node["spec"]


def test_pending_pods_say_why_and_run_when_a_node_comes() -> None:
    cluster = make_cluster(1, cpu="1")
    apply(cluster, deployment(replicas=10))
    wait(cluster, 30)
    pending = [pod for pod in pods(cluster) if "nodeName" not in pod["spec"]]
    assert len(pending) == 1
    scheduled = pending[0]["status"]["conditions"][0]
    assert (scheduled["type"], scheduled["status"], scheduled["reason"]) == (
        "PodScheduled",
        "False",
        "Unschedulable",
    )
    assert scheduled["message"] == (
        "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: "
        "1 No preemption victims found for incoming pod."
    )
    add_node(cluster, "more")
    wait(cluster, 30)
    assert len(ready_pods(cluster)) == 10


def test_a_critical_pod_takes_the_place_of_a_less_important_one() -> None:
    cluster = make_cluster(1, cpu="1")
    apply(cluster, deployment(replicas=9))
    wait(cluster, 30)
    assert len(ready_pods(cluster)) == 9
    critical = deployment("dns", 1)
    critical["spec"]["template"]["spec"]["priorityClassName"] = "system-cluster-critical"
    apply(cluster, critical)
    wait(cluster, 1)
    (pending,) = cluster.verbs.list(PODS, "default", labels="app=dns")
    assert pending["status"]["nominatedNodeName"] == "node-0"
    wait(cluster, 30)
    (pod,) = cluster.verbs.list(PODS, "default", labels="app=dns")
    assert pod["metadata"]["name"] in ready_pods(cluster)
    assert len(ready_pods(cluster)) == 9
    assert len(pods(cluster)) == 10


# services
def test_endpoints_follow_the_pods_that_are_ready() -> None:
    cluster = make_cluster()
    cluster.verbs.create(SERVICES, service())
    apply(cluster, deployment())
    wait(cluster, 7)
    endpoints = cluster.store.get(ENDPOINTS, "default", "web")
    assert endpoints is not None
    assert len(endpoints["subsets"][0]["notReadyAddresses"]) == 3
    wait(cluster, 30)
    endpoints = cluster.store.get(ENDPOINTS, "default", "web")
    assert endpoints is not None
    (subset,) = endpoints["subsets"]
    assert sorted(a["ip"] for a in subset["addresses"]) == sorted(
        pod["status"]["podIP"] for pod in pods(cluster)
    )
    assert subset["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]
    (piece,) = cluster.store.list(ENDPOINT_SLICES)
    assert piece["metadata"]["labels"]["kubernetes.io/service-name"] == "web"
    assert [e["conditions"]["ready"] for e in piece["endpoints"]] == [True] * 3
    cluster.verbs.delete(PODS, "default", ready_pods(cluster)[0])
    wait(cluster, 0.5)
    endpoints = cluster.store.get(ENDPOINTS, "default", "web")
    assert endpoints is not None
    assert len(endpoints["subsets"][0]["addresses"]) == 2


def test_the_endpoints_of_a_deleted_service_go_with_it() -> None:
    cluster = make_cluster()
    cluster.verbs.create(SERVICES, service())
    apply(cluster, deployment())
    wait(cluster, 30)
    cluster.verbs.delete(SERVICES, "default", "web")
    wait(cluster, 5)
    assert cluster.store.list(ENDPOINTS, "default") == []
    assert cluster.store.list(ENDPOINT_SLICES) == []


@pytest.mark.parametrize("target", ["http", "missing"])
def test_a_named_port_is_looked_up_in_the_pod(target: str) -> None:
    cluster = make_cluster()
    obj = deployment()
    container = obj["spec"]["template"]["spec"]["containers"][0]
    container["ports"] = [{"name": "http", "containerPort": 9000}]
    cluster.verbs.create(SERVICES, service(ports=[{"port": 80, "targetPort": target}]))
    apply(cluster, obj)
    wait(cluster, 30)
    endpoints = cluster.store.get(ENDPOINTS, "default", "web")
    assert endpoints is not None
    expected = [{"port": 9000, "protocol": "TCP"}] if target == "http" else []
    assert endpoints["subsets"][0]["ports"] == expected
