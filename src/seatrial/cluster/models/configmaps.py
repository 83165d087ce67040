"""ConfigMaps, of which only a few well-known keys are ever decoded.

A ConfigMap may hold anything, passwords by mistake included. So the type names the keys that a check
reads and no other; which of them may leave the cluster in a portable snapshot, and how much of their
text, is said once more, by namespace and name, in `capture.config_maps`.
"""

from typing import ClassVar

import msgspec

from seatrial.cluster.models.metadata import Part, Resource
from seatrial.cluster.objects import GroupVersionKind


class KnownData(Part, frozen=True):
    """Keys of ConfigMaps that components of Kubernetes agree on; "" where there is none."""

    kube_proxy: str = msgspec.field(default="", name="config.conf")
    """kube-system/kube-proxy, as kubeadm writes it: a KubeProxyConfiguration."""
    kube_proxy_config: str = msgspec.field(default="", name="config")
    """kube-system/kube-proxy-config, as EKS writes it: a KubeProxyConfiguration."""
    corefile: str = msgspec.field(default="", name="Corefile")
    """kube-system/coredns: the configuration of CoreDNS."""
    kubelet: str = ""
    """kube-system/kubelet-config, as kubeadm writes it: a KubeletConfiguration."""


class ConfigMap(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("", "v1", "ConfigMap")
    PLURAL: ClassVar = "configmaps"

    data: KnownData = KnownData()
