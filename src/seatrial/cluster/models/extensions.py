"""How the API itself is extended: aggregated API services and custom resource definitions."""

from typing import ClassVar

from seatrial.cluster.models.admission import ServiceReference, WebhookClient
from seatrial.cluster.models.metadata import Condition, Part, Resource
from seatrial.cluster.objects import GroupVersionKind


class APIServiceSpec(Part, frozen=True):
    group: str = ""
    version: str = ""
    service: ServiceReference | None = None  # none: the API server itself answers
    ca_bundle: str = ""
    """The certificates that it trusts, PEM in base64; they are public."""


class APIServiceStatus(Part, frozen=True):
    conditions: tuple[Condition, ...] = ()


class APIService(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("apiregistration.k8s.io", "v1", "APIService")
    PLURAL: ClassVar = "apiservices"

    spec: APIServiceSpec = APIServiceSpec()
    status: APIServiceStatus = APIServiceStatus()

    @property
    def available(self) -> Condition | None:
        return next((each for each in self.status.conditions if each.type == "Available"), None)


class CRDNames(Part, frozen=True):
    kind: str = ""
    plural: str = ""
    short_names: tuple[str, ...] = ()


class CRDVersion(Part, frozen=True):
    name: str = ""
    served: bool = False
    storage: bool = False
    deprecated: bool = False


class ConversionWebhook(Part, frozen=True):
    client_config: WebhookClient = WebhookClient()


class CRDConversion(Part, frozen=True):
    strategy: str = "None"
    webhook: ConversionWebhook | None = None


class CRDSpec(Part, frozen=True):
    group: str = ""
    scope: str = "Namespaced"
    names: CRDNames = CRDNames()
    versions: tuple[CRDVersion, ...] = ()
    conversion: CRDConversion = CRDConversion()


class CRDStatus(Part, frozen=True):
    stored_versions: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()


class CustomResourceDefinition(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
    PLURAL: ClassVar = "customresourcedefinitions"

    spec: CRDSpec = CRDSpec()
    status: CRDStatus = CRDStatus()
