"""An admission policy misses what it needs.

**What.** Bindings that name a parameter whose kind is not served (its CRD is gone), or that is not there
while parameterNotFoundAction is Deny. A blocker where the policy sees what the control plane itself cannot do
without, else a warning. Also policies that no binding enforces and bindings of policies that do not exist,
for information. A parameter of a kind that was not read is taken to be there.

**Why.** A policy that cannot be worked out refuses every request that it matches as long as its failurePolicy
is Fail, even where the binding is only to warn. An upgrade does not mend it.

**How to fix.** Put the parameter or its CRD back, or set parameterNotFoundAction to Allow. Delete what is not
bound to anything.

**Source.** kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy (parameter resources).
"""

from __future__ import annotations

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.policies import READS, Binding, Bound, Policy, bindings, policies, seen_by
from seatrial.checks.wording import named
from seatrial.cluster.findings import Finding, Severity
from seatrial.cluster.models import CustomResourceDefinition, Namespace, Node, Pod
from seatrial.cluster.objects import GroupKind
from seatrial.cluster.ownership import owner_of


@check(
    id="policy-without-parameters",
    title="An admission policy misses its parameters or its binding",
    reads=(*READS, CustomResourceDefinition, Namespace, Node, Pod),
)
def policy_without_parameters(check: Check, context: Context) -> Found:
    used = set()
    lost: list[Binding] = []
    for bound in bindings(context):
        if bound.policy is None:
            lost.append(bound.binding)
            continue
        used.add(bound.policy.ref)
        missing = _missing(context, bound, bound.policy)
        if missing and bound.policy.spec.failure_policy == "Fail":
            yield _refusing(check, context, bound, bound.policy, missing)
    idle = [each for each in policies(context) if each.ref not in used]
    if idle:
        yield check.finding(
            Severity.INFO,
            f"No binding enforces {named(f'{each.API.kind} {each.name}' for each in idle)}.",
            objects=[each.ref for each in idle],
            fix="Bind it, or delete it.",
            source="spec.policyName of the bindings",
        )
    if lost:
        yield check.finding(
            Severity.INFO,
            f"{named(f'{each.name} (of {each.spec.policy_name})' for each in lost)}: the policy does not"
            " exist, so nothing is enforced.",
            objects=[each.ref for each in lost],
            fix="Put the policy back, or delete the binding.",
            source="spec.policyName of the bindings",
        )


def _missing(context: Context, bound: Bound, policy: Policy) -> str:
    """What keeps the policy from being worked out; empty for nothing that we can see."""
    kind, ref = policy.spec.param_kind, bound.binding.spec.param_ref
    if kind is None or ref is None:  # without a reference it is worked out with null for a parameter
        return ""
    group = kind.api_version.rpartition("/")[0]
    listed = context.snapshot.lists_of(GroupKind(group, kind.kind))
    if not listed and not context.apis.is_builtin(group) and not _is_defined(context, group, kind.kind):
        return f"its parameters are of kind {kind.kind} ({kind.api_version}), which is not served"
    hidden = any(context.snapshot.unread_resource(group, each.gvr.resource) for each in listed)
    if not listed or hidden or not ref.name or ref.parameter_not_found_action != "Deny":
        return ""
    known = {
        metadata.name
        for each in listed
        for metadata in context.snapshot.metadata(each)
        if ref.namespace in ("", metadata.namespace)
    }
    return "" if ref.name in known else f"its parameter {kind.kind} {ref.name} does not exist"


def _is_defined(context: Context, group: str, kind: str) -> bool:
    return any(
        (each.spec.group, each.spec.names.kind) == (group, kind)
        for each in context.read(CustomResourceDefinition)
    )


def _refusing(check: Check, context: Context, bound: Bound, policy: Policy, missing: str) -> Finding:
    """Such a policy refuses whatever it matches, even where its binding only warns."""
    seen = seen_by(context, bound.binding, policy)
    sure = any(each.is_essential for each in seen) and not policy.spec.match_conditions
    system = f", {named((each.why for each in seen), most=3)} included" if seen else ""
    return check.finding(
        Severity.BLOCKER if sure else Severity.WARNING,
        f"{policy.API.kind} {policy.name}, bound by {bound.binding.name}: {missing}; everything that it"
        f" matches is refused{system}.",
        objects=[policy.ref, bound.binding.ref],
        owner=owner_of(policy.metadata),
        fix="Put the parameter or its definition back, or set parameterNotFoundAction to Allow.",
        source="spec.paramKind and spec.paramRef",
    )
