"""The drain on paper agrees with the simulator's scheduler about where a pod may go."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import a_node, a_pod, a_snapshot

from seatrial.checks.placement.drain import homeless_pods
from seatrial.cluster.objects import Obj
from seatrial.simulator.scheduling.load import ClusterLoad
from seatrial.simulator.scheduling.place import NoNode, find_node
from seatrial.simulator.scheduling.pods import needs_of

ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
APPS = ("a", "b")


@st.composite
def some_nodes(draw: st.DrawFn) -> list[Obj]:
    """Two to five nodes of two zones or none, of two sizes; some tainted, some labelled, some cordoned."""
    found = []
    for number in range(draw(st.integers(2, 5))):
        zone = draw(st.sampled_from(["", "x", "y"]))
        labels = {ZONE: zone} if zone else {}
        labels |= {"disk": "ssd"} if draw(st.booleans()) else {}
        node = a_node(
            f"n{number}",
            labels=labels,
            cpu=draw(st.sampled_from(["1", "2"])),
            cordoned=draw(st.integers(0, 5)) == 0,
        )
        if draw(st.integers(0, 3)) == 0:
            effect = draw(st.sampled_from(["NoSchedule", "NoExecute", "PreferNoSchedule"]))
            node["spec"]["taints"] = [{"key": "gpu", "value": "yes", "effect": effect}]
        found.append(node)
    return found


def a_term() -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda app, key: {"topologyKey": key, "labelSelector": {"matchLabels": {"app": app}}},
        st.sampled_from(APPS),
        st.sampled_from([ZONE, HOST]),
    )


@st.composite
def a_spec(draw: st.DrawFn) -> dict[str, Any]:
    container: dict[str, Any] = {"name": "main", "image": "example.org/app:1"}
    container["resources"] = {"requests": {"cpu": draw(st.sampled_from(["100m", "600m", "1200m"]))}}
    if draw(st.integers(0, 4)) == 0:
        container["ports"] = [{"containerPort": 80, "hostPort": 80}]
    spec: dict[str, Any] = {"containers": [container]}
    if draw(st.integers(0, 4)) == 0:
        spec["nodeSelector"] = {"disk": "ssd"}
    if draw(st.booleans()):
        spec["tolerations"] = [
            draw(st.sampled_from([{"operator": "Exists"}, {"key": "gpu", "value": "yes"}]))
        ]
    affinity: dict[str, Any] = {}
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    if draw(st.integers(0, 2)) == 0:
        affinity["podAntiAffinity"] = {required: [draw(a_term())]}
    if draw(st.integers(0, 4)) == 0:
        affinity["podAffinity"] = {required: [draw(a_term())]}
    if draw(st.integers(0, 4)) == 0:
        operator = draw(st.sampled_from(["Exists", "DoesNotExist"]))
        terms = [{"matchExpressions": [{"key": "disk", "operator": operator}]}]
        affinity["nodeAffinity"] = {required: {"nodeSelectorTerms": terms}}
    if affinity:
        spec["affinity"] = affinity
    if draw(st.integers(0, 2)) == 0:
        term = draw(a_term())
        spec["topologySpreadConstraints"] = [
            {
                **term,
                "maxSkew": draw(st.integers(1, 2)),
                "whenUnsatisfiable": "DoNotSchedule",
                **draw(st.sampled_from([{}, {"minDomains": 2}, {"minDomains": 3}])),
            }
        ]
    return spec


@st.composite
def a_cluster(draw: st.DrawFn) -> tuple[list[Obj], list[Obj]]:
    """On each node one pod that leaves when it is drained, and perhaps one that stays."""
    nodes = draw(some_nodes())
    pods = []
    for node in nodes:
        name = node["metadata"]["name"]
        for kind in ("ReplicaSet", "DaemonSet")[: draw(st.integers(1, 2))]:
            labels = {"app": draw(st.sampled_from(APPS))}
            spec = draw(a_spec())
            pods.append(
                a_pod(f"{kind[0].lower()}-{name}", labels=labels, owner=(kind, "x"), node=name, spec=spec)
            )
    return nodes, pods


@settings(max_examples=100, deadline=None)
@given(a_cluster())
def test_a_pod_is_homeless_when_the_scheduler_finds_no_node(cluster: tuple[list[Obj], list[Obj]]) -> None:
    nodes, pods = cluster
    ours = {each.pod.name for each in homeless_pods(a_snapshot(*nodes, *pods))}
    open_nodes = [node for node in nodes if not node["spec"].get("unschedulable")]
    theirs = set()
    if len(open_nodes) > 1:
        theirs = {
            pod["metadata"]["name"]
            for pod in pods
            if pod["metadata"]["ownerReferences"][0]["kind"] == "ReplicaSet"
            if any(pod["spec"]["nodeName"] == node["metadata"]["name"] for node in open_nodes)
            if isinstance(scheduled_elsewhere(pod, nodes, pods), NoNode)
        }
    assert ours == theirs


def scheduled_elsewhere(pod: Obj, nodes: list[Obj], pods: list[Obj]) -> str | NoNode:
    """What the simulator's scheduler does with the pod while its node is cordoned.

    Some pods tolerate a cordon; so that none goes back to where it is drained from, that node has no room.
    """
    load = ClusterLoad()
    for node in nodes:
        is_drained = node["metadata"]["name"] == pod["spec"]["nodeName"]
        cordoned = {**node, "spec": {**node["spec"], "unschedulable": True}, "status": {}}
        load.put_node(cordoned if is_drained else node)
    for other in pods:
        if other is not pod:
            load.put_pod(needs_of(other), str(other["spec"]["nodeName"]))
    return find_node(needs_of(pod), load)
