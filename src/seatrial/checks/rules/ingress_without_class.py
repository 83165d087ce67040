"""An Ingress names a class that does not exist, or names it the old way.

**What.** Ingresses whose `spec.ingressClassName` or `kubernetes.io/ingress.class` annotation names no
IngressClass of the cluster. Annotations of GKE and AKS (`gce`, `gce-internal`, `azure/application-gateway`)
are left out: their controllers go by these, and by no IngressClass.

**Why.** The annotation was never specified, and each controller reads it by its own rules; newer versions
of several read only the field. After such a controller is upgraded with the cluster, nobody claims the
route, and nothing says so.

**How to fix.** Create the IngressClass if it is missing, and name it in `spec.ingressClassName`.

**Source.** kubernetes.io/docs/concepts/services-networking/ingress, Deprecated annotation.
"""

from __future__ import annotations

from seatrial.catalog.providers import is_provider_ingress
from seatrial.checks.check import Check, Context, Found, check
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Ingress, IngressClass
from seatrial.cluster.ownership import owner_of

_ANNOTATION = "kubernetes.io/ingress.class"


@check(
    id="ingress-without-class",
    title="An Ingress names a class that does not exist",
    reads=(Ingress, IngressClass),
)
def ingress_without_class(check: Check, context: Context) -> Found:
    classes = {each.name for each in context.read(IngressClass)}
    unclaimed: dict[tuple[str, bool], list[Ingress]] = {}
    for ingress in context.read(Ingress):
        by_field = bool(ingress.spec.ingress_class_name)
        name = ingress.spec.ingress_class_name or ingress.annotations.get(_ANNOTATION, "")
        if name and name not in classes and (by_field or not is_provider_ingress(name)):
            unclaimed.setdefault((name, by_field), []).append(ingress)
    for (name, by_field), ingresses in sorted(unclaimed.items()):
        how = "in spec.ingressClassName" if by_field else f"by the annotation {_ANNOTATION}"
        yield check.finding(
            Severity.INFO,
            f"{f'{len(ingresses)} Ingresses name' if len(ingresses) > 1 else '1 Ingress names'} the class"
            f" {name} {how}, and the cluster has no"
            " IngressClass of this name: only a controller with rules of its own serves them.",
            objects=[ingress.ref for ingress in ingresses],
            owner=next((owner for each in ingresses if (owner := owner_of(each.metadata))), None),
            fix=f"Create the IngressClass {name} and name it in spec.ingressClassName.",
            source="kubernetes.io/docs/concepts/services-networking/ingress",
        )
