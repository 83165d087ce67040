"""Requests of nodes for certificates."""

from typing import Any

from tests.builders import a_snapshot, an_object
from tests.checks.corpus import Case

CHECK = "certificate-request-unanswered"
CLIENT = "kubernetes.io/kube-apiserver-client-kubelet"


def _request(
    name: str, *, since: str = "2026-11-21T11:00:00Z", signer: str = CLIENT, answer: str = ""
) -> dict[str, Any]:
    conditions = [{"type": answer, "status": "True"}] if answer else []
    request = an_object(
        "certificates.k8s.io/v1",
        "CertificateSigningRequest",
        name,
        spec={"signerName": signer, "username": f"system:node:{name}"},
        status={"conditions": conditions},
    )
    request["metadata"]["creationTimestamp"] = since
    return request


CASES = (
    Case(
        check=CHECK,
        name="requests that nobody answers, and one that was denied",
        severities=("warning", "warning"),
        snapshot=a_snapshot(_request("a"), _request("b"), _request("c", answer="Denied")),
    ),
    Case(
        check=CHECK,
        name="requests that are new, approved, or somebody else's",
        severities=(),
        snapshot=a_snapshot(
            _request("a", since="2026-11-21T11:50:00Z"),
            _request("b", answer="Approved"),
            _request("c", signer="example.org/own"),
        ),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)
