"""Requests for certificates, and the certificates that cert-manager looks after; never their keys."""

from typing import ClassVar

from seatrial.cluster.models.metadata import Condition, Part, Resource
from seatrial.cluster.objects import GroupVersionKind


class SigningRequestSpec(Part, frozen=True):
    signer_name: str = ""
    username: str = ""


class SigningRequestStatus(Part, frozen=True):
    conditions: tuple[Condition, ...] = ()


class CertificateSigningRequest(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("certificates.k8s.io", "v1", "CertificateSigningRequest")
    PLURAL: ClassVar = "certificatesigningrequests"

    spec: SigningRequestSpec = SigningRequestSpec()
    status: SigningRequestStatus = SigningRequestStatus()

    @property
    def is_pending(self) -> bool:
        return not self.status.conditions

    @property
    def is_denied(self) -> bool:
        return any(each.type in ("Denied", "Failed") for each in self.status.conditions)


class CertificateStatus(Part, frozen=True):
    not_after: str = ""
    renewal_time: str = ""
    conditions: tuple[Condition, ...] = ()


class Certificate(Resource, frozen=True):
    """Of cert-manager."""

    API: ClassVar = GroupVersionKind("cert-manager.io", "v1", "Certificate")
    PLURAL: ClassVar = "certificates"
    OPTIONAL: ClassVar = True

    status: CertificateStatus = CertificateStatus()
