"""Versions of Kubernetes' own components, by the images of the pods that run them.

`status.nodeInfo.kubeProxyVersion` is not asked: it is deprecated, since the kubelet that fills it in does
not know (KEP-4004).
"""

from __future__ import annotations

from collections.abc import Mapping

from seatrial.checks.check import Context
from seatrial.checks.images import parse_image
from seatrial.cluster.models import Pod
from seatrial.cluster.version import Minor, Version
from seatrial.errors import BadInput

NAMESPACE = "kube-system"


def component_minors(context: Context, component: str) -> Mapping[Minor, list[Pod]]:
    """Pods of kube-proxy, kube-apiserver… by minor, oldest first; without tags that are no version."""
    found: dict[Minor, list[Pod]] = {}
    for pod in context.read(Pod):
        if pod.namespace != NAMESPACE or pod.is_finished or pod.is_terminating:
            continue
        for container in pod.spec.containers:
            version = component_version(container.image, component)
            if version is not None:
                found.setdefault(version.line, []).append(pod)
    return dict(sorted(found.items()))


def component_version(image: str, component: str) -> Version | None:
    if component not in image:
        return None
    read = parse_image(image)
    name = read.repository.rpartition("/")[2]
    if name not in (component, *(f"{component}-{arch}" for arch in ("amd64", "arm64"))):
        return None
    try:
        return Version.parse(read.tag)
    except BadInput:
        return None
