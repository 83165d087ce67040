"""The Kubernetes API client: kubeconfig to access, access to a session, a session to a reader or a writer."""

from seatrial.kube.access import (
    Basic,
    ClientCertificate,
    ClientCertificateFiles,
    ClusterAccess,
    ExecSpec,
    Impersonation,
    Token,
    TokenFile,
)
from seatrial.kube.config import Context, Kubeconfig, in_cluster
from seatrial.kube.consent import Consent, Harm, Wish, allow_nothing, consent_given
from seatrial.kube.direct import DirectReader, ServerAddress, server_address
from seatrial.kube.discovery import Discovery, ResourceInfo, UnreadGroup, version_rank
from seatrial.kube.read import Listing, Page, ReadClient, connect_to_read
from seatrial.kube.session import Limits, Session, connect
from seatrial.kube.status import AlreadyExists, BudgetRefused, Gone, Invalid, Refused, Unauthorized
from seatrial.kube.tls import CertificateProblem
from seatrial.kube.watch import WatchEvent
from seatrial.kube.write import FIELD_MANAGER, WriteClient

__all__ = [
    "FIELD_MANAGER",
    "AlreadyExists",
    "Basic",
    "BudgetRefused",
    "CertificateProblem",
    "ClientCertificate",
    "ClientCertificateFiles",
    "ClusterAccess",
    "Consent",
    "Context",
    "DirectReader",
    "Discovery",
    "ExecSpec",
    "Gone",
    "Harm",
    "Impersonation",
    "Invalid",
    "Kubeconfig",
    "Limits",
    "Listing",
    "Page",
    "ReadClient",
    "Refused",
    "ResourceInfo",
    "ServerAddress",
    "Session",
    "Token",
    "TokenFile",
    "Unauthorized",
    "UnreadGroup",
    "WatchEvent",
    "Wish",
    "WriteClient",
    "allow_nothing",
    "connect",
    "connect_to_read",
    "consent_given",
    "in_cluster",
    "server_address",
    "version_rank",
]
