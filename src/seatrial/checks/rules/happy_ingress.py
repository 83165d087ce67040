"""An Ingress is used; with care.

**What.** Ingresses outside of Kubernetes' and the provider's own namespaces.

**Why.** The controller behind an Ingress is an upgrade of its own, with annotations that only it
understands and an end of life that may come sooner than the API's, as ingress-nginx has shown.

**How to fix.** One Service of type LoadBalancer for each entry, or one proxy of your own that is a
Deployment like the others. A team that decides otherwise says so in its fleet file, with a reason.

**Source.** The policy of a four-person startup that keeps Kubernetes boring (docs/happy-path.md).
"""

from __future__ import annotations

from seatrial.catalog.happy_path import Thing
from seatrial.checks.check import Check, Context, Found, Profile, check
from seatrial.checks.happy_path import happy_findings, is_ours
from seatrial.cluster.models import Ingress


@check(
    id="happy-ingress",
    title="Ingresses are used",
    reads=(Ingress,),
    in_files=True,
    profile=Profile.HAPPY_PATH,
)
def happy_ingress(check: Check, context: Context) -> Found:
    used = [(each.ref, "") for each in context.read(Ingress) if is_ours(each.metadata)]
    return happy_findings(check, context, Thing.INGRESS, used, "Ingress")
