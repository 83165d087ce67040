"""Kubelets asked for a certificate, and nobody signs it.

**What.** CertificateSigningRequests of nodes, for their client or their serving certificate, that have
waited for more than 15 minutes without an answer, or that were denied or failed.

**Why.** A node without a client certificate does not join, and an upgrade is made of new nodes. Without a
serving certificate `kubectl logs` and `exec`, and metrics-server, cannot reach its kubelet. It only warns:
whether the approver is dead, or refuses a machine that is none of the cluster's, cannot be told from here.

**How to fix.** Find out why the approver does not answer; look at each request before you run
`kubectl certificate approve`.

**Source.** kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests.
"""

from __future__ import annotations

from datetime import timedelta

from seatrial.checks.ages import age
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.wording import counted, named
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import CertificateSigningRequest

_LONG = timedelta(minutes=15)
_SIGNERS = {
    "kubernetes.io/kube-apiserver-client-kubelet": "client certificates: such nodes cannot join",
    "kubernetes.io/kubelet-serving": "serving certificates: logs, exec and metrics of such nodes do not work",
}


@check(
    id="certificate-request-unanswered",
    title="Nodes wait for their certificates",
    reads=(CertificateSigningRequest,),
)
def certificate_request_unanswered(check: Check, context: Context) -> Found:
    found: dict[tuple[str, str], list[CertificateSigningRequest]] = {}
    for request in context.read(CertificateSigningRequest):
        signer = request.spec.signer_name
        waited = age(context, request.metadata.creation_timestamp)
        if signer not in _SIGNERS:
            continue
        if request.is_denied:
            found.setdefault((signer, "denied or failed"), []).append(request)
        elif request.is_pending and waited is not None and waited > _LONG:
            found.setdefault((signer, "unanswered for more than 15 minutes"), []).append(request)
    for (signer, state), requests in found.items():
        yield check.finding(
            Severity.WARNING,
            f"{counted(len(requests), 'request')} {state} for {_SIGNERS[signer]}"
            f" ({named(each.spec.username for each in requests)}).",
            objects=[each.ref for each in requests],
            fix="Look why the approver does not sign them; approve by hand what you know.",
            source="kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests",
        )
