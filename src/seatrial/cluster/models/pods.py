"""Pods, and the templates that controllers make them from."""

from typing import ClassVar

import msgspec

from seatrial.cluster.models.metadata import Condition, Part, Resource, TemplateMetadata
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


class SeccompProfile(Part, frozen=True):
    """Also an AppArmor profile: both are a type and, when it is Localhost, the name of a file."""

    type: str = ""
    localhost_profile: str = ""


class SELinuxOptions(Part, frozen=True):
    user: str = ""
    role: str = ""
    type: str = ""
    level: str = ""


class SecurityContext(Part, frozen=True):
    """Of a container or of a whole pod."""

    privileged: bool | None = None
    run_as_non_root: bool | None = None
    allow_privilege_escalation: bool | None = None
    seccomp_profile: SeccompProfile | None = None
    app_armor_profile: SeccompProfile | None = None
    se_linux_options: SELinuxOptions | None = None
    se_linux_change_policy: str = ""


class VolumeMount(Part, frozen=True):
    name: str = ""
    mount_path: str = ""
    read_only: bool = False


class ProbeTarget(Part, frozen=True):
    """Whom the kubelet asks, by HTTP or by TCP."""

    host: str = ""
    """Empty: the pod itself."""


class Handler(Part, frozen=True):
    """A probe, or what is done after a container's start and before its end."""

    http_get: ProbeTarget | None = None
    tcp_socket: ProbeTarget | None = None

    @property
    def names_a_host(self) -> bool:
        return any(each is not None and each.host != "" for each in (self.http_get, self.tcp_socket))


class Lifecycle(Part, frozen=True):
    post_start: Handler | None = None
    pre_stop: Handler | None = None


class Container(Part, frozen=True):
    name: str = ""
    image: str = ""
    resources: ResourceRequests = ResourceRequests()
    ports: tuple[ContainerPort, ...] = ()
    volume_mounts: tuple[VolumeMount, ...] = ()
    security_context: SecurityContext = SecurityContext()
    restart_policy: str = ""
    """ "Always" on an init container makes it a sidecar."""
    liveness_probe: Handler | None = None
    readiness_probe: Handler | None = None
    startup_probe: Handler | None = None
    lifecycle: Lifecycle = Lifecycle()

    @property
    def handlers(self) -> tuple[Handler, ...]:
        """Everything by which the kubelet asks somebody."""
        found = (
            *(self.liveness_probe, self.readiness_probe, self.startup_probe),
            *(self.lifecycle.post_start, self.lifecycle.pre_stop),
        )
        return tuple(each for each in found if each is not None)


class LocalObject(Part, frozen=True):
    """A reference by name to something in the same namespace."""

    name: str = ""


class PersistentClaim(Part, frozen=True):
    claim_name: str = ""


class HostPath(Part, frozen=True):
    path: str = ""
    type: str = ""


class EmptyDir(Part, frozen=True):
    medium: str = ""


class CSIVolume(Part, frozen=True):
    driver: str = ""


class Driver(Part, frozen=True):
    """A volume of a driver that was built in or flexible; only that it is one, and its flex driver's name."""

    driver: str = ""


class DriverVolume(Part, frozen=True):
    """What pods' volumes and persistent volumes share: drivers that were built in, and flexible ones."""

    flex_volume: Driver | None = None
    aws_elastic_block_store: Driver | None = None
    azure_disk: Driver | None = None
    azure_file: Driver | None = None
    cinder: Driver | None = None
    gce_persistent_disk: Driver | None = None
    portworx_volume: Driver | None = None
    vsphere_volume: Driver | None = None
    glusterfs: Driver | None = None
    rbd: Driver | None = None
    cephfs: Driver | None = None


class Volume(DriverVolume, frozen=True):
    name: str = ""
    host_path: HostPath | None = None
    empty_dir: EmptyDir | None = None
    persistent_volume_claim: PersistentClaim | None = None
    csi: CSIVolume | None = None
    git_repo: Driver | None = None


class Toleration(Part, frozen=True):
    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""


class NodeSelectorRequirement(Part, frozen=True):
    key: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()


class NodeSelectorTerm(Part, frozen=True):
    match_expressions: tuple[NodeSelectorRequirement, ...] = ()
    match_fields: tuple[NodeSelectorRequirement, ...] = ()


class NodeSelector(Part, frozen=True):
    node_selector_terms: tuple[NodeSelectorTerm, ...] = ()


class PreferredNodeTerm(Part, frozen=True):
    weight: int = 0
    preference: NodeSelectorTerm = NodeSelectorTerm()


class NodeAffinity(Part, frozen=True):
    required: NodeSelector | None = msgspec.field(
        default=None, name="requiredDuringSchedulingIgnoredDuringExecution"
    )
    preferred: tuple[PreferredNodeTerm, ...] = msgspec.field(
        default=(), name="preferredDuringSchedulingIgnoredDuringExecution"
    )


class PodAffinityTerm(Part, frozen=True):
    topology_key: str = ""
    label_selector: LabelSelector | None = None
    namespaces: tuple[str, ...] = ()
    namespace_selector: LabelSelector | None = None


class PodAffinity(Part, frozen=True):
    """Also anti-affinity: only what is required."""

    required: tuple[PodAffinityTerm, ...] = msgspec.field(
        default=(), name="requiredDuringSchedulingIgnoredDuringExecution"
    )


class Affinity(Part, frozen=True):
    node_affinity: NodeAffinity = NodeAffinity()
    pod_affinity: PodAffinity = PodAffinity()
    pod_anti_affinity: PodAffinity = PodAffinity()


class SpreadConstraint(Part, frozen=True):
    max_skew: int = 1
    topology_key: str = ""
    when_unsatisfiable: str = "DoNotSchedule"
    label_selector: LabelSelector | None = None
    min_domains: int | None = None
    match_label_keys: tuple[str, ...] = ()
    node_affinity_policy: str = "Honor"
    node_taints_policy: str = "Ignore"


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
    affinity: Affinity = Affinity()
    topology_spread_constraints: tuple[SpreadConstraint, ...] = ()
    security_context: SecurityContext = SecurityContext()
    automount_service_account_token: bool | None = None
    restart_policy: str = "Always"
    resources: ResourceRequests = ResourceRequests()
    """Of the pod as a whole."""
    overhead: dict[str, str | int | float] = msgspec.field(default_factory=dict)
    scheduling_gates: tuple[LocalObject, ...] = ()


class ContainerWaiting(Part, frozen=True):
    reason: str = ""


class ContainerTerminated(Part, frozen=True):
    reason: str = ""


class ContainerState(Part, frozen=True):
    waiting: ContainerWaiting | None = None
    terminated: ContainerTerminated | None = None


class ContainerStatus(Part, frozen=True):
    name: str = ""
    ready: bool = False
    restart_count: int = 0
    image: str = ""
    image_id: str = msgspec.field(default="", name="imageID")
    state: ContainerState = ContainerState()


class PodStatus(Part, frozen=True):
    phase: str = ""
    reason: str = ""
    conditions: tuple[Condition, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    start_time: str = ""


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
        metadata = self.metadata
        return _MIRROR in metadata.annotations or "Node" in [each.kind for each in metadata.owner_references]

    @property
    def is_of_daemon_set(self) -> bool:
        owner = self.controller
        return owner is not None and owner.kind == "DaemonSet"

    @property
    def leaves_when_drained(self) -> bool:
        """`kubectl drain --ignore-daemonsets` evicts it: it runs, and it is not bound to its node."""
        return not (self.is_finished or self.is_of_daemon_set or self.is_static)


class PodTemplate(Part, frozen=True):
    metadata: TemplateMetadata = TemplateMetadata()
    spec: PodSpec = PodSpec()
