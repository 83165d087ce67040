"""An admission policy may deny what Kubernetes itself depends on.

**What.** ValidatingAdmissionPolicies that a binding enforces with Deny on requests which the control plane,
the kubelets or a drain cannot do without (see webhook-on-system). Selectors, scope and exclusions of the
policy and of the binding are taken into account; conditions in CEL cannot be worked out without the
request, so a policy that has some is for information. Policies of the managed services are left out.

**Why.** An upgrade makes new pods in kube-system, new nodes, leases and roles. A policy that was written for
applications denies them at that moment, and the managed service's jobs fail without saying why.

**How to fix.** Exclude kube-system and kube-node-lease by a namespaceSelector on kubernetes.io/metadata.name
in the policy or the binding, and name the resources that it is for.

**Source.** kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy.
"""

from __future__ import annotations

from seatrial.catalog.providers import is_provider_policy
from seatrial.catalog.system_requests import SystemRequest
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.policies import READS, Bound, Policy, bindings, seen_by
from seatrial.checks.provider_of import provider_of
from seatrial.checks.wording import named
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Namespace, Node, Pod
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.ownership import owner_of


@check(
    id="policy-on-system",
    title="An admission policy may deny what the control plane needs",
    reads=(*READS, Namespace, Node, Pod),
    in_files=True,
)
def policy_on_system(check: Check, context: Context) -> Found:
    found: dict[ObjectRef, tuple[Policy, list[Bound], list[SystemRequest]]] = {}
    provider = provider_of(context)
    for bound in bindings(context):
        policy = bound.policy
        if policy is None or not bound.denies or is_provider_policy(policy.name, provider):
            continue
        if seen := seen_by(context, bound.binding, policy):
            _, both, requests = found.setdefault(policy.ref, (policy, [], []))
            both.append(bound)
            requests += seen
    for policy, both, requests in found.values():
        conditional = bool(policy.spec.match_conditions)
        yield check.finding(
            Severity.INFO if conditional else Severity.WARNING,
            f"{policy.API.kind} {policy.name}, enforced by {named(each.binding.name for each in both)}, sees"
            f" {named((each.why for each in requests), most=4)}"
            + (", unless its conditions leave them out." if conditional else "."),
            objects=[policy.ref, *(each.binding.ref for each in both)],
            owner=owner_of(policy.metadata),
            fix="Exclude kube-system and kube-node-lease by a namespaceSelector, and name the resources that"
            " it is for.",
            source="kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy",
        )
