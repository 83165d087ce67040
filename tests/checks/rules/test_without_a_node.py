"""Drains on paper: room, rules between pods, and who brings a node first."""

import time
from collections.abc import Mapping
from typing import Any

from tests.builders import a_deployment, a_node, a_pod, a_snapshot, an_object
from tests.checks.corpus import Case, run

from seatrial.checks.placement.board import Board
from seatrial.checks.placement.drain import Homeless, Obstacle, homeless_pods
from seatrial.cluster.models import Node, Pod
from seatrial.cluster.objects import Obj
from seatrial.cluster.provider_state import Autoscaler, NodeGroup, ProviderState
from seatrial.cluster.snapshot import Snapshot

ROOM, APART, SPREAD = "room-without-a-node", "apart-without-a-node", "spread-without-a-node"
ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
EKS_GROUP = {"eks.amazonaws.com/nodegroup": "workers"}


def nodes(count: int, *, zones: int = 0, labels: Mapping[str, str] | None = None, **fields: Any) -> list[Obj]:
    return [
        a_node(
            f"node-{number}",
            labels={**(labels or {}), **({ZONE: "abc"[number % zones]} if zones else {})},
            **fields,
        )
        for number in range(1, count + 1)
    ]


def pods(
    app: str, count: int, *, cpu: str = "100m", first: int = 1, each_on: int = 1, **spec: Any
) -> list[Obj]:
    """Pods of a ReplicaSet, `each_on` on a node; `node=""` in spec leaves them pending."""
    container = {"name": "main", "image": "example.org/app:1", "resources": {"requests": {"cpu": cpu}}}
    container.update(spec.pop("container", {}))
    pending = spec.pop("pending", False)
    return [
        a_pod(
            f"{app}-{number}",
            labels={"app": app, "pod-template-hash": "x"},
            owner=("ReplicaSet", app),
            node="" if pending else f"node-{first + number // each_on}",
            phase="Pending" if pending else "Running",
            spec={"containers": [container], **spec},
        )
        for number in range(count)
    ]


def apart(app: str, key: str = HOST) -> dict[str, Any]:
    term = {"topologyKey": key, "labelSelector": {"matchLabels": {"app": app}}}
    return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def spread(app: str, key: str = HOST, **more: Any) -> list[dict[str, Any]]:
    selector = {"matchLabels": {"app": app}}
    constraint = {"topologyKey": key, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}
    return [{**constraint, "labelSelector": selector, **more}]


def provider(max_surge: int, autoscaler: Autoscaler | None = None) -> ProviderState:
    group = NodeGroup(name="workers", version="1.36.4", size=3, min_size=3, max_size=6, max_surge=max_surge)
    return ProviderState(kind="eks", version="1.36.4", node_groups=(group,), autoscaler=autoscaler)


FULL = (*nodes(3), *pods("web", 3, cpu="3"))
EKS_FULL = (*nodes(3, labels=EKS_GROUP), *pods("web", 3, cpu="3"))
HOST_PORT = {"ports": [{"containerPort": 80, "hostPort": 80}]}
SCALER = an_object(
    "apps/v1",
    "Deployment",
    "scaler",
    "kube-system",
    spec={
        "replicas": 1,
        "template": {
            "spec": {"containers": [{"name": "c", "image": "r.io/autoscaling/cluster-autoscaler:v1.36.0"}]}
        },
    },
)
CASES = (
    Case(check=ROOM, name="three full nodes", severities=("warning",), snapshot=a_snapshot(*FULL)),
    Case(
        check=ROOM,
        name="room on the others",
        severities=(),
        snapshot=a_snapshot(*nodes(3), *pods("web", 3, cpu="2")),
    ),
    Case(
        check=ROOM,
        name="room on the others that a waiting pod takes first",
        severities=("warning",),
        snapshot=a_snapshot(*nodes(2), *pods("web", 2, cpu="2"), *pods("late", 2, cpu="1500m", pending=True)),
    ),
    Case(
        check=ROOM,
        name="full nodes of a service that adds a node first by default",
        severities=("info",),
        snapshot=a_snapshot(*EKS_FULL),
    ),
    Case(
        check=ROOM,
        name="full nodes of a group that surges",
        severities=(),
        snapshot=a_snapshot(*EKS_FULL, provider=provider(1)),
    ),
    Case(
        check=ROOM,
        name="full nodes of a group that drains before it replaces",
        severities=("warning",),
        snapshot=a_snapshot(*EKS_FULL, provider=provider(0)),
    ),
    Case(
        check=ROOM,
        name="full nodes, an autoscaler and no surge",
        severities=("info",),
        snapshot=a_snapshot(*EKS_FULL, provider=provider(0, Autoscaler(kind="managed"))),
    ),
    Case(
        check=ROOM,
        name="full nodes and a cluster-autoscaler that the provider does not tell of",
        severities=("info",),
        snapshot=a_snapshot(*FULL, SCALER),
    ),
    Case(
        check=ROOM,
        name="a pod that only its own node may take",
        severities=("warning",),
        snapshot=a_snapshot(*nodes(2), *pods("pinned", 1, nodeSelector={"kubernetes.io/hostname": "node-1"})),
    ),
    Case(
        check=ROOM,
        name="a full cluster of one node",
        severities=(),
        snapshot=a_snapshot(*nodes(1), *pods("web", 1, cpu="4")),
    ),
    Case(check=ROOM, name="an empty cluster", severities=(), snapshot=a_snapshot()),
    Case(
        check=APART,
        name="as many replicas as nodes, one on each by anti-affinity",
        severities=("warning",),
        snapshot=a_snapshot(*nodes(3), *pods("db", 3, affinity=apart("db"))),
    ),
    Case(
        check=APART,
        name="one replica less than nodes",
        severities=(),
        snapshot=a_snapshot(*nodes(4), *pods("db", 3, affinity=apart("db"))),
    ),
    Case(
        check=APART,
        name="anti-affinity by zone with a second node in the zone",
        severities=(),
        snapshot=a_snapshot(*nodes(6, zones=3), *pods("db", 3, affinity=apart("db", ZONE))),
    ),
    Case(
        check=APART,
        name="a host port that every node has taken",
        severities=("warning",),
        snapshot=a_snapshot(*nodes(2), *pods("edge", 2, container=HOST_PORT)),
    ),
    Case(
        check=APART,
        name="a host port with a node to spare",
        severities=(),
        snapshot=a_snapshot(*nodes(3), *pods("edge", 2, container=HOST_PORT)),
    ),
    Case(
        check=APART,
        name="anti-affinity on a group that surges",
        severities=(),
        snapshot=a_snapshot(
            *nodes(3, labels=EKS_GROUP), *pods("db", 3, affinity=apart("db")), provider=provider(1)
        ),
    ),
    Case(check=APART, name="an empty cluster", severities=(), snapshot=a_snapshot()),
    Case(
        check=SPREAD,
        name="one on each node by strict spread",
        severities=("warning",),
        snapshot=a_snapshot(*nodes(3), *pods("web", 3, topologySpreadConstraints=spread("web"))),
    ),
    Case(
        check=SPREAD,
        name="one node in each of the three zones that minDomains asks for",
        severities=("warning",),
        snapshot=a_snapshot(
            *nodes(3, zones=3), *pods("web", 3, topologySpreadConstraints=spread("web", ZONE, minDomains=3))
        ),
    ),
    Case(
        check=SPREAD,
        name="strict spread over zones with a second node in each",
        severities=(),
        snapshot=a_snapshot(
            *nodes(6, zones=3), *pods("web", 3, topologySpreadConstraints=spread("web", ZONE))
        ),
    ),
    Case(
        check=SPREAD,
        name="spread that gives way",
        severities=(),
        snapshot=a_snapshot(
            *nodes(3),
            *pods("web", 3, topologySpreadConstraints=spread("web", whenUnsatisfiable="ScheduleAnyway")),
        ),
    ),
    Case(check=SPREAD, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)


def found(snapshot: Snapshot) -> set[tuple[str, str, Obstacle]]:
    return {(each.pod.name, each.node.name, each.obstacle) for each in homeless_pods(snapshot)}


def test_message_names_the_node_the_pods_and_what_is_short() -> None:
    report = run(next(case for case in CASES if case.name == "three full nodes"))
    assert report.findings[0].message == (
        "3 nodes cannot be drained into the room on the others. node-1: 1 pod would wait, short of"
        " cpu (they ask for 3 CPU)."
    )


def test_pods_that_stay_or_ended_take_room_or_none() -> None:
    daemon = a_pod("agent-1", owner=("DaemonSet", "agent"), node="node-1", spec=_asking("3"))
    done = a_pod("job-1", owner=("Job", "job"), node="node-1", phase="Succeeded", spec=_asking("4"))
    assert found(a_snapshot(*nodes(2), daemon, done, *pods("web", 1, first=2, cpu="2"))) == {
        ("web-0", "node-2", Obstacle.ROOM)
    }


def test_taints_keep_away_and_tolerations_let_in() -> None:
    tainted = a_node("node-2")
    tainted["spec"]["taints"] = [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]
    tolerating = [{"key": "gpu", "operator": "Exists"}]
    assert found(a_snapshot(a_node("node-1"), tainted, *pods("web", 1))) == {
        ("web-0", "node-1", Obstacle.NOWHERE)
    }
    assert found(a_snapshot(a_node("node-1"), tainted, *pods("web", 1, tolerations=tolerating))) == set()


def test_others_anti_affinity_keeps_a_pod_away_too() -> None:
    shy = pods("shy", 1, first=2, affinity=apart("web"))
    assert found(a_snapshot(*nodes(2), *pods("web", 1), *shy)) == {
        ("web-0", "node-1", Obstacle.APART),
        ("shy-0", "node-2", Obstacle.APART),
    }


def test_pods_that_must_be_beside_each_other_move_together() -> None:
    term = {"topologyKey": HOST, "labelSelector": {"matchLabels": {"app": "cache"}}}
    beside = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    cache, web = pods("cache", 1, cpu="200m"), pods("web", 1, affinity=beside)
    assert found(a_snapshot(*nodes(2), *cache, *web)) == set()
    # the cache itself stays behind: it is bound to its node
    bound = pods("cache", 1, nodeSelector={HOST: "node-1"})
    assert found(a_snapshot(*nodes(2), *bound, *web)) == {
        ("cache-0", "node-1", Obstacle.NOWHERE),
        ("web-0", "node-1", Obstacle.TOGETHER),
    }


def test_what_spreads_badly_is_packed_tightly_before_it_is_called_homeless() -> None:
    # emptiest first puts 3 on node-2 and 2 on node-3, and the other 2 finds nothing
    leaving = [*pods("a", 1, cpu="3"), *pods("b", 1, cpu="2"), *pods("c", 1, cpu="2")]
    staying = [*pods("d", 1, first=2, cpu="4"), *pods("e", 1, first=3, cpu="5")]
    assert found(a_snapshot(*nodes(3, cpu="8"), *leaving, *staying)) == {
        ("d-0", "node-2", Obstacle.ROOM),
        ("e-0", "node-3", Obstacle.ROOM),
    }


def test_a_cordoned_node_takes_nothing() -> None:
    assert found(a_snapshot(a_node("node-1"), a_node("node-2", cordoned=True), *pods("web", 1))) == set()
    three = (a_node("node-1"), a_node("node-2", cordoned=True), a_node("node-3", cpu="50m"))
    assert found(a_snapshot(*three, *pods("web", 1))) == {("web-0", "node-1", Obstacle.ROOM)}


def test_a_deployment_without_requests_moves_anywhere() -> None:
    assert found(a_snapshot(*nodes(2), *a_deployment("web", replicas=5))) == set()


def test_a_thousand_nodes_with_ten_thousand_pods_take_seconds_at_most() -> None:
    board: list[Obj] = nodes(1000, zones=3, cpu="8")
    for app in range(100):
        rules: dict[str, Any] = {}
        if app % 5 == 0:
            rules["affinity"] = apart(f"app-{app}")
        if app % 5 == 1:
            rules["topologySpreadConstraints"] = spread(f"app-{app}", ZONE)
        board += pods(f"app-{app}", 100, cpu="600m", first=1 + 10 * (app % 10), each_on=1, **rules)
    snapshot = a_snapshot(*board)
    snapshot.read(Pod)
    snapshot.read(Node)
    started = time.process_time()
    result: tuple[Homeless, ...] = homeless_pods(snapshot)
    spent = time.process_time() - started
    assert len(Board(snapshot.read(Node), snapshot.read(Pod)).slots) == 1000
    assert spent < 5, f"{spent:.1f} s for {len(result)} homeless pods"


def _asking(cpu: str) -> dict[str, Any]:
    return {"containers": [{"name": "main", "resources": {"requests": {"cpu": cpu}}}]}
