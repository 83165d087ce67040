"""What a twin takes over from the capture, what it keeps broken, and what it says that it lacks."""

from __future__ import annotations

from tests.builders import (
    a_deployment,
    a_namespace,
    a_node,
    a_pod,
    a_snapshot,
    a_webhook,
    an_api_service,
    an_object,
    forbidden,
)

from seatrial.clock import SimulatedClock
from seatrial.cluster.models import Secret
from seatrial.cluster.objects import Obj
from seatrial.cluster.provider_state import NodeGroup, ProviderState
from seatrial.cluster.snapshot import Snapshot
from seatrial.cluster.version import Minor
from seatrial.rehearsal import Twin, make_twin
from seatrial.rehearsal.captured_trouble import CapturedTrouble
from seatrial.rehearsal.derived_provider import derive_provider
from seatrial.rehearsal.report import NotModelled
from seatrial.rehearsal.timings import learn_timings
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers.kinds import NAMESPACES, PODS, REPLICA_SETS
from seatrial.simulator.controllers.pods import is_ready
from seatrial.simulator.faults import Crash, ImagePull, NeverReady
from seatrial.simulator.workload_model import Timing


def test_objects_keep_uid_owner_node_and_readiness() -> None:
    twin = started(a_snapshot(a_namespace("shop"), a_node(), *a_deployment("web", ready=1)), 3600)
    pods = twin.cluster.store.list(PODS, "shop")
    assert [(pod["metadata"]["uid"], pod["spec"]["nodeName"], is_ready(pod)) for pod in pods] == [
        ("uid-pod-shop-web-6d5f-0", "node-1", True),
        ("uid-pod-shop-web-6d5f-1", "node-1", False),
    ]
    owner = twin.cluster.store.by_uid(pods[0]["metadata"]["ownerReferences"][0]["uid"])
    assert owner is not None
    assert (owner.key, owner.name) == (REPLICA_SETS, "web-6d5f")


def test_the_cluster_is_known_by_its_uid_even_where_namespaces_were_not_listed() -> None:
    snapshot = a_snapshot(a_node())
    twin = started(snapshot)
    namespace = twin.cluster.store.peek(NAMESPACES, "", "kube-system")
    assert namespace is not None
    assert namespace["metadata"]["uid"] == snapshot.meta.uid


def test_what_the_twin_lacks_is_listed_with_the_reason() -> None:
    twin = made(
        a_snapshot(
            a_webhook("hook"),
            an_api_service("v1beta1.metrics.k8s.io"),
            an_object("example.org/v1", "Foo", "one", "shop"),
            unread=[forbidden(Secret)],
        )
    )
    found = {each.what: each.why for each in twin.not_modelled}
    assert "could not read it (forbidden)" in found["secrets"]
    assert "webhooks are not called" in found["ValidatingWebhookConfiguration/hook"]
    assert "answered by a process" in found["APIService/v1beta1.metrics.k8s.io"]
    assert "does not serve this resource" in found["1 foos.example.org (v1)"]


def test_a_definition_that_the_api_refuses_is_not_dropped_in_silence() -> None:
    broken = an_object(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "foos.example.org",
        spec={"group": "other.org", "names": {"plural": "foos", "kind": "Foo"}, "versions": []},
    )
    twin = made(a_snapshot(broken))
    assert any(each.what == "CustomResourceDefinition foos.example.org" for each in twin.not_modelled)


def test_every_pod_of_a_broken_workload_and_its_successors_stay_broken() -> None:
    pods = [waiting("web-1", "CrashLoopBackOff"), waiting("web-2", "CrashLoopBackOff")]
    trouble = CapturedTrouble(pods)
    successor = {**pods[0], "metadata": {**pods[0]["metadata"], "uid": "new"}}
    assert trouble.workloads == ("shop/web",)
    assert isinstance(trouble.for_pod(pods[0], None), Crash)
    assert isinstance(trouble.for_pod(successor, None), Crash)


def test_a_successor_with_another_image_is_left_to_the_model() -> None:
    pod = waiting("web-1", "ImagePullBackOff")
    trouble = CapturedTrouble([pod])
    fixed = a_pod(
        "web-9", owner=("ReplicaSet", "web"), spec={"containers": [{"name": "main", "image": "app:2"}]}
    )
    assert isinstance(trouble.for_pod(pod, None), ImagePull)
    assert trouble.for_pod(fixed, None) is None


def test_one_broken_pod_among_ready_ones_says_nothing_of_its_successor() -> None:
    bad, good = (
        a_pod("web-1", owner=("ReplicaSet", "web"), ready=False),
        a_pod("web-2", owner=("ReplicaSet", "web")),
    )
    trouble = CapturedTrouble([bad, good])
    successor = {**bad, "metadata": {**bad["metadata"], "uid": "new"}}
    assert trouble.workloads == ()
    assert isinstance(trouble.for_pod(bad, None), NeverReady)
    assert trouble.for_pod(successor, None) is None


def test_times_are_learned_from_the_conditions_of_pods() -> None:
    learned = learn_timings([took("web-1", 20), took("web-2", 40), took("web-3", 30), a_pod("lone")])
    (seen,) = learned.seen
    assert (seen.workload, seen.low, seen.median, seen.high, seen.pods) == ("shop/web", 20, 30, 40, 3)
    assert learned.unseen == ("shop/lone",)
    assert learned.model.per_workload["shop", "web"] == Timing(pull=0, init=0, start=30, ready=0)


def test_a_restarted_pod_tells_nothing_of_how_long_starting_takes() -> None:
    restarted = took("web-1", 20)
    restarted["status"]["containerStatuses"] = [{"name": "main", "restartCount": 2}]
    assert learn_timings([restarted]).seen == ()


def test_node_groups_are_read_off_labels_where_the_provider_could_not_be_asked() -> None:
    label = "eks.amazonaws.com/nodegroup"
    zone = "topology.kubernetes.io/zone"
    state = derive_provider(
        a_snapshot(
            a_node("a", labels={label: "general", zone: "b"}),
            a_node("b", labels={label: "general", zone: "a"}, kubelet="v1.35.9-eks-1"),
            a_node("c"),
        )
    )
    (group,) = state.node_groups
    assert state.kind == "eks"
    assert (group.name, group.version, group.size, group.zones) == ("general", "1.35.9", 2, ("a", "b"))


def test_what_files_of_the_providers_command_line_told_stands_over_the_labels() -> None:
    label = "eks.amazonaws.com/nodegroup"
    told = NodeGroup(name="batch", version="1.36.4", size=1, min_size=1, max_size=9, max_surge=3)
    partial = ProviderState(kind="eks", version="1.36.4", node_groups=(told,), complete=False)
    nodes = (a_node("a", labels={label: "general"}), a_node("b", labels={label: "batch"}))
    snapshot = a_snapshot(*nodes, provider=partial)
    state = derive_provider(snapshot)
    assert [(each.name, each.max_surge) for each in state.node_groups] == [("batch", 3), ("general", 1)]
    assert (state.kind, state.complete, state.available_versions != ()) == ("eks", True, True)
    (why,) = [each.why for each in made(snapshot).not_modelled if each.what == "provider"]
    assert why == (
        "it could not be asked: what files of its command line do not tell was read off the labels of nodes."
    )


def test_without_a_provider_the_report_says_what_was_guessed() -> None:
    assert [each for each in made(a_snapshot(a_node())).not_modelled if "belong to no" in each.why] == [
        NotModelled(
            "provider", "1 nodes belong to no node group by their labels: they are not upgraded here."
        )
    ]


def made(snapshot: Snapshot) -> Twin:
    return make_twin(snapshot, SimulatedClock(snapshot.meta.captured_at))


def started(snapshot: Snapshot, seconds: float = 60) -> Twin:
    """The twin after some time in which nothing was asked of it."""
    twin = made(snapshot)

    async def live() -> None:
        twin.start()
        await twin.cluster.clock.sleep(seconds)
        twin.cluster.stop()

    twin.cluster.clock.run(live())
    return twin


def waiting(name: str, reason: str) -> Obj:
    pod = a_pod(name, owner=("ReplicaSet", "web"), ready=False)
    pod["status"]["containerStatuses"] = [{"name": "main", "state": {"waiting": {"reason": reason}}}]
    return pod


def took(name: str, seconds: int) -> Obj:
    pod = a_pod(name, owner=("ReplicaSet", "web"))
    pod["status"]["conditions"] = [
        {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-01-01T10:00:00Z"},
        {"type": "Ready", "status": "True", "lastTransitionTime": f"2026-01-01T10:00:{seconds}Z"},
    ]
    return pod


def test_new_objects_on_a_twin_never_get_the_uid_of_a_captured_one() -> None:
    """The twin of a simulated cluster bears its name, from which a simulated cluster makes its uids."""
    clock = SimulatedClock()
    original = SimulatedCluster("harbour", Minor(1, 33), clock)
    twin = make_twin(a_snapshot(a_namespace("shop")), clock, name="harbour")
    made = [
        cluster.verbs.create(NAMESPACES, {"metadata": {"name": f"new-{number}"}})["metadata"]["uid"]
        for cluster in (original, twin.cluster)
        for number in range(50)
    ]
    assert len(set(made)) == 100
