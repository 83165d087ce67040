"""Which node group a node belongs to, by the labels that managed services and Karpenter put on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Membership(NamedTuple):
    manager: str
    """ "eks", "gke", "aks", "kapsule", "karpenter", or "" for a node that nobody's label claims."""
    group: str


_LABELS = (
    ("karpenter", "karpenter.sh/nodepool"),
    ("karpenter", "karpenter.sh/provisioner-name"),
    ("eks", "eks.amazonaws.com/nodegroup"),
    ("gke", "cloud.google.com/gke-nodepool"),
    ("aks", "kubernetes.azure.com/agentpool"),
    ("aks", "agentpool"),
    ("kapsule", "k8s.scaleway.com/pool-name"),
)
_NOBODY = Membership("", "")
FARGATE = "eks.amazonaws.com/compute-type"
ARCHITECTURE = "kubernetes.io/arch"


def membership(labels: Mapping[str, str]) -> Membership:
    return next((Membership(who, labels[key]) for who, key in _LABELS if key in labels), _NOBODY)


def is_virtual(labels: Mapping[str, str]) -> bool:
    """A pod's own machine (Fargate, virtual-kubelet): nobody drains it, and nobody else fits on it."""
    return labels.get(FARGATE) == "fargate" or labels.get("type") == "virtual-kubelet"
