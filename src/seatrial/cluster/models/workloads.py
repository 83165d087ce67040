"""Pods and the controllers that make them."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from seatrial.cluster.models.metadata import Condition, Metadata, Part, Resource
from seatrial.cluster.objects import GroupVersionKind
from seatrial.cluster.selectors import LabelSelector

_MIRROR = "kubernetes.io/config.mirror"


class ResourceRequests(Part, frozen=True):
    requests: dict[str, str | int | float] = msgspec.field(default_factory=dict)
    limits: dict[str, str | int | float] = msgspec.field(default_factory=dict)


class ContainerPort(Part, frozen=True):
    container_port: int = 0
    host_port: int = 0
    protocol: str = "TCP"


class Container(Part, frozen=True):
    name: str = ""
    image: str = ""
    resources: ResourceRequests = ResourceRequests()
    ports: tuple[ContainerPort, ...] = ()


class LocalObject(Part, frozen=True):
    """A reference by name to something in the same namespace."""

    name: str = ""


class PersistentClaim(Part, frozen=True):
    claim_name: str = ""


class HostPath(Part, frozen=True):
    path: str = ""


class Volume(Part, frozen=True):
    name: str = ""
    host_path: HostPath | None = None
    empty_dir: dict[str, str] | None = None
    persistent_volume_claim: PersistentClaim | None = None


class Toleration(Part, frozen=True):
    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""


class PodSpec(Part, frozen=True):
    node_name: str = ""
    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    node_selector: dict[str, str] = msgspec.field(default_factory=dict)
    tolerations: tuple[Toleration, ...] = ()
    service_account_name: str = ""
    priority_class_name: str = ""
    host_network: bool = False
    termination_grace_period_seconds: int = 30


class ContainerStatus(Part, frozen=True):
    name: str = ""
    ready: bool = False
    restart_count: int = 0
    image: str = ""


class PodStatus(Part, frozen=True):
    phase: str = ""
    reason: str = ""
    conditions: tuple[Condition, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()


class Pod(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("", "v1", "Pod")
    PLURAL: ClassVar = "pods"

    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def is_ready(self) -> bool:
        return any(each.type == "Ready" and each.status == "True" for each in self.status.conditions)

    @property
    def is_finished(self) -> bool:
        return self.status.phase in ("Succeeded", "Failed")

    @property
    def is_terminating(self) -> bool:
        return bool(self.metadata.deletion_timestamp)

    @property
    def is_static(self) -> bool:
        """A mirror of a file on the node: the kubelet runs it whatever the API says."""
        return _MIRROR in self.annotations or any(
            owner.kind == "Node" for owner in self.metadata.owner_references
        )

    @property
    def is_of_daemon_set(self) -> bool:
        owner = self.controller
        return owner is not None and owner.kind == "DaemonSet"

    @property
    def leaves_when_drained(self) -> bool:
        """`kubectl drain --ignore-daemonsets` evicts it: it runs, and it is not bound to its node."""
        return not (self.is_static or self.is_of_daemon_set or self.is_finished)


class PodTemplate(Part, frozen=True):
    metadata: Metadata = Metadata()
    spec: PodSpec = PodSpec()


class ScalableSpec(Part, frozen=True):
    replicas: int = 1
    selector: LabelSelector | None = None
    template: PodTemplate = PodTemplate()


class ScalableStatus(Part, frozen=True):
    replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    updated_replicas: int = 0
    observed_generation: int = 0
    conditions: tuple[Condition, ...] = ()


class Deployment(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("apps", "v1", "Deployment")
    PLURAL: ClassVar = "deployments"

    spec: ScalableSpec = ScalableSpec()
    status: ScalableStatus = ScalableStatus()


class ReplicaSet(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("apps", "v1", "ReplicaSet")
    PLURAL: ClassVar = "replicasets"

    spec: ScalableSpec = ScalableSpec()
    status: ScalableStatus = ScalableStatus()


class StatefulSet(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("apps", "v1", "StatefulSet")
    PLURAL: ClassVar = "statefulsets"

    spec: ScalableSpec = ScalableSpec()
    status: ScalableStatus = ScalableStatus()


class ReplicationControllerSpec(Part, frozen=True):
    replicas: int = 1
    selector: dict[str, str] = msgspec.field(default_factory=dict)


class ReplicationController(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("", "v1", "ReplicationController")
    PLURAL: ClassVar = "replicationcontrollers"

    spec: ReplicationControllerSpec = ReplicationControllerSpec()


class DaemonSetSpec(Part, frozen=True):
    selector: LabelSelector | None = None
    template: PodTemplate = PodTemplate()


class DaemonSetStatus(Part, frozen=True):
    desired_number_scheduled: int = 0
    number_ready: int = 0
    observed_generation: int = 0


class DaemonSet(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("apps", "v1", "DaemonSet")
    PLURAL: ClassVar = "daemonsets"

    spec: DaemonSetSpec = DaemonSetSpec()
    status: DaemonSetStatus = DaemonSetStatus()


class JobSpec(Part, frozen=True):
    parallelism: int = 1
    completions: int | None = None
    active_deadline_seconds: int | None = None
    suspend: bool = False


class JobStatus(Part, frozen=True):
    active: int = 0
    succeeded: int = 0
    failed: int = 0
    start_time: str = ""
    completion_time: str = ""
    conditions: tuple[Condition, ...] = ()


class Job(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("batch", "v1", "Job")
    PLURAL: ClassVar = "jobs"

    spec: JobSpec = JobSpec()
    status: JobStatus = JobStatus()


class CronJobSpec(Part, frozen=True):
    schedule: str = ""
    suspend: bool = False


class CronJob(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("batch", "v1", "CronJob")
    PLURAL: ClassVar = "cronjobs"

    spec: CronJobSpec = CronJobSpec()
