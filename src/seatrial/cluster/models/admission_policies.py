"""Admission policies: rules in CEL that the API server works out itself, and what binds them."""

from typing import ClassVar

from seatrial.cluster.models.admission import MatchCondition, WebhookRule
from seatrial.cluster.models.metadata import Part, Resource
from seatrial.cluster.objects import GroupVersionKind
from seatrial.cluster.selectors import LabelSelector

_GROUP = "admissionregistration.k8s.io"


class PolicyRule(WebhookRule, frozen=True):
    resource_names: tuple[str, ...] = ()


class MatchResources(Part, frozen=True):
    """No rules at all match everything, in a binding; a policy must have some."""

    namespace_selector: LabelSelector = LabelSelector()
    object_selector: LabelSelector = LabelSelector()
    resource_rules: tuple[PolicyRule, ...] = ()
    exclude_resource_rules: tuple[PolicyRule, ...] = ()


class ParamKind(Part, frozen=True):
    api_version: str = ""
    kind: str = ""


class PolicySpec(Part, frozen=True):
    failure_policy: str = "Fail"
    param_kind: ParamKind | None = None
    match_constraints: MatchResources = MatchResources()
    match_conditions: tuple[MatchCondition, ...] = ()


class ParamRef(Part, frozen=True):
    name: str = ""
    namespace: str = ""
    """Empty for a namespaced parameter: the namespace of the object that is written."""
    selector: LabelSelector | None = None
    parameter_not_found_action: str = ""


class BindingSpec(Part, frozen=True):
    policy_name: str = ""
    param_ref: ParamRef | None = None
    match_resources: MatchResources = MatchResources()
    validation_actions: tuple[str, ...] = ()


class ValidatingAdmissionPolicy(Resource, frozen=True):
    API: ClassVar = GroupVersionKind(_GROUP, "v1", "ValidatingAdmissionPolicy")
    PLURAL: ClassVar = "validatingadmissionpolicies"
    OPTIONAL: ClassVar = True  # 1.29 serves it only where it was switched on

    spec: PolicySpec = PolicySpec()


class ValidatingAdmissionPolicyBinding(Resource, frozen=True):
    API: ClassVar = GroupVersionKind(_GROUP, "v1", "ValidatingAdmissionPolicyBinding")
    PLURAL: ClassVar = "validatingadmissionpolicybindings"
    OPTIONAL: ClassVar = True

    spec: BindingSpec = BindingSpec()


class MutatingAdmissionPolicy(Resource, frozen=True):
    API: ClassVar = GroupVersionKind(_GROUP, "v1", "MutatingAdmissionPolicy")
    PLURAL: ClassVar = "mutatingadmissionpolicies"
    OPTIONAL: ClassVar = True  # from 1.36 on

    spec: PolicySpec = PolicySpec()


class MutatingAdmissionPolicyBinding(Resource, frozen=True):
    API: ClassVar = GroupVersionKind(_GROUP, "v1", "MutatingAdmissionPolicyBinding")
    PLURAL: ClassVar = "mutatingadmissionpolicybindings"
    OPTIONAL: ClassVar = True

    spec: BindingSpec = BindingSpec()
