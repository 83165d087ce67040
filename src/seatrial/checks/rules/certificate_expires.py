"""A certificate expires soon, and whoever should renew it has not.

**What.** APIServices whose caBundle holds no certificate that is valid for another 30 days; and
Certificates of cert-manager with less than 30 days left whose renewal is overdue or has failed. A
certificate that is renewed in its time is not named, however short its life is. Webhooks have a check of
their own. A caBundle that has expired is a blocker: nothing that answers can be trusted by it, though the
condition Available may say otherwise, as that probe looks at no certificate. The rest warns: what still runs
on a certificate that ends, nobody but its owner knows, and those of components stand in no object.

**Why.** An upgrade takes days, and restarts what keeps certificates in memory. One that expires meanwhile
looks like the upgrade's fault, and takes an API or a site away.

**How to fix.** Renew it now: `cmctl renew`, or look at the issuer's events for why it does
not happen. For an APIService put the new CA into the bundle.

**Source.** The caBundle of the APIService; status.notAfter and status.renewalTime of the Certificate.
"""

from __future__ import annotations

from datetime import timedelta

from seatrial.checks.ages import age
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.wording import counted, named, qualified
from seatrial.cluster.certificates import expiries
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import APIService, Certificate
from seatrial.cluster.ownership import owner_of

_SOON = timedelta(days=30)
_OVERDUE = timedelta(days=1)  # cert-manager tries again with a delay that grows to some hours


@check(
    id="certificate-expires",
    title="A certificate expires and is not renewed",
    reads=(APIService, Certificate),
)
def certificate_expires(check: Check, context: Context) -> Found:
    for service in context.read(APIService):
        dates = expiries(service.spec.ca_bundle)
        if service.spec.service is not None and dates and max(dates) - context.now < _SOON:
            over = max(dates) <= context.now
            when = (
                f"expired on {max(dates):%Y-%m-%d}: " if over else f"expires on {max(dates):%Y-%m-%d}; then "
            )
            yield check.finding(
                Severity.BLOCKER if over else Severity.WARNING,
                f"APIService {service.name}: the last certificate of its caBundle {when}the API server no"
                " longer trusts what answers for it.",
                objects=[service.ref],
                owner=owner_of(service.metadata),
                fix="Renew the certificate and put the new CA into the bundle.",
                source="spec.caBundle of the APIService",
            )
    late = [each for each in context.read(Certificate) if _is_late(each, context)]
    if late:
        yield check.finding(
            Severity.WARNING,
            f"{counted(len(late), 'Certificate')} of cert-manager: less than 30 days left, and the renewal is"
            f" overdue: {named(qualified(each.namespace, each.name) for each in late)}.",
            objects=[each.ref for each in late],
            owner=next((owner for each in late if (owner := owner_of(each.metadata))), None),
            fix="Look at the events of its CertificateRequest and of the issuer, and renew it before"
            " the upgrade.",
            source="status.notAfter and status.renewalTime of the Certificate",
        )


def _is_late(certificate: Certificate, context: Context) -> bool:
    status = certificate.status
    past_end, past_renewal = age(context, status.not_after), age(context, status.renewal_time)
    if past_end is None or -past_end >= _SOON:
        return False
    failed = any(each.type == "Ready" and each.status == "False" for each in status.conditions)
    return failed or past_end >= timedelta() or (past_renewal is not None and past_renewal > _OVERDUE)
