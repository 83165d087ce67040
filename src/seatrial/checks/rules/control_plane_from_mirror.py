"""The control plane's images come from a mirror, which must have the target's before the upgrade begins.

**What.** Clusters that run their own control plane, whose kube-apiserver, controller manager, scheduler,
kube-proxy or CoreDNS is pulled from another place than registry.k8s.io. What the mirror holds cannot be
seen from the cluster.

**Why.** A mirror that copies on request needs a way out; one that somebody fills by hand has what that
person thought of. `kubeadm upgrade` finds out when the first control-plane node is already half way.

**How to fix.** Copy the images of the target first: `kubeadm config images list --kubernetes-version` names
them; pull them from a node. The version of CoreDNS, etcd and pause changes with the minor too.

**Source.** kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-init (custom images).
"""

from __future__ import annotations

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.images import Image, parse_image
from seatrial.checks.wording import named
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Pod

_COMPONENTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "coredns", "etcd")
_OFFICIAL = frozenset({"registry.k8s.io", "k8s.gcr.io"})


@check(
    id="control-plane-from-mirror",
    title="The control plane's images come from a mirror",
    reads=(Pod,),
)
def control_plane_from_mirror(check: Check, context: Context) -> Found:
    pods = [pod for pod in context.read(Pod) if pod.namespace == "kube-system" and not pod.is_finished]
    if not any(_is_api_server(pod) for pod in pods):
        return  # somebody else runs the control plane, and pulls its images
    mirrored: dict[str, set[str]] = {}
    holders: dict[str, list[Pod]] = {}
    for pod in pods:
        for image in _images(pod):
            component = _component(image)
            if component and image.registry not in _OFFICIAL:
                place = image.name.removesuffix(f"/{component}")
                mirrored.setdefault(place, set()).add(component)
                holders.setdefault(place, []).append(pod)
    for place, components in mirrored.items():
        yield check.finding(
            Severity.INFO,
            f"{named(components, most=len(_COMPONENTS))} come from {place}: the images of {context.target}"
            " must be there before the upgrade.",
            objects=[pod.ref for pod in holders[place]],
            fix="Copy what `kubeadm config images list` names for the target, and pull it once from a node.",
            source="kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-init",
        )


def _is_api_server(pod: Pod) -> bool:
    return pod.is_static and any(_component(image) == "kube-apiserver" for image in _images(pod))


def _images(pod: Pod) -> list[Image]:
    return [parse_image(each.image) for each in pod.spec.containers if each.image]


def _component(image: Image) -> str:
    """Which component of Kubernetes it is a build of; "" for others."""
    name = image.repository.rpartition("/")[2]
    return name if name in _COMPONENTS else ""
