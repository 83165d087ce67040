"""What a drain does to pods: work, state and order that it loses, and pods that fail already."""

import json
from datetime import timedelta
from typing import Any

import pytest
from tests.builders import NOW, a_deployment, a_node, a_pod, a_snapshot, a_stateful_set, an_object
from tests.checks.corpus import Case
from tests.checks.reports import names, report, said

from seatrial.capture.redact import portable
from seatrial.cluster.objects import Obj
from seatrial.cluster.proposal import Proposal
from seatrial.cluster.provider_state import ProviderState

LONG, FAILING, GRACE = "job-longer-than-drain", "failing-before-start", "grace-period"
LEAVE, LOCAL, TIED = "do-not-disrupt", "node-local-state", "local-volume"
ZONAL, STUCK, ORDER = "zonal-volume", "stuck-deletion", "stateful-set-stuck"
EKS = ProviderState(kind="eks", version="1.36.4")
ZONE = "topology.kubernetes.io/zone"


def ago(**passed: int) -> str:
    return (NOW - timedelta(**passed)).strftime("%Y-%m-%dT%H:%M:%SZ")


def a_job(name: str, *, started: str, ended: str = "", cron: str = "", **spec: Any) -> Obj:
    status = {"startTime": started, **({"completionTime": ended} if ended else {"active": 1})}
    owner = ("CronJob", cron) if cron else None
    return an_object("batch/v1", "Job", name, "shop", owner=owner, spec=spec, status=status)


def a_cron_job(name: str, **spec: Any) -> Obj:
    return an_object("batch/v1", "CronJob", name, "shop", spec={"schedule": "0 3 * * *", **spec})


def failing(pod: Obj, reason: str = "CrashLoopBackOff") -> Obj:
    status = {"name": "main", "state": {"waiting": {"reason": reason}}}
    return {**pod, "status": {**pod["status"], "containerStatuses": [status]}}


def with_template(workload: Obj, annotations: dict[str, str] | None = None, **spec: Any) -> Obj:
    """The same workload with these fields in its pods' spec."""
    template = workload["spec"]["template"]
    metadata = {**template["metadata"], **({"annotations": annotations} if annotations else {})}
    template = {"metadata": metadata, "spec": {**template["spec"], **spec}}
    return {**workload, "spec": {**workload["spec"], "template": template}}


DEPLOYMENT, SET = a_deployment("web")[0], a_stateful_set("db")[0]


def writing(workload: Obj, path: str, read_only: bool = False, **volume: Any) -> Obj:
    mount = {"name": "v", "mountPath": path, **({"readOnly": True} if read_only else {})}
    return with_template(
        workload,
        containers=[{"name": "main", "volumeMounts": [mount]}],
        volumes=[{"name": "v", **volume}],
    )


def a_volume(affinity: dict[str, list[str]], **spec: Any) -> list[Obj]:
    """A volume with its claim and the pod that uses it."""
    terms = [{"key": key, "operator": "In", "values": values} for key, values in affinity.items()]
    required = {"required": {"nodeSelectorTerms": [{"matchExpressions": terms}]}}
    claim = {"name": "data", "persistentVolumeClaim": {"claimName": "data-db-0"}}
    return [
        an_object("v1", "PersistentVolume", "pv-1", spec={"nodeAffinity": required, **spec}),
        an_object("v1", "PersistentVolumeClaim", "data-db-0", "shop", spec={"volumeName": "pv-1"}),
        a_pod("db-0", owner=("StatefulSet", "db"), spec={"volumes": [claim]}),
    ]


def deleted(obj: Obj, when: str, *finalizers: str) -> Obj:
    metadata = {**obj["metadata"], "deletionTimestamp": when, "finalizers": list(finalizers)}
    return {**obj, "metadata": metadata}


def a_terminating_namespace(when: str) -> Obj:
    status = {
        "phase": "Terminating",
        "conditions": [
            {"type": "NamespaceContentRemaining", "status": "True", "reason": "SomeResourcesRemain"}
        ],
    }
    return deleted(an_object("v1", "Namespace", "old", status=status), when)


def a_set(
    *failing_pods: int, replicas: int = 3, status: dict[str, str] | None = None, **spec: Any
) -> list[Obj]:
    """An ordered set of which these pods crash."""
    workload, *pods = a_stateful_set("db", replicas=replicas)
    workload["spec"] |= spec
    workload["status"] |= status or {}
    for number in failing_pods:
        pods[number] = failing(a_pod(f"db-{number}", owner=("StatefulSet", "db"), ready=False))
    return [workload, *pods]


HALF_DONE = {"currentRevision": "db-1", "updateRevision": "db-2"}
PARTITION = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
HOST = {"hostPath": {"path": "/mnt/data"}}
EMPTY_DIR: dict[str, Any] = {"emptyDir": {}}
LOCAL_DISK = {"local": {"path": "/mnt/disk"}}
CASES = (
    Case(
        check=LONG,
        name="a job that runs for an hour on EKS",
        severities=("warning",),
        snapshot=a_snapshot(a_job("sums", started=ago(hours=1)), provider=EKS),
    ),
    Case(
        check=LONG,
        name="a job that began five minutes ago",
        severities=(),
        snapshot=a_snapshot(a_job("sums", started=ago(minutes=5)), provider=EKS),
    ),
    Case(
        check=LONG,
        name="a job of twenty minutes on AKS, which waits for thirty",
        severities=(),
        snapshot=a_snapshot(
            a_job("sums", started=ago(minutes=20)), a_node(labels={"kubernetes.azure.com/cluster": "c"})
        ),
    ),
    Case(
        check=LONG,
        name="a job that is finished",
        severities=(),
        snapshot=a_snapshot(a_job("sums", started=ago(hours=3), ended=ago(hours=1))),
    ),
    Case(
        check=LONG,
        name="a nightly job that took two hours",
        severities=("warning",),
        snapshot=a_snapshot(
            a_cron_job("night"), a_job("night-1", started=ago(hours=9), ended=ago(hours=7), cron="night")
        ),
    ),
    Case(
        check=LONG,
        name="a suspended nightly job that took two hours",
        severities=(),
        snapshot=a_snapshot(
            a_cron_job("night", suspend=True),
            a_job("night-1", started=ago(hours=9), ended=ago(hours=7), cron="night"),
        ),
    ),
    Case(check=LONG, name="no jobs at all", severities=(), snapshot=a_snapshot()),
    Case(
        check=FAILING,
        name="a crash loop and an evicted pod",
        severities=("warning", "info"),
        snapshot=a_snapshot(failing(a_pod("a", ready=False)), a_pod("b", phase="Failed")),
    ),
    Case(
        check=FAILING,
        name="a pod that is pulling its image and a failed job",
        severities=(),
        snapshot=a_snapshot(
            failing(a_pod("a", ready=False), "ContainerCreating"),
            a_pod("b", phase="Failed", owner=("Job", "b")),
            a_pod("c", phase="Succeeded"),
        ),
    ),
    Case(check=FAILING, name="no pods at all", severities=(), snapshot=a_snapshot()),
    Case(
        check=GRACE,
        name="twenty minutes on EKS, and none for a database",
        severities=("warning", "warning"),
        snapshot=a_snapshot(
            with_template(DEPLOYMENT, terminationGracePeriodSeconds=1200),
            with_template(SET, terminationGracePeriodSeconds=0),
            version="v1.36.4-eks-1a2b3c",
        ),
    ),
    Case(
        check=GRACE,
        name="twenty minutes where nobody says which provider, and none for a deployment",
        severities=(),
        snapshot=a_snapshot(
            with_template(DEPLOYMENT, terminationGracePeriodSeconds=1200),
            with_template(a_deployment("api")[0], terminationGracePeriodSeconds=0),
        ),
    ),
    Case(
        check=GRACE,
        name="in files, two hours",
        severities=("warning",),
        files=json.dumps(with_template(DEPLOYMENT, terminationGracePeriodSeconds=7200)),
    ),
    Case(check=GRACE, name="no workloads at all", severities=(), snapshot=a_snapshot()),
    Case(
        check=LEAVE,
        name="a pod that Karpenter must not move, on its node",
        severities=("warning",),
        snapshot=a_snapshot(
            a_node(labels={"karpenter.sh/nodepool": "default"}),
            a_pod("a", owner=("Job", "a"), annotations={"karpenter.sh/do-not-disrupt": "true"}),
        ),
    ),
    Case(
        check=LEAVE,
        name="a template that the autoscaler must not move",
        severities=("info",),
        files=json.dumps(
            with_template(DEPLOYMENT, {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"})
        ),
    ),
    Case(
        check=LEAVE,
        name="a pod that says it may be moved",
        severities=(),
        snapshot=a_snapshot(
            a_pod("a", annotations={"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"}),
        ),
    ),
    Case(check=LEAVE, name="no pods at all", severities=(), snapshot=a_snapshot()),
    Case(
        check=LOCAL,
        name="a deployment that writes to its host",
        severities=("warning",),
        snapshot=a_snapshot(writing(DEPLOYMENT, "/data", **HOST)),
    ),
    Case(
        check=LOCAL,
        name="in files, a database in an emptyDir",
        severities=("warning",),
        files=json.dumps(writing(SET, "/var/lib/postgresql", **EMPTY_DIR)),
    ),
    Case(
        check=LOCAL,
        name="a read-only host path, a socket, a scratch directory and a node agent",
        severities=(),
        snapshot=a_snapshot(
            writing(DEPLOYMENT, "/data", read_only=True, **HOST),
            writing(a_deployment("b")[0], "/s", hostPath={"path": "/opt/x.sock", "type": "Socket"}),
            writing(a_stateful_set("c")[0], "/tmp", **EMPTY_DIR),
            {**writing(DEPLOYMENT, "/data", **HOST), "kind": "DaemonSet"},
        ),
    ),
    Case(check=LOCAL, name="no workloads at all", severities=(), snapshot=a_snapshot()),
    Case(
        check=TIED,
        name="a local disk on EKS",
        severities=("blocker",),
        snapshot=a_snapshot(*a_volume({"kubernetes.io/hostname": ["node-1"]}, **LOCAL_DISK), provider=EKS),
    ),
    Case(
        check=TIED,
        name="a local disk in a cluster whose nodes may stay",
        severities=("warning",),
        snapshot=a_snapshot(*a_volume({"kubernetes.io/hostname": ["node-1"]}, **LOCAL_DISK)),
    ),
    Case(
        check=TIED,
        name="a disk of the provider",
        severities=(),
        snapshot=a_snapshot(*a_volume({ZONE: ["a"]}), provider=EKS),
    ),
    Case(check=TIED, name="no volumes at all", severities=(), snapshot=a_snapshot()),
    Case(
        check=ZONAL,
        name="a disk in a zone with one node",
        severities=("warning",),
        snapshot=a_snapshot(
            *a_volume({ZONE: ["a"]}), a_node("n1", labels={ZONE: "a"}), a_node("n2", labels={ZONE: "b"})
        ),
    ),
    Case(
        check=ZONAL,
        name="a disk in a zone with two nodes",
        severities=(),
        snapshot=a_snapshot(
            *a_volume({ZONE: ["a"]}), a_node("n1", labels={ZONE: "a"}), a_node("n2", labels={ZONE: "a"})
        ),
    ),
    Case(
        check=ZONAL,
        name="a disk of the whole region",
        severities=(),
        snapshot=a_snapshot(
            *a_volume({ZONE: ["a", "b"]}),
            a_node("n1", labels={ZONE: "a"}),
            a_node("n2", labels={ZONE: "b"}),
        ),
    ),
    Case(
        check=ZONAL,
        name="a disk in a zone with one node of a managed node group of EKS",
        severities=("info",),
        snapshot=a_snapshot(
            *a_volume({ZONE: ["a"]}), a_node("n1", labels={ZONE: "a", "eks.amazonaws.com/nodegroup": "g"})
        ),
    ),
    Case(check=ZONAL, name="no volumes at all", severities=(), snapshot=a_snapshot()),
    Case(
        check=STUCK,
        name="a namespace that has been terminating for two days",
        severities=("warning",),
        snapshot=a_snapshot(
            a_terminating_namespace(ago(days=2)),
            deleted(an_object("v1", "PersistentVolumeClaim", "c", "old"), ago(days=2), "example.org/keep"),
        ),
    ),
    Case(
        check=STUCK,
        name="a volume and a pod that do not go",
        severities=("warning", "warning"),
        snapshot=a_snapshot(
            deleted(an_object("v1", "PersistentVolume", "v"), ago(hours=3), "kubernetes.io/pv-protection"),
            deleted(a_pod("p"), ago(hours=3)),
        ),
    ),
    Case(
        check=STUCK,
        name="what was deleted a minute ago",
        severities=(),
        snapshot=a_snapshot(
            a_terminating_namespace(ago(minutes=1)), deleted(a_pod("p"), ago(minutes=1), "a.example.org/b")
        ),
    ),
    Case(check=STUCK, name="no objects at all", severities=(), snapshot=a_snapshot()),
    Case(
        check=ORDER,
        name="an ordered set whose first pod crashes",
        severities=("blocker",),
        snapshot=a_snapshot(*a_set(0)),
    ),
    Case(
        check=ORDER,
        name="an ordered set whose last pod crashes during an update",
        severities=("warning",),
        snapshot=a_snapshot(*a_set(2, status=HALF_DONE)),
    ),
    Case(
        check=ORDER,
        name="a partition left behind",
        severities=("warning",),
        snapshot=a_snapshot(*a_set(status=HALF_DONE, updateStrategy=PARTITION)),
    ),
    Case(
        check=ORDER,
        name="OnDelete left behind",
        severities=("warning",),
        snapshot=a_snapshot(*a_set(status=HALF_DONE, updateStrategy={"type": "OnDelete"})),
    ),
    Case(
        check=ORDER,
        name="a parallel set whose first pod crashes",
        severities=(),
        snapshot=a_snapshot(*a_set(0, podManagementPolicy="Parallel")),
    ),
    Case(
        check=ORDER,
        name="a partition over nothing new, and an update under way",
        severities=(),
        snapshot=a_snapshot(*a_set(updateStrategy=PARTITION)),
    ),
    Case(
        check=ORDER,
        name="an update that goes on",
        severities=(),
        snapshot=a_snapshot(*a_set(status=HALF_DONE)),
    ),
    Case(check=ORDER, name="no sets at all", severities=(), snapshot=a_snapshot()),
)


def test_jobs_without_a_retry_left_are_said_to_fail_for_good() -> None:
    once = a_job("once", started=ago(hours=2), backoffLimit=0)
    (finding,) = report(LONG, a_snapshot(once, a_job("again", started=ago(hours=2)))).findings
    assert names(finding) == ("shop/job/again", "shop/job/once")
    assert "once will fail for good" in finding.message
    assert "once (for 2 hours)" in finding.message


def test_long_cron_job_may_be_suspended_for_the_time_of_the_upgrade() -> None:
    cron = a_cron_job("night")
    run = a_job("night-1", started=ago(hours=9), ended=ago(hours=7), cron="night")
    (finding,) = report(LONG, a_snapshot(cron, run)).findings
    assert finding.proposals == (
        Proposal(
            title="Suspend CronJob shop/night",
            target=finding.objects[0],
            resource="cronjobs",
            patch={"spec": {"suspend": True}},
            undo={"spec": {"suspend": False}},
            expects={"spec": {"suspend": False}},
            safe=True,
            temporary=True,
        ),
    )


@pytest.mark.parametrize(("minutes", "found"), [(9, 0), (11, 1)])
def test_pod_counts_as_failing_when_it_has_been_pending_or_unready_for_ten_minutes(
    minutes: int, found: int
) -> None:
    pending = a_pod("a", phase="Pending")
    pending["metadata"]["creationTimestamp"] = ago(minutes=minutes)
    unready = a_pod("b", ready=False)
    unready["status"]["conditions"][0]["lastTransitionTime"] = ago(minutes=minutes)
    for pod in (pending, unready):
        assert len(said(report(FAILING, a_snapshot(pod)))) == found


def test_what_holds_a_namespace_is_told_with_the_namespace() -> None:
    claim = deleted(an_object("v1", "PersistentVolumeClaim", "c", "old"), ago(days=2), "example.org/keep")
    (finding,) = report(STUCK, a_snapshot(a_terminating_namespace(ago(days=2)), claim)).findings
    assert names(finding) == ("namespace/old", "old/persistentvolumeclaim/c")
    assert "waits for PersistentVolumeClaim c, SomeResourcesRemain" in finding.message


def test_namespace_is_quoted_with_what_it_says_that_it_waits_for() -> None:
    namespace = a_terminating_namespace(ago(days=2))
    (condition,) = namespace["status"]["conditions"]
    condition["message"] = "Some resources are remaining: ships.example.org has 1 resource instances"
    (finding,) = report(STUCK, a_snapshot(namespace)).findings
    assert "waits for Some resources are remaining: ships.example.org has 1 resource" in finding.message
    (finding,) = report(STUCK, portable(a_snapshot(namespace))).findings
    assert "waits for SomeResourcesRemain." in finding.message


def test_set_of_an_operator_that_updates_pods_itself_is_for_information() -> None:
    workload, *pods = a_set(status=HALF_DONE, updateStrategy={"type": "OnDelete"})
    workload["metadata"]["ownerReferences"] = [
        {"apiVersion": "example.org/v1", "kind": "Search", "name": "s", "uid": "u", "controller": True}
    ]
    assert said(report(ORDER, a_snapshot(workload, *pods))) == [("info", ("shop/statefulset/db",))]


def test_higher_pods_are_those_that_would_not_come_back() -> None:
    (finding,) = report(ORDER, a_snapshot(*a_set(1, replicas=4))).findings
    assert "db-2, db-3 would not come back" in finding.message
    assert names(finding) == ("shop/statefulset/db", "shop/pod/db-1", "shop/pod/db-2", "shop/pod/db-3")


def test_zone_without_any_node_is_told_too() -> None:
    (finding,) = report(ZONAL, a_snapshot(*a_volume({ZONE: ["a"]}), a_node("n", labels={ZONE: "b"}))).findings
    assert "Zone a has no node that takes pods" in finding.message
