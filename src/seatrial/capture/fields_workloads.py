"""What of pods, and of what makes pods, may leave the cluster: placement, resources, names; never values."""

from __future__ import annotations

from collections.abc import Mapping

from seatrial.cluster.objects import GroupKind

CONDITIONS = (
    "conditions.*.type",
    "conditions.*.status",
    "conditions.*.reason",
    "conditions.*.lastTransitionTime",
    "conditions.*.lastUpdateTime",
    "conditions.*.lastProbeTime",
    "conditions.*.lastHeartbeatTime",
)
_CONTAINER = (
    "name",
    "image",
    "imagePullPolicy",
    "ports.**",
    "resources.**",
    "volumeMounts.*.name",
    "volumeMounts.*.mountPath",
    "securityContext.**",
    "env.*.name",
    "env.*.valueFrom.**",
    "envFrom.**",
    "restartPolicy",
    "terminationMessagePolicy",
    "terminationMessagePath",
    *(f"{probe}.httpGet.port" for probe in ("livenessProbe", "readinessProbe", "startupProbe")),
    *(f"{probe}.httpGet.scheme" for probe in ("livenessProbe", "readinessProbe", "startupProbe")),
    *(f"{probe}.tcpSocket.port" for probe in ("livenessProbe", "readinessProbe", "startupProbe")),
)
_POD_SPEC = (
    "nodeName",
    "nodeSelector.**",
    "affinity.**",
    "tolerations.**",
    "topologySpreadConstraints.**",
    "resources.**",
    "overhead.**",
    "priorityClassName",
    "preemptionPolicy",
    "runtimeClassName",
    "schedulerName",
    "schedulingGates.**",
    "serviceAccountName",
    "serviceAccount",
    "restartPolicy",
    "dnsPolicy",
    "os.name",
    "imagePullSecrets.*.name",
    "securityContext.**",
    "volumes.*.name",
    "volumes.*.configMap.name",
    "volumes.*.secret.secretName",
    "volumes.*.persistentVolumeClaim.claimName",
    "volumes.*.hostPath.type",
    "volumes.*.hostPath.path",
    "volumes.*.emptyDir.**",
    "volumes.*.csi.driver",
    "volumes.*.flexVolume.driver",
    "volumes.*.projected.sources.*.configMap.name",
    "volumes.*.projected.sources.*.secret.name",
    *(
        f"{group}.*.{field}"
        for group in ("containers", "initContainers", "ephemeralContainers")
        for field in _CONTAINER
    ),
)
_TEMPLATE = (
    *(f"template.spec.{field}" for field in _POD_SPEC),
    "template.metadata.labels.**",
    "template.metadata.name",
)
CLAIM = (
    "accessModes.*",
    "storageClassName",
    "volumeName",
    "volumeMode",
    "resources.**",
    "selector.**",
)


def _workload(*more: str) -> tuple[str, ...]:
    return (
        "spec.selector.**",
        "spec.strategy.**",
        "spec.updateStrategy.**",
        *(f"spec.{field}" for field in _TEMPLATE),
        *(f"status.{field}" for field in CONDITIONS),
        *more,
    )


_JOB = (
    "completionMode",
    "podReplacementPolicy",
    "selector.**",
    *_TEMPLATE,
)
WORKLOADS: Mapping[GroupKind, tuple[str, ...]] = {
    GroupKind("", "Pod"): (
        *(f"spec.{field}" for field in _POD_SPEC),
        *(f"status.{field}" for field in CONDITIONS),
        "status.phase",
        "status.reason",
        "status.podIP",
        "status.hostIP",
        "status.qosClass",
        "status.startTime",
        *(
            f"status.{group}.*.{field}"
            for group in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
            for field in (
                "name",
                "image",
                "imageID",
                "containerID",
                "state.waiting.reason",
                "state.running.startedAt",
                "state.terminated.reason",
                "state.terminated.startedAt",
                "state.terminated.finishedAt",
                "lastState.terminated.reason",
                "lastState.terminated.startedAt",
                "lastState.terminated.finishedAt",
            )
        ),
    ),
    GroupKind("", "ReplicationController"): _workload(),
    GroupKind("apps", "Deployment"): _workload(),
    GroupKind("apps", "ReplicaSet"): _workload(),
    GroupKind("apps", "DaemonSet"): _workload(),
    GroupKind("apps", "StatefulSet"): _workload(
        "spec.serviceName",
        "spec.podManagementPolicy",
        "spec.persistentVolumeClaimRetentionPolicy.**",
        # cannot be changed: a token here would make every upgrade of a chart a forbidden change
        "spec.volumeClaimTemplates.*.apiVersion",
        "spec.volumeClaimTemplates.*.kind",
        "spec.volumeClaimTemplates.*.status.phase",
        "spec.volumeClaimTemplates.*.metadata.name",
        "spec.volumeClaimTemplates.*.metadata.labels.**",
        *(f"spec.volumeClaimTemplates.*.spec.{field}" for field in CLAIM),
        "status.currentRevision",
        "status.updateRevision",
    ),
    # the same as the workload's own template, or a twin takes the template for changed and rolls it
    GroupKind("apps", "ControllerRevision"): (
        *(f"data.spec.{field}" for field in _TEMPLATE),
        "data.spec.template.$patch",
    ),
    GroupKind("batch", "Job"): (
        *(f"spec.{field}" for field in _JOB),
        *(f"status.{field}" for field in CONDITIONS),
        "status.startTime",
        "status.completionTime",
    ),
    GroupKind("batch", "CronJob"): (
        "spec.schedule",
        "spec.timeZone",
        "spec.concurrencyPolicy",
        *(f"spec.jobTemplate.spec.{field}" for field in _JOB),
        "spec.jobTemplate.metadata.labels.**",
        "status.lastScheduleTime",
        "status.lastSuccessfulTime",
    ),
}
