"""Admission webhooks."""

from typing import ClassVar

from seatrial.cluster.models.metadata import Part, Resource
from seatrial.cluster.objects import GroupVersionKind
from seatrial.cluster.selectors import LabelSelector


class ServiceReference(Part, frozen=True):
    namespace: str = ""
    name: str = ""
    port: int = 443
    path: str = ""


class WebhookClient(Part, frozen=True):
    service: ServiceReference | None = None
    url: str = ""
    ca_bundle: str = ""
    """Base64 of PEM certificates; of a portable snapshot only when they expire (`cluster.certificates`)."""


class WebhookRule(Part, frozen=True):
    operations: tuple[str, ...] = ()
    api_groups: tuple[str, ...] = ()
    api_versions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    scope: str = "*"


class MatchCondition(Part, frozen=True):
    name: str = ""
    expression: str = ""


class Webhook(Part, frozen=True):
    name: str = ""
    client_config: WebhookClient = WebhookClient()
    failure_policy: str = "Fail"
    timeout_seconds: int = 10
    rules: tuple[WebhookRule, ...] = ()
    namespace_selector: LabelSelector = LabelSelector()  # absent selects everything, unlike in budgets
    object_selector: LabelSelector = LabelSelector()
    match_conditions: tuple[MatchCondition, ...] = ()


class ValidatingWebhookConfiguration(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration")
    PLURAL: ClassVar = "validatingwebhookconfigurations"

    webhooks: tuple[Webhook, ...] = ()


class MutatingWebhookConfiguration(Resource, frozen=True):
    API: ClassVar = GroupVersionKind("admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration")
    PLURAL: ClassVar = "mutatingwebhookconfigurations"

    webhooks: tuple[Webhook, ...] = ()
