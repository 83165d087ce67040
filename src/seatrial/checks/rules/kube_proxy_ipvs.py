"""kube-proxy in ipvs mode, which is on its way out.

**What.** The configuration of kube-proxy (kube-system/kube-proxy of kubeadm, kube-system/kube-proxy-config
of EKS) says `mode: ipvs`.

**Why.** ipvs is deprecated since 1.35. From 1.40 on kube-proxy does not start in that mode unless the gate
KubeProxyIPVS allows it, and from 1.43 on not at all: no Service gets traffic on such a node.

**How to fix.** Change the mode to nftables (kernel 5.13 or newer) on a test cluster first, and restart
kube-proxy node by node; rules of the old mode stay until the node restarts or `kube-proxy --cleanup`.

**Source.** KEP-5495, plan of 2026-05; kubernetes.io/docs/reference/networking/virtual-ips.
"""

from __future__ import annotations

from seatrial.catalog.turning_points import turning_point
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.proxy_mode import configurations_with_ipvs
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import ConfigMap


@check(
    id="kube-proxy-ipvs",
    title="kube-proxy uses its deprecated ipvs mode",
    reads=(ConfigMap,),
    uses_facts=True,
    in_files=True,
)
def kube_proxy_ipvs(check: Check, context: Context) -> Found:
    deprecated, off, gone = (turning_point(f"ipvs-{when}") for when in ("deprecated", "off", "gone"))
    for each in configurations_with_ipvs(context):
        severity = Severity.INFO
        if off.reached_by(context.target):
            severity = Severity.BLOCKER
        elif deprecated.reached_by(context.target):
            severity = Severity.WARNING
        yield check.finding(
            severity,
            f"kube-proxy's mode is ipvs: deprecated since {deprecated.minor}, off from {off.minor}, gone in"
            f" {gone.minor}.",
            objects=[each.ref],
            fix="Move to nftables, on a test cluster first.",
            source=off.source,
        )
