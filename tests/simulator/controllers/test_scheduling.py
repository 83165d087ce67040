"""The scheduler's choice, without a cluster around it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.cluster.objects import Obj
from seatrial.cluster.version import Version
from seatrial.simulator.nodes import make_node
from seatrial.simulator.scheduling import ClusterLoad, NoNode, find_node, needs_of, requests_of

NUMBER = iter(range(10**9))


def load(*nodes: Obj) -> ClusterLoad:
    result = ClusterLoad()
    for node in nodes:
        result.put_node(node)
    return result


def node(name: str, **how: Any) -> Obj:
    return make_node(name, Version(1, 33, 0), **how)


def pod(cpu: str = "100m", memory: str = "0", labels: dict[str, str] | None = None, **spec: Any) -> Obj:
    requests = {"cpu": cpu, "memory": memory}
    container: dict[str, Any] = {"name": "app", "resources": {"requests": requests}}
    ports = spec.pop("ports", None)
    if ports:
        container["ports"] = ports
    number = next(NUMBER)
    meta = {"namespace": "default", "name": f"p{number}", "uid": f"u{number}", "labels": labels or {}}
    return {"metadata": meta, "spec": {"containers": [container], **spec}}


def place(cluster: ClusterLoad, obj: Obj) -> str:
    found = find_node(needs_of(obj), cluster)
    assert isinstance(found, str), found
    cluster.put_pod(needs_of(obj), found)
    return found


def why(cluster: ClusterLoad, obj: Obj) -> str:
    found = find_node(needs_of(obj), cluster)
    assert isinstance(found, NoNode)
    return found.message.partition(" nodes are available: ")[2].partition(". preemption")[0]


def test_no_nodes_at_all() -> None:
    assert find_node(needs_of(pod()), load()) == NoNode("no nodes available to schedule pods")


def test_the_least_allocated_node_wins_and_ties_go_by_name() -> None:
    cluster = load(node("b"), node("a"))
    assert [place(cluster, pod()) for _ in range(4)] == ["a", "b", "a", "b"]


REASONS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"cpu": "100"}, "1 Insufficient cpu"),
    ({}, {"cpu": "100", "memory": "1Ti"}, "1 Insufficient cpu, 1 Insufficient memory"),
    ({"pods": 0}, {}, "1 Too many pods"),
    ({}, {"nodeSelector": {"disk": "fast"}}, "1 node(s) didn't match Pod's node affinity/selector"),
    (
        {"taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]},
        {},
        "1 node(s) had untolerated taint {gpu: yes}",
    ),
]


@pytest.mark.parametrize(("machine", "asked", "reason"), REASONS)
def test_every_refusal_has_its_reason(machine: dict[str, Any], asked: dict[str, Any], reason: str) -> None:
    assert why(load(node("a", **machine)), pod(**asked)) == reason


def test_a_toleration_opens_a_tainted_node() -> None:
    taint = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}
    cluster = load(node("a", taints=[taint]))
    tolerations = [{"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"}]
    assert place(cluster, pod(tolerations=tolerations)) == "a"
    assert place(cluster, pod(tolerations=[{"operator": "Exists"}])) == "a"


def test_a_host_port_is_taken_once_per_node() -> None:
    cluster = load(node("a"), node("b"))
    ports = [{"containerPort": 80, "hostPort": 80}]
    assert {place(cluster, pod(ports=ports)), place(cluster, pod(ports=ports))} == {"a", "b"}
    assert why(cluster, pod(ports=ports)) == ("2 node(s) didn't have free ports for the requested pod ports")


def anti_affinity(key: str) -> dict[str, Any]:
    term = {"topologyKey": key, "labelSelector": {"matchLabels": {"app": "db"}}}
    return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def test_anti_affinity_keeps_replicas_on_different_nodes_and_others_away() -> None:
    cluster = load(node("a"), node("b"))
    labels = {"app": "db"}
    repelling = anti_affinity("kubernetes.io/hostname")
    assert {place(cluster, pod(labels=labels, affinity=repelling)) for _ in range(2)} == {"a", "b"}
    third = pod(labels=labels, affinity=repelling)
    assert why(cluster, third) == "2 node(s) didn't match pod anti-affinity rules"
    plain = pod(labels=labels)
    assert why(cluster, plain) == "2 node(s) didn't satisfy existing pods anti-affinity rules"


def test_affinity_follows_pods_but_lets_the_first_of_its_own_kind_in() -> None:
    term = {
        "topologyKey": "topology.kubernetes.io/zone",
        "labelSelector": {"matchLabels": {"app": "db"}},
    }
    affinity = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    cluster = load(node("a", zone="z1"), node("b", zone="z2"))
    stranger = pod(labels={"app": "web"}, affinity=affinity)
    assert why(cluster, stranger) == "2 node(s) didn't match pod affinity rules"
    first = place(cluster, pod(labels={"app": "db"}, affinity=affinity))
    assert place(cluster, stranger) == first


def test_spread_constraints_bound_the_skew() -> None:
    constraint = {
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "web"}},
    }
    cluster = load(node("a", zone="z1"), node("b", zone="z2", cpu="300m"))
    placed = []
    for _ in range(4):
        placed.append(place(cluster, pod(labels={"app": "web"}, topologySpreadConstraints=[constraint])))
    assert sorted(placed) == ["a", "a", "b", "b"]
    place(cluster, pod(labels={"app": "web"}, topologySpreadConstraints=[constraint]))
    assert why(cluster, pod(labels={"app": "web"}, topologySpreadConstraints=[constraint])) == (
        "1 Insufficient cpu, 1 node(s) didn't match pod topology spread constraints"
    )


def test_init_containers_count_by_the_largest_and_sidecars_add_up() -> None:
    def container(cpu: str, **more: Any) -> dict[str, Any]:
        return {"name": "c", "resources": {"requests": {"cpu": cpu}}, **more}

    spec = {
        "initContainers": [container("200m", restartPolicy="Always"), container("1")],
        "containers": [container("300m"), container("400m")],
        "overhead": {"cpu": "50m"},
    }
    assert requests_of(spec) == {"cpu": 1250, "pods": 1}


@given(
    st.lists(st.integers(0, 3000), max_size=60),
    st.lists(st.integers(500, 8000), min_size=1, max_size=6),
    st.lists(st.booleans(), max_size=60),
)
def test_no_node_is_ever_overcommitted(asked: list[int], offered: list[int], leaving: list[bool]) -> None:
    nodes = [node(f"n{i}", cpu=f"{cpu}m", pods=8) for i, cpu in enumerate(offered)]
    cluster = load(*nodes)
    placed: list[str] = []
    for number, cpu in enumerate(asked):
        obj = pod(cpu=f"{cpu}m")
        found = find_node(needs_of(obj), cluster)
        if isinstance(found, str):
            cluster.put_pod(needs_of(obj), found)
            placed.append(obj["metadata"]["uid"])
        if placed and number < len(leaving) and leaving[number]:
            cluster.drop_pod(placed.pop(0))
        for machine in cluster.nodes():
            for resource, used in machine.used.items():
                assert 0 <= used <= machine.allocatable.get(resource, 0)
    for uid in placed:
        cluster.drop_pod(uid)
    assert all(not any(machine.used.values()) and not machine.pods for machine in cluster.nodes())
