"""On AKS the target switches DNS to a resolver on each node, which speaks TCP.

**What.** AKS clusters that go from below 1.37 to 1.37 or later: node pools without a LocalDNS profile of
their own get LocalDNS if they pass AKS's compatibility checks. Network policies of kube-system that let
DNS in by UDP alone are named, and so is a NodeLocal DNSCache that is already there.

**Why.** LocalDNS asks CoreDNS for cluster names by TCP, over connections that stay open. Whatever lets
only UDP/53 through, a network policy, a security group, a firewall or a limit of TCP connections at your
own DNS server, turns that into names that do not resolve.

**How to fix.** Allow TCP/53 to CoreDNS and to the DNS servers of the virtual network. Or set the mode
Disabled in the LocalDNS profile of the node pools before the upgrade, and switch it on by itself later.

**Source.** learn.microsoft.com/azure/aks/localdns-custom.
"""

from __future__ import annotations

from seatrial.catalog.turning_points import turning_point
from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.images import images_of
from seatrial.checks.templates import READS, pod_templates
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import NetworkPolicy
from seatrial.cluster.models.network_policies import PolicyPort

_DNS = 53
_NAMES = (_DNS, "dns", "dns-tcp", "domain")
_NODE_CACHE = "dns/k8s-dns-node-cache"


@check(
    id="aks-local-dns",
    title="AKS switches to a DNS resolver on each node",
    reads=(Section.PROVIDER, NetworkPolicy, *READS),
)
def aks_local_dns(check: Check, context: Context) -> Found:
    provider, point = context.snapshot.provider, turning_point("aks-local-dns")
    if provider is None or provider.kind != "aks":
        return
    if not point.reached_by(context.target) or point.reached_by(context.snapshot.meta.minor):
        return
    closed = [
        each
        for each in context.read(NetworkPolicy)
        if each.namespace == "kube-system" and each.spec.ingress and _lets_in_udp_only(each)
    ]
    caches = [
        template
        for template in pod_templates(context)
        if any(image.is_build_of(_NODE_CACHE) for image in images_of(template))
    ]
    parts = [f"From {point.minor} {point.what}; it asks CoreDNS by TCP."]
    if closed:
        parts.append(f"{len(closed)} network policies of kube-system let DNS in by UDP alone.")
    if caches:
        parts.append("A NodeLocal DNSCache is there already; AKS advises against both.")
    yield check.finding(
        Severity.WARNING,
        " ".join(parts),
        objects=[*(each.ref for each in closed), *(template.ref for template in caches)],
        fix="Allow TCP/53 to CoreDNS and to your DNS servers, or set the LocalDNS mode of the node"
        " pools to Disabled before the upgrade.",
        source=point.source,
    )


def _lets_in_udp_only(policy: NetworkPolicy) -> bool:
    rules = policy.spec.ingress
    if any(not rule.ports for rule in rules):
        return False
    protocols = {port.protocol for rule in rules for port in rule.ports if _is_dns(port)}
    return protocols == {"UDP"}


def _is_dns(port: PolicyPort) -> bool:
    if port.port is None or port.port in _NAMES:
        return True
    return isinstance(port.port, int) and port.end_port is not None and port.port <= _DNS <= port.end_port
