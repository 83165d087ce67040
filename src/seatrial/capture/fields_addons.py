"""What of add-ons' own kinds may leave the cluster: states, dates, and selectors of nodes."""

from __future__ import annotations

from collections.abc import Mapping

from seatrial.cluster.objects import GroupKind

_VELERO = "velero.io"
_CALICO = ("crd.projectcalico.org", "projectcalico.org")
_DONE = ("status.phase", "status.startTimestamp", "status.completionTimestamp", "status.expiration")

ADDONS: Mapping[GroupKind, tuple[str, ...]] = {
    GroupKind(_VELERO, "Backup"): _DONE,
    GroupKind(_VELERO, "Restore"): _DONE,
    GroupKind(_VELERO, "Schedule"): ("spec.schedule", "status.phase", "status.lastBackup"),
    GroupKind("snapshot.storage.k8s.io", "VolumeSnapshot"): (
        "spec.volumeSnapshotClassName",
        "spec.source.persistentVolumeClaimName",
        "status.creationTime",
    ),
    GroupKind("cert-manager.io", "Certificate"): (
        "status.notBefore",
        "status.notAfter",
        "status.renewalTime",
        "status.conditions.*.type",
        "status.conditions.*.status",
        "status.conditions.*.reason",
        "status.conditions.*.lastTransitionTime",
    ),
    GroupKind("certificates.k8s.io", "CertificateSigningRequest"): (
        "spec.signerName",
        "spec.username",
        "status.conditions.*.type",
        "status.conditions.*.status",
        "status.conditions.*.reason",
        "status.conditions.*.lastTransitionTime",
    ),
    GroupKind("monitoring.coreos.com", "PrometheusRule"): (
        "spec.groups.*.name",
        "spec.groups.*.rules.*.alert",
        "spec.groups.*.rules.*.record",
    ),
    GroupKind("resource.k8s.io", "ResourceSlice"): ("spec.driver", "spec.nodeName"),
    GroupKind("resource.k8s.io", "ResourceClaim"): ("status.devices.*.driver",),
    **{GroupKind(group, "BGPPeer"): ("spec.nodeSelector", "spec.peerSelector") for group in _CALICO},
    **{GroupKind(group, "IPPool"): ("spec.nodeSelector",) for group in _CALICO},
}
