"""A Service takes traffic at external IPs, which Kubernetes will give up.

**What.** Services with `spec.externalIPs`.

**Why.** Whoever may write a Service can take over traffic to any address (CVE-2020-8554), so the field is
deprecated since 1.36, off by default in 1.40, and does nothing from 1.43. Then the traffic is lost without
an error.

**How to fix.** Use a Service of the type LoadBalancer, with a load balancer for your own machines if you
have no cloud, or a Gateway.

**Source.** KEP-5707, Deprecate Service.spec.externalIPs.
"""

from __future__ import annotations

from seatrial.catalog.turning_points import turning_point
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.wording import counted
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Service
from seatrial.cluster.ownership import owner_of


@check(
    id="service-external-ips",
    title="A Service uses external IPs, which are going away",
    reads=(Service,),
    in_files=True,
)
def service_external_ips(check: Check, context: Context) -> Found:
    deprecated, off, gone = (
        turning_point(each) for each in ("external-ips-deprecated", "external-ips-off", "external-ips-gone")
    )
    found = [each for each in context.read(Service) if each.spec.external_ips]
    if not found or not deprecated.reached_by(context.target):
        return
    is_off = off.reached_by(context.target)
    yield check.finding(
        Severity.BLOCKER
        if gone.reached_by(context.target)
        else Severity.WARNING
        if is_off
        else Severity.INFO,
        f"{counted(len(found), 'Service')} with external IPs: deprecated since {deprecated.minor},"
        f" off by default in {off.minor}, without effect from {gone.minor}.",
        objects=[each.ref for each in found],
        owner=next((owner for each in found if (owner := owner_of(each.metadata))), None),
        fix="Use a Service of the type LoadBalancer, or a Gateway.",
        source=deprecated.source,
    )
