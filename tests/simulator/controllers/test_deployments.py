"""Deployments and ReplicaSets: do they roll as real ones, and say so?"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulator.controllers.clusters import (
    apply,
    deployment,
    make_cluster,
    pods,
    ready_pods,
    scale,
    set_image,
    wait,
)

from seatrial.cluster.objects import Obj
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers.kinds import DEPLOYMENTS, PODS, REPLICA_SETS
from seatrial.simulator.controllers.pods import condition, is_active, is_ready
from seatrial.simulator.controllers.rolling import Limits, Side, limits, share
from seatrial.simulator.faults import Crash, FaultPlan, QuotaFault, WorkloadFault


def stored(cluster: SimulatedCluster) -> Obj:
    found = cluster.store.get(DEPLOYMENTS, "default", "web")
    assert found is not None
    return found


def counts(cluster: SimulatedCluster) -> dict[str, int]:
    status = stored(cluster)["status"]
    names = ("observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    return {name: status.get(name, 0) for name in names}


def progressing(cluster: SimulatedCluster) -> tuple[str, str]:
    found = condition(stored(cluster), "Progressing")
    assert found is not None
    return found["status"], found["reason"]


def images(cluster: SimulatedCluster) -> list[str]:
    return sorted(pod["spec"]["containers"][0]["image"] for pod in pods(cluster))


def test_a_new_deployment_becomes_available_and_says_so() -> None:
    cluster = make_cluster()
    apply(cluster, deployment())
    wait(cluster, 0.2)
    assert progressing(cluster) == ("True", "ReplicaSetUpdated")
    wait(cluster, 15)
    assert counts(cluster) == {
        "observedGeneration": 1,
        "replicas": 3,
        "updatedReplicas": 3,
        "readyReplicas": 3,
        "availableReplicas": 3,
    }
    assert progressing(cluster) == ("True", "NewReplicaSetAvailable")


def test_an_idle_cluster_has_nothing_scheduled() -> None:
    cluster = make_cluster()
    apply(cluster, deployment())
    wait(cluster, 700)
    assert cluster.clock._next_due() is None


def test_a_new_template_replaces_every_pod_and_counts_revisions() -> None:
    cluster = make_cluster()
    apply(cluster, deployment())
    wait(cluster, 20)
    set_image(cluster, "web", "app:2")
    wait(cluster, 0.1)
    assert progressing(cluster)[1] in ("NewReplicaSetCreated", "ReplicaSetUpdated")
    wait(cluster, 60)
    assert images(cluster) == ["app:2"] * 3
    revision = "deployment.kubernetes.io/revision"
    assert stored(cluster)["metadata"]["annotations"][revision] == "2"
    set_image(cluster, "web", "app:1")  # as kubectl rollout undo does
    wait(cluster, 60)
    assert stored(cluster)["metadata"]["annotations"][revision] == "3"
    assert len(cluster.store.list(REPLICA_SETS)) == 2
    assert images(cluster) == ["app:1"] * 3


def test_old_replica_sets_beyond_the_history_limit_go() -> None:
    cluster = make_cluster()
    apply(cluster, deployment(revisionHistoryLimit=1))
    for version in range(2, 6):
        wait(cluster, 60)
        set_image(cluster, "web", f"app:{version}")
    wait(cluster, 60)
    assert len(cluster.store.list(REPLICA_SETS)) == 2


def test_a_crashing_release_stops_at_the_progress_deadline_and_keeps_the_old_pods() -> None:
    fault = WorkloadFault(Crash(), workload="web", image="app:2")
    cluster = make_cluster(faults=FaultPlan(workloads=(fault,)))
    apply(cluster, deployment(progressDeadlineSeconds=60))
    wait(cluster, 20)
    set_image(cluster, "web", "app:2")
    wait(cluster, 120)
    assert progressing(cluster) == ("False", "ProgressDeadlineExceeded")
    assert len(ready_pods(cluster)) == 3
    broken = next(pod for pod in pods(cluster) if not is_ready(pod))
    container = broken["status"]["containerStatuses"][0]
    assert container["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert container["restartCount"] > 1
    assert container["lastState"]["terminated"]["exitCode"] == 1


def test_a_new_template_after_a_missed_deadline_is_in_progress_again() -> None:
    fault = WorkloadFault(Crash(), image="app:2")
    cluster = make_cluster(faults=FaultPlan(workloads=(fault,)))
    apply(cluster, deployment(progressDeadlineSeconds=60))
    wait(cluster, 20)
    set_image(cluster, "web", "app:2")
    wait(cluster, 120)
    set_image(cluster, "web", "app:3")
    wait(cluster, 0.1)
    assert progressing(cluster)[0] == "True"
    wait(cluster, 60)
    assert progressing(cluster) == ("True", "NewReplicaSetAvailable")
    assert images(cluster) == ["app:3"] * 3


def test_recreate_never_runs_two_versions_at_once() -> None:
    cluster = make_cluster()
    apply(cluster, deployment(strategy={"type": "Recreate"}))
    wait(cluster, 20)
    seen: list[set[str]] = []
    cluster.store.subscribe(lambda event: seen.append(set(images(cluster))) if event.key == PODS else None)
    set_image(cluster, "web", "app:2")
    wait(cluster, 60)
    assert images(cluster) == ["app:2"] * 3
    assert all(len(versions) <= 1 for versions in seen)


def test_a_paused_deployment_does_not_roll_until_resumed() -> None:
    cluster = make_cluster()
    apply(cluster, deployment())
    wait(cluster, 20)
    cluster.verbs.modify(DEPLOYMENTS, "default", "web", lambda d: d["spec"].update(paused=True))
    set_image(cluster, "web", "app:2")
    wait(cluster, 60)
    assert images(cluster) == ["app:1"] * 3
    assert progressing(cluster) == ("Unknown", "DeploymentPaused")
    cluster.verbs.modify(DEPLOYMENTS, "default", "web", lambda d: d["spec"].update(paused=False))
    wait(cluster, 60)
    assert images(cluster) == ["app:2"] * 3


def test_an_exhausted_quota_shows_as_replica_failure() -> None:
    cluster = make_cluster(faults=FaultPlan(quotas=(QuotaFault("default"),)))
    apply(cluster, deployment())
    wait(cluster, 5)
    failure = condition(stored(cluster), "ReplicaFailure")
    assert failure is not None
    assert "exceeded quota" in failure["message"]
    assert pods(cluster) == []


def test_orphaned_pods_are_adopted_by_a_matching_replica_set() -> None:
    cluster = make_cluster()
    apply(cluster, deployment())
    wait(cluster, 20)
    names = ready_pods(cluster)
    from seatrial.simulator.call import DeleteOptions

    cluster.verbs.delete(DEPLOYMENTS, "default", "web", DeleteOptions(propagation="Orphan"))
    wait(cluster, 5)
    assert cluster.store.get(DEPLOYMENTS, "default", "web") is None
    apply(cluster, deployment())
    wait(cluster, 20)
    assert ready_pods(cluster) == names
    assert len(cluster.store.list(REPLICA_SETS)) == 1


def test_both_limits_at_zero_still_let_one_pod_go() -> None:
    assert limits(4, 0, 0) == Limits(4, 0, 1)
    assert limits(4, "25%", "25%") == Limits(4, 1, 1)
    assert limits(1, "25%", "25%") == Limits(1, 1, 0)


@given(st.lists(st.integers(1, 20), min_size=2, max_size=4), st.integers(0, 30), st.integers(1, 5))
def test_proportional_scaling_adds_up(sizes: list[int], replicas: int, surge: int) -> None:
    sides = [Side(str(n), size, size) for n, size in enumerate(sorted(sizes, reverse=True))]
    limit = Limits(replicas, surge, 0)
    wanted = share(sides, limit, sum(sizes))
    assert all(value >= 0 for value in wanted.values())
    assert sum(wanted.values()) == (limit.at_most if replicas else 0)


CHANGES = st.lists(
    st.tuples(
        st.one_of(
            st.tuples(st.just("scale"), st.integers(0, 7)),
            st.tuples(st.just("image"), st.integers(1, 3)),
            st.tuples(st.just("kill"), st.integers(0, 9)),
        ),
        st.floats(0, 12, allow_nan=False),
    ),
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 6), st.sampled_from([0, 1, 2, "50%"]), st.sampled_from([0, 1, "25%"]), CHANGES)
def test_a_deployment_converges_from_any_state(
    replicas: int, surge: int | str, unavailable: int | str, changes: list[tuple[tuple[str, int], float]]
) -> None:
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    if rolling == {"maxSurge": 0, "maxUnavailable": 0}:
        return  # the API refuses it
    cluster = make_cluster()
    apply(cluster, deployment(replicas=replicas, strategy={"rollingUpdate": rolling}))
    image = 1
    for (what, value), then in changes:
        match what:
            case "scale":
                replicas = value
                scale(cluster, "web", replicas)
            case "image":
                image = value
                set_image(cluster, "web", f"app:{image}")
            case _:
                alive = pods(cluster)
                if alive:
                    name = alive[value % len(alive)]["metadata"]["name"]
                    cluster.verbs.delete(PODS, "default", name)
        wait(cluster, then)
    wait(cluster, 300)
    assert images(cluster) == [f"app:{image}"] * replicas
    assert len(ready_pods(cluster)) == replicas
    assert counts(cluster)["availableReplicas"] == replicas


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 8),
    st.sampled_from([0, 1, 3, "25%", "100%"]),
    st.sampled_from([0, 1, 2, "25%", "50%"]),
)
def test_a_rolling_update_keeps_within_its_limits(
    replicas: int, surge: int | str, unavailable: int | str
) -> None:
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    if rolling == {"maxSurge": 0, "maxUnavailable": 0}:
        return
    limit = limits(replicas, surge, unavailable)
    cluster = make_cluster()
    apply(cluster, deployment(replicas=replicas, strategy={"rollingUpdate": rolling}))
    wait(cluster, 30)
    available: list[int] = []
    existing: list[int] = []

    def look(_: object) -> None:
        active = [pod for pod in cluster.store.peek_list(PODS, "default") if is_active(pod)]
        available.append(sum(is_ready(pod) for pod in active))
        existing.append(len(active))

    cluster.store.subscribe(look)
    set_image(cluster, "web", "app:2")
    wait(cluster, 300)
    assert images(cluster) == ["app:2"] * replicas
    assert min(available) >= limit.at_least
    assert max(existing) <= limit.at_most
