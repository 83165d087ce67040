"""Admission policies and their bindings, validating and mutating ones alike."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from seatrial.catalog.system_requests import SystemRequest
from seatrial.checks.check import Context
from seatrial.checks.interception import Matcher, of_policy, system_requests_seen
from seatrial.cluster.models import (
    MatchResources,
    MutatingAdmissionPolicy,
    MutatingAdmissionPolicyBinding,
    ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding,
)

Policy = ValidatingAdmissionPolicy | MutatingAdmissionPolicy
Binding = ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding
READS = (
    ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding,
    MutatingAdmissionPolicy,
    MutatingAdmissionPolicyBinding,
)


class Bound(msgspec.Struct, frozen=True):
    """One binding; a policy of None is not there."""

    binding: Binding
    policy: Policy | None

    @property
    def denies(self) -> bool:
        """It refuses what it does not like. A mutating policy refuses only when it fails."""
        if isinstance(self.binding, MutatingAdmissionPolicyBinding):
            return False
        return "Deny" in self.binding.spec.validation_actions


def bindings(context: Context) -> Iterator[Bound]:
    validating = {each.name: each for each in context.read(ValidatingAdmissionPolicy)}
    for binding in context.read(ValidatingAdmissionPolicyBinding):
        yield Bound(binding, validating.get(binding.spec.policy_name))
    mutating = {each.name: each for each in context.read(MutatingAdmissionPolicy)}
    for other in context.read(MutatingAdmissionPolicyBinding):
        yield Bound(other, mutating.get(other.spec.policy_name))


def policies(context: Context) -> tuple[Policy, ...]:
    return (*context.read(ValidatingAdmissionPolicy), *context.read(MutatingAdmissionPolicy))


def seen_by(context: Context, binding: Binding, policy: Policy) -> tuple[SystemRequest, ...]:
    """What Kubernetes depends on and both the policy and its binding match."""
    constraints = policy.spec.match_constraints
    return system_requests_seen(
        context,
        of_policy(constraints, len(policy.spec.match_conditions)),
        _of_binding(binding.spec.match_resources, constraints),
    )


def _of_binding(match: MatchResources, constraints: MatchResources) -> Matcher:
    """A binding without rules of its own matches what the policy matches."""
    own = of_policy(match)
    rules = own.rules or constraints.resource_rules
    return Matcher(rules, own.namespaces, own.objects, own.excluded)
