"""The controllers that make pods."""

from typing import ClassVar

import msgspec

from seatrial.cluster.models.metadata import Condition, Part, Resource, TemplateMetadata
from seatrial.cluster.models.pods import PodTemplate
from seatrial.cluster.objects import GroupVersionKind
from seatrial.cluster.selectors import LabelSelector


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


class RollingUpdate(Part, frozen=True):
    partition: int = 0
    max_unavailable: int | str | None = None
    max_surge: int | str | None = None


class UpdateStrategy(Part, frozen=True):
    type: str = "RollingUpdate"
    rolling_update: RollingUpdate = RollingUpdate()


class ClaimTemplateSpec(Part, frozen=True):
    storage_class_name: str | None = None


class ClaimTemplate(Part, frozen=True):
    metadata: TemplateMetadata = TemplateMetadata()
    spec: ClaimTemplateSpec = ClaimTemplateSpec()


class StatefulSetSpec(ScalableSpec, frozen=True):
    pod_management_policy: str = "OrderedReady"
    update_strategy: UpdateStrategy = UpdateStrategy()
    volume_claim_templates: tuple[ClaimTemplate, ...] = ()


class StatefulSetStatus(ScalableStatus, frozen=True):
    current_revision: str = ""
    update_revision: str = ""
    current_replicas: int = 0


class StatefulSet(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("apps", "v1", "StatefulSet")
    PLURAL: ClassVar = "statefulsets"

    spec: StatefulSetSpec = StatefulSetSpec()
    status: StatefulSetStatus = StatefulSetStatus()


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
    update_strategy: UpdateStrategy = UpdateStrategy()


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
    backoff_limit: int = 6
    suspend: bool = False
    template: PodTemplate = PodTemplate()


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


class JobTemplate(Part, frozen=True):
    metadata: TemplateMetadata = TemplateMetadata()
    spec: JobSpec = JobSpec()


class CronJobSpec(Part, frozen=True):
    schedule: str = ""
    suspend: bool = False
    job_template: JobTemplate = JobTemplate()


class CronJob(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("batch", "v1", "CronJob")
    PLURAL: ClassVar = "cronjobs"

    spec: CronJobSpec = CronJobSpec()
