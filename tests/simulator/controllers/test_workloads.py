"""StatefulSets, DaemonSets, Jobs and CronJobs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.simulator.controllers.clusters import (
    add_node,
    make_cluster,
    pods,
    ready_pods,
    template,
    wait,
)

from seatrial.cluster.objects import Obj
from seatrial.errors import BadInput
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers.cron_schedule import parse_schedule
from seatrial.simulator.controllers.kinds import (
    CONTROLLER_REVISIONS,
    CRON_JOBS,
    DAEMON_SETS,
    JOBS,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    PODS,
    STATEFUL_SETS,
    STORAGE_CLASSES,
)
from seatrial.simulator.controllers.pods import is_active, is_ready
from seatrial.simulator.faults import Crash, FaultPlan, NeverReady, WorkloadFault
from seatrial.simulator.store import ResourceKey


def stateful_set(replicas: int = 3, **spec: Any) -> Obj:
    labels = {"app": "db"}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "serviceName": "db",
            "selector": {"matchLabels": labels},
            "template": template(labels),
            **spec,
        },
    }


def daemon_set(**spec: Any) -> Obj:
    labels = {"app": "agent"}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "default"},
        "spec": {"selector": {"matchLabels": labels}, "template": template(labels), **spec},
    }


def job(**spec: Any) -> Obj:
    pod = template({"app": "job"}, restartPolicy="Never")
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "job", "namespace": "default"},
        "spec": {"template": pod, **spec},
    }


def set_image(cluster: SimulatedCluster, key: ResourceKey, name: str, image: str) -> None:
    def change(obj: Obj) -> None:
        obj["spec"]["template"]["spec"]["containers"][0]["image"] = image

    cluster.verbs.modify(key, "default", name, change)


def status_of(cluster: SimulatedCluster, key: ResourceKey, name: str) -> dict[str, Any]:
    found = cluster.store.get(key, "default", name)
    assert found is not None
    return dict(found["status"])


def image_of(pod: Obj) -> str:
    return str(pod["spec"]["containers"][0]["image"])


# stateful sets
def test_stateful_pods_come_one_after_the_other() -> None:
    cluster = make_cluster()
    cluster.verbs.create(STATEFUL_SETS, stateful_set())
    wait(cluster, 5)
    assert [pod["metadata"]["name"] for pod in pods(cluster)] == ["db-0"]
    wait(cluster, 40)
    assert ready_pods(cluster) == ["db-0", "db-1", "db-2"]
    status = status_of(cluster, STATEFUL_SETS, "db")
    assert status["currentRevision"] == status["updateRevision"]
    assert (status["readyReplicas"], status["currentReplicas"], status["updatedReplicas"]) == (3, 3, 3)


def test_parallel_stateful_pods_come_together() -> None:
    cluster = make_cluster()
    cluster.verbs.create(STATEFUL_SETS, stateful_set(podManagementPolicy="Parallel"))
    wait(cluster, 1)
    assert len(pods(cluster)) == 3


def test_a_stateful_update_goes_from_the_highest_ordinal_down_one_at_a_time() -> None:
    cluster = make_cluster()
    cluster.verbs.create(STATEFUL_SETS, stateful_set())
    wait(cluster, 60)
    unready: list[int] = []
    order: list[str] = []

    def look(event: Any) -> None:
        if event.key != PODS:
            return
        unready.append(3 - len(ready_pods(cluster)))
        if event.type == "DELETED":
            order.append(event.name)

    cluster.store.subscribe(look)
    set_image(cluster, STATEFUL_SETS, "db", "app:2")
    wait(cluster, 120)
    assert order == ["db-2", "db-1", "db-0"]
    assert max(unready) == 1
    assert {image_of(pod) for pod in pods(cluster)} == {"app:2"}
    status = status_of(cluster, STATEFUL_SETS, "db")
    assert status["currentRevision"] == status["updateRevision"]
    assert len(cluster.store.list(CONTROLLER_REVISIONS)) == 2


def test_a_partition_holds_the_lower_ordinals_back_also_when_they_restart() -> None:
    cluster = make_cluster()
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    cluster.verbs.create(STATEFUL_SETS, stateful_set(updateStrategy=strategy))
    wait(cluster, 60)
    set_image(cluster, STATEFUL_SETS, "db", "app:2")
    wait(cluster, 60)
    cluster.verbs.delete(PODS, "default", "db-0")
    wait(cluster, 60)
    assert [image_of(pod) for pod in pods(cluster)] == ["app:1", "app:1", "app:2"]
    status = status_of(cluster, STATEFUL_SETS, "db")
    assert (status["currentReplicas"], status["updatedReplicas"]) == (2, 1)


def test_a_stateful_pod_that_never_gets_ready_blocks_the_update() -> None:
    fault = WorkloadFault(NeverReady(), workload="db", image="app:2")
    cluster = make_cluster(faults=FaultPlan(workloads=(fault,)))
    cluster.verbs.create(STATEFUL_SETS, stateful_set())
    wait(cluster, 60)
    set_image(cluster, STATEFUL_SETS, "db", "app:2")
    wait(cluster, 600)
    assert [image_of(pod) for pod in pods(cluster)] == ["app:1", "app:1", "app:2"]


def test_scaling_down_takes_the_highest_ordinals_and_keeps_their_claims() -> None:
    cluster = make_cluster()
    cluster.verbs.create(STORAGE_CLASSES, storage_class("Immediate"))
    cluster.verbs.create(STATEFUL_SETS, stateful_set(volumeClaimTemplates=[claim()]))
    wait(cluster, 60)
    cluster.verbs.modify(STATEFUL_SETS, "default", "db", lambda s: s["spec"].update(replicas=1))
    wait(cluster, 60)
    assert ready_pods(cluster) == ["db-0"]
    names = [c["metadata"]["name"] for c in cluster.store.list(PERSISTENT_VOLUME_CLAIMS)]
    assert names == ["data-db-0", "data-db-1", "data-db-2"]


def storage_class(mode: str) -> Obj:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": "fast",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "disk.example.com",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": mode,
    }


def claim() -> Obj:
    resources = {"requests": {"storage": "1Gi"}}
    spec = {"accessModes": ["ReadWriteOnce"], "resources": resources}
    return {"metadata": {"name": "data"}, "spec": spec}


def test_a_volume_keeps_its_pod_in_the_zone_where_it_was_made() -> None:
    cluster = make_cluster()
    cluster.verbs.create(STORAGE_CLASSES, storage_class("WaitForFirstConsumer"))
    cluster.verbs.create(STATEFUL_SETS, stateful_set(1, volumeClaimTemplates=[claim()]))
    wait(cluster, 30)
    first = pods(cluster)[0]["spec"]["nodeName"]
    assert is_ready(pods(cluster)[0])
    cluster.verbs.modify(NODES, "", first, lambda node: node["spec"].update(unschedulable=True))
    cluster.verbs.delete(PODS, "default", "db-0")
    wait(cluster, 30)
    pod = pods(cluster)[0]
    assert "nodeName" not in pod["spec"]
    scheduled = next(c for c in pod["status"]["conditions"] if c["type"] == "PodScheduled")
    assert "2 node(s) had volume node affinity conflict" in scheduled["message"]
    assert "1 node(s) were unschedulable" in scheduled["message"]
    zone = first_zone(cluster, first)
    add_node(cluster, "replacement", zone=zone)
    wait(cluster, 30)
    assert pods(cluster)[0]["spec"]["nodeName"] == "replacement"


def first_zone(cluster: SimulatedCluster, node: str) -> str:
    found = cluster.store.get(NODES, "", node)
    assert found is not None
    return str(found["metadata"]["labels"]["topology.kubernetes.io/zone"])


def test_a_deleted_claim_goes_with_its_volume_once_no_pod_uses_it() -> None:
    cluster = make_cluster()
    cluster.verbs.create(STORAGE_CLASSES, storage_class("Immediate"))
    cluster.verbs.create(STATEFUL_SETS, stateful_set(1, volumeClaimTemplates=[claim()]))
    wait(cluster, 30)
    cluster.verbs.delete(PERSISTENT_VOLUME_CLAIMS, "default", "data-db-0")
    wait(cluster, 5)
    assert len(cluster.store.list(PERSISTENT_VOLUME_CLAIMS)) == 1
    cluster.verbs.delete(STATEFUL_SETS, "default", "db")
    wait(cluster, 30)
    assert cluster.store.list(PERSISTENT_VOLUME_CLAIMS) == []
    assert cluster.store.list(PERSISTENT_VOLUMES) == []


# daemon sets
def test_a_daemon_set_follows_the_nodes_cordoned_ones_included() -> None:
    cluster = make_cluster(2)
    cluster.verbs.create(DAEMON_SETS, daemon_set())
    wait(cluster, 20)
    assert len(ready_pods(cluster)) == 2
    cluster.verbs.modify(NODES, "", "node-0", lambda node: node["spec"].update(unschedulable=True))
    add_node(cluster, "tainted", taints=[{"key": "gpu", "value": "yes", "effect": "NoSchedule"}])
    add_node(cluster, "new")
    wait(cluster, 20)
    assert {pod["spec"]["nodeName"] for pod in pods(cluster)} == {"node-0", "node-1", "new"}
    cluster.verbs.delete(NODES, "", "node-1")
    wait(cluster, 20)
    assert {pod["spec"]["nodeName"] for pod in pods(cluster)} == {"node-0", "new"}
    status = status_of(cluster, DAEMON_SETS, "agent")
    assert (status["desiredNumberScheduled"], status["numberAvailable"]) == (2, 2)


def test_a_daemon_set_rolls_one_node_at_a_time() -> None:
    cluster = make_cluster(4)
    cluster.verbs.create(DAEMON_SETS, daemon_set())
    wait(cluster, 20)
    ready: list[int] = []
    cluster.store.subscribe(lambda event: ready.append(len(ready_pods(cluster))))
    set_image(cluster, DAEMON_SETS, "agent", "app:2")
    wait(cluster, 120)
    assert min(ready) == 3
    assert {image_of(pod) for pod in pods(cluster)} == {"app:2"}
    assert status_of(cluster, DAEMON_SETS, "agent")["updatedNumberScheduled"] == 4


# jobs
def test_a_job_runs_to_completion_and_its_time_to_live_removes_it() -> None:
    cluster = make_cluster()
    cluster.verbs.create(JOBS, job(completions=3, parallelism=2, ttlSecondsAfterFinished=60))
    wait(cluster, 2)
    assert len(pods(cluster)) == 2
    wait(cluster, 38)
    status = status_of(cluster, JOBS, "job")
    assert (status["succeeded"], status.get("failed"), status.get("active")) == (3, None, None)
    assert [c["type"] for c in status["conditions"]] == ["SuccessCriteriaMet", "Complete"]
    wait(cluster, 90)
    assert cluster.store.list(JOBS) == []
    assert pods(cluster) == []


def test_a_failing_job_gives_up_at_its_back_off_limit() -> None:
    fault = WorkloadFault(Crash(exit_code=3), workload="job")
    cluster = make_cluster(faults=FaultPlan(workloads=(fault,)))
    cluster.verbs.create(JOBS, job(backoffLimit=2))
    wait(cluster, 300)
    status = status_of(cluster, JOBS, "job")
    assert status["failed"] == 3
    assert [(c["type"], c["reason"]) for c in status["conditions"]] == [
        ("FailureTarget", "BackoffLimitExceeded"),
        ("Failed", "BackoffLimitExceeded"),
    ]
    assert not [pod for pod in pods(cluster) if is_active(pod)]


def test_a_job_that_fails_twice_still_succeeds_within_its_limit() -> None:
    fault = WorkloadFault(Crash(), workload="job", times=2)
    cluster = make_cluster(faults=FaultPlan(workloads=(fault,)))
    cluster.verbs.create(JOBS, job())
    wait(cluster, 300)
    status = status_of(cluster, JOBS, "job")
    assert (status["succeeded"], status["failed"]) == (1, 2)


def test_a_cron_job_runs_on_time_and_keeps_only_the_newest_jobs() -> None:
    cluster = make_cluster()
    cluster.verbs.create(
        CRON_JOBS,
        {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": {"name": "tick", "namespace": "default"},
            "spec": {"schedule": "*/10 * * * *", "jobTemplate": {"spec": job()["spec"]}},
        },
    )
    wait(cluster, 599)
    assert cluster.store.list(JOBS) == []
    wait(cluster, 3600)
    jobs = cluster.store.list(JOBS)
    assert len(jobs) == 3
    status = status_of(cluster, CRON_JOBS, "tick")
    assert status["lastScheduleTime"] == "2026-01-01T01:00:00Z"


@pytest.mark.parametrize(
    ("text", "after", "due"),
    [
        ("30 2 * * *", "2026-01-01T02:30", "2026-01-02T02:30"),
        ("*/15 8-9 * * mon-fri", "2026-01-02T09:45", "2026-01-05T08:00"),
        ("0 0 29 2 *", "2026-01-01T00:00", "2028-02-29T00:00"),
        ("0 0 13 * 5", "2026-01-01T00:00", "2026-01-02T00:00"),
        ("@monthly", "2026-01-01T00:00", "2026-02-01T00:00"),
        ("5/20 * * * 7", "2026-01-01T00:00", "2026-01-04T00:05"),
    ],
)
def test_schedules_are_read_as_cron_reads_them(text: str, after: str, due: str) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    expected = datetime.fromisoformat(due).replace(tzinfo=UTC)
    assert parse_schedule(text).next_after(moment) == expected


@pytest.mark.parametrize("text", ["", "* * * *", "61 * * * *", "* * * foo *", "5-1 * * * *", "*/0 * * * *"])
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_schedule(text)
