"""Ingresses, and the classes that say which controller serves them."""

from typing import ClassVar

from seatrial.cluster.models.metadata import Part, Resource
from seatrial.cluster.objects import GroupVersionKind


class IngressSpec(Part, frozen=True):
    ingress_class_name: str = ""


class Ingress(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("networking.k8s.io", "v1", "Ingress")
    PLURAL: ClassVar = "ingresses"

    spec: IngressSpec = IngressSpec()


class IngressClassSpec(Part, frozen=True):
    controller: str = ""


class IngressClass(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("networking.k8s.io", "v1", "IngressClass")
    PLURAL: ClassVar = "ingressclasses"

    spec: IngressClassSpec = IngressClassSpec()
