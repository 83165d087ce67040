"""Nodes on cgroup v1, on which the target's kubelet does not start.

**What.** Nodes whose system starts with cgroup v1 as it is shipped, told by their osImage, or whose kernel
has no usable cgroup v2 at all (before 4.15). The API does not say which one a node uses: that is the
kubelet's metric `kubelet_cgroup_version`, which only who may reach every node's kubelet can read. So this
warns. It blocks where the kernel leaves no doubt, kubeadm's configuration upgrades the kubelet in place,
and that does not say `failCgroupV1: false`. Nodes that already run such a kubelet are left out.

**Why.** From 1.35 on a kubelet on cgroup v1 exits unless it is told not to. The node does not come back.

**How to fix.** New node images with cgroup v2 (Amazon Linux 2023, Ubuntu 22.04, Debian 11, RHEL 9 and
newer). `stat -fc %T /sys/fs/cgroup` on a node says `cgroup2fs` for v2. `failCgroupV1: false` in the
kubelet's configuration buys time.

**Source.** KEP-5573; KEP-4569 (the metric); opencontainers/runc docs/cgroup-v2.md (systems, kernel 4.15).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from seatrial.catalog.node_images import node_images
from seatrial.catalog.turning_points import turning_point
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.wording import counted, named
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import ConfigMap, Node
from seatrial.cluster.node_groups import is_virtual, membership
from seatrial.cluster.version import Minor
from seatrial.errors import BadInput

_KERNEL = re.compile(r"^(\d+)\.(\d+)")
_FIRST_USABLE = (4, 15)


@check(
    id="cgroup-v1",
    title="Nodes seem to use cgroup v1",
    reads=(Node, ConfigMap),
    uses_facts=True,
)
def cgroup_v1(check: Check, context: Context) -> Found:
    refused = turning_point("cgroup-v1-refused")
    if not refused.reached_by(context.target):
        return
    setting = _kubelet_setting(context.read(ConfigMap))
    found: dict[tuple[str, bool], list[Node]] = {}
    for node in context.read(Node):
        info = node.status.node_info
        if info.operating_system == "windows" or is_virtual(node.labels) or _runs(node, refused.minor):
            continue
        old = _kernel_is_too_old(info.kernel_version)
        if old or any(each.has_cgroup_v1 and each.matches(info.os_image) for each in node_images()):
            in_place = setting == "refuses" and not membership(node.labels).manager
            found.setdefault((info.os_image, old and in_place), []).append(node)
    for (os_image, certain), nodes in sorted(found.items()):
        allowed = setting == "allows"
        kernels = named(node.status.node_info.kernel_version for node in nodes)
        yield check.finding(
            Severity.INFO if allowed else Severity.BLOCKER if certain else Severity.WARNING,
            f"{counted(len(nodes), 'node')} with {os_image or 'an unnamed system'} (kernel {kernels}), which"
            f" {'has' if certain else 'starts with'} cgroup v1; from {refused.minor} on {refused.what}."
            + (" The kubelets' configuration says so." if allowed else ""),
            objects=[node.ref for node in nodes],
            fix="Replace the nodes by ones of an image with cgroup v2.",
            source=refused.source,
        )


def _kubelet_setting(maps: Iterable[ConfigMap]) -> str:
    """ "allows" or "refuses" cgroup v1, as kubeadm's configuration of kubelets; "" where there is none."""
    for each in maps:
        if (each.namespace, each.name) == ("kube-system", "kubelet-config"):
            allows = re.search(r"^failCgroupV1:\s*[\"']?false\b", each.data.kubelet, re.MULTILINE)
            return "allows" if allows else "refuses"
    return ""


def _kernel_is_too_old(version: str) -> bool:
    found = _KERNEL.match(version)
    return found is not None and (int(found[1]), int(found[2])) < _FIRST_USABLE


def _runs(node: Node, minor: Minor) -> bool:
    try:
        return Minor.parse(node.status.node_info.kubelet_version) >= minor
    except BadInput:
        return False
