"""The webhook that converts custom resources does not answer.

**What.** Custom resource definitions with `conversion.strategy: Webhook` whose Service does not exist, has
no ready endpoint, or is called without any certificate authority to trust. It blocks where objects may be
stored in more than one version, or the version stored is not the only one served: there conversion
happens. Elsewhere it warns, and so it does where the custom resources were read too and there are none.

**Why.** An object that is asked for in another version than it is stored in goes through the webhook. When
it does not answer, reading fails, and with one object the whole list: controllers stop, the garbage
collector and namespace deletion wait, and Helm cannot look at what it installed.

**How to fix.** Bring back what runs behind the Service, usually the add-on's own controller. Where that
software is gone, its definitions should go too. An empty caBundle is filled by whoever made the webhook,
often cert-manager's injector: look there.

**Source.** kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning
(Webhook conversion); EndpointSlices of the webhook's Service.
"""

from __future__ import annotations

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.services import answering
from seatrial.checks.wording import qualified
from seatrial.cluster.findings import Finding, Severity
from seatrial.cluster.models import CustomResourceDefinition, EndpointSlice, Service
from seatrial.cluster.objects import GroupKind
from seatrial.cluster.ownership import owner_of
from seatrial.cluster.snapshot import Snapshot

_FAILS = "Reading them fails in every version but the one they are stored in."


@check(
    id="crd-conversion-unanswered",
    title="Custom resources cannot be converted",
    reads=(CustomResourceDefinition, Service, EndpointSlice),
)
def crd_conversion_unanswered(check: Check, context: Context) -> Found:
    services = {(each.namespace, each.name): each for each in context.read(Service)}
    answered = answering(context)
    silent: dict[tuple[str, str, str, str], list[CustomResourceDefinition]] = {}
    for crd in context.read(CustomResourceDefinition):
        conversion = crd.spec.conversion
        client = conversion.webhook.client_config if conversion.webhook else None
        if conversion.strategy != "Webhook" or client is None or client.service is None:
            continue
        key = (client.service.namespace, client.service.name)
        if not (context.can_see(Service, key[0]) and context.can_see(EndpointSlice, key[0])):
            continue  # reported as incomplete
        found = services.get(key)
        if found is None:
            trouble = "does not exist"
        elif found.spec.type != "ExternalName" and key not in answered:
            trouble = "has no ready endpoint"
        elif not client.ca_bundle:
            trouble = "is called without a certificate authority (caBundle is empty)"
        else:
            continue
        silent.setdefault((*key, trouble, _effect(context, crd)), []).append(crd)
    for (namespace, name, trouble, effect), crds in silent.items():
        yield _finding(check, qualified(namespace, name), trouble, effect, crds)


def _effect(context: Context, crd: CustomResourceDefinition) -> str:
    if not _converts(crd):
        return "They have one version only, so nothing is converted yet."
    if _is_empty(context.snapshot, crd):
        return "There are no such objects now, so nothing is converted."
    return _FAILS


def _is_empty(snapshot: Snapshot, crd: CustomResourceDefinition) -> bool:
    """Known only where custom resources were read: then each kind has its list, if an empty one."""
    listed = snapshot.lists_of(GroupKind(crd.spec.group, crd.spec.names.kind))
    unread = snapshot.unread_resource(crd.spec.group, crd.spec.names.plural)
    return bool(listed) and not unread and not any(each.items for each in listed)


def _converts(crd: CustomResourceDefinition) -> bool:
    """Whether objects can be asked for in another version than the one they are stored in."""
    stored = set(crd.status.stored_versions) or {each.name for each in crd.spec.versions if each.storage}
    return len(stored | {each.name for each in crd.spec.versions if each.served}) > 1


def _finding(
    check: Check, service: str, trouble: str, effect: str, crds: list[CustomResourceDefinition]
) -> Finding:
    names = ", ".join(crd.name for crd in crds[:5]) + (f" and {len(crds) - 5} more" if len(crds) > 5 else "")
    owners = {owner for crd in crds if (owner := owner_of(crd.metadata))}
    trusts = "caBundle" in trouble
    return check.finding(
        Severity.BLOCKER if effect == _FAILS and not trusts else Severity.WARNING,
        f"{names}: their conversion webhook, Service {service}, {trouble}. {effect}",
        objects=[crd.ref for crd in crds],
        owner=owners.pop() if len(owners) == 1 else None,
        fix="Have the certificate authority filled in by what installed the webhook."
        if trusts
        else f"Bring back what runs behind Service {service}, or remove the definitions with it.",
        source="EndpointSlices of the webhook's Service"
        if not trusts
        else "spec.conversion of the definition",
    )
