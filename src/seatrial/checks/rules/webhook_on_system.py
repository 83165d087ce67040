"""A webhook has a say in what Kubernetes itself depends on.

**What.** Webhooks with failurePolicy Fail that see requests which the control plane, the kubelets or a drain
cannot do without: nodes and their heartbeats, leases, access and token reviews, certificate requests, the
objects that a new API server makes when it starts, evictions, pods of kube-system. Namespace and object
selectors and the scope are taken into account; webhooks of the managed services are left out. A blocker
where a single pod answers, without conditions or an object selector, for one of the essential requests or
for the making of its own successor; otherwise a warning.

**Why.** An upgrade restarts whatever stands behind the webhook. Meanwhile every such request is refused:
nodes count as dead, new ones cannot join, and the pod that would answer is not made because nobody answers.

**How to fix.** Leave kube-system, kube-node-lease and the webhook's own namespace out by a namespaceSelector
on kubernetes.io/metadata.name, name the resources instead of `*`, and run two replicas behind it.

**Source.** kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices;
cloud.google.com/kubernetes-engine/docs/how-to/optimize-webhooks; the catalogue's table system-requests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from seatrial.catalog.providers import is_provider_webhook
from seatrial.catalog.system_requests import SystemRequest
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.interception import of_webhook, sees_pods_of, system_requests_seen
from seatrial.checks.provider_of import provider_of
from seatrial.checks.webhooks import READS, configurations
from seatrial.checks.wording import named
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import EndpointSlice, Namespace, Node, Pod, Webhook
from seatrial.cluster.ownership import owner_of
from seatrial.cluster.snapshot import Snapshot

_SHOWN = 4


@check(
    id="webhook-on-system",
    title="A webhook can lock out the control plane",
    reads=(*READS, EndpointSlice, Namespace, Node, Pod),
    in_files=True,
)
def webhook_on_system(check: Check, context: Context) -> Found:
    provider = provider_of(context)
    for configuration in configurations(context):
        if is_provider_webhook(configuration.name, provider):
            continue
        grips = [grip for each in configuration.webhooks if (grip := _grip(context, each))]
        if not grips:
            continue
        locks = any(grip.locks for grip in grips)
        yield check.finding(
            Severity.BLOCKER if locks else Severity.WARNING,
            f"{named(grip.webhook.name for grip in grips)}: failurePolicy is Fail, and it sees"
            f" {_spelled(request for grip in grips for request in grip.seen)}."
            + (" A single pod answers: while it moves, all of this is refused." if locks else ""),
            objects=[configuration.ref],
            owner=owner_of(configuration.metadata),
            fix="Leave kube-system, kube-node-lease and its own namespace out by a namespaceSelector, name"
            " the resources that it is for, and run two replicas behind it.",
            source="kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices",
        )


class _Grip(msgspec.Struct, frozen=True):
    """What a strict webhook holds on to."""

    webhook: Webhook
    seen: tuple[SystemRequest, ...]
    locks: bool
    """The first drain of the node of the pod that answers does the harm."""


def _grip(context: Context, webhook: Webhook) -> _Grip | None:
    if webhook.failure_policy != "Fail":
        return None
    matcher = of_webhook(webhook)
    seen = system_requests_seen(context, matcher)
    service = webhook.client_config.service
    itself = service is not None and sees_pods_of(context, matcher, service.namespace)
    narrow = matcher.is_conditional or not matcher.objects.selects_everything
    vital = itself or any(each.is_essential for each in seen)
    locks = vital and not narrow and _answering(context, webhook) == 1
    return _Grip(webhook, seen, locks) if seen or locks else None


def _spelled(seen: Iterable[SystemRequest]) -> str:
    """The essential ones first."""
    whys = list(dict.fromkeys(each.why for each in sorted(seen, key=lambda each: not each.is_essential)))
    if not whys:
        return "the making of the pod that answers for it"
    more = f"; and {len(whys) - _SHOWN} more" if len(whys) > _SHOWN else ""
    return "; ".join(whys[:_SHOWN]) + more


def _answering(context: Context, webhook: Webhook) -> int:
    """Ready endpoints behind it; 0 where they are out of sight."""
    service = webhook.client_config.service
    if service is None:
        return 0
    return context.snapshot.once(_ready)[service.namespace, service.name]


def _ready(snapshot: Snapshot) -> Counter[tuple[str, str]]:
    """How many endpoints of each service are ready."""
    found: Counter[tuple[str, str]] = Counter()
    for each in snapshot.read(EndpointSlice):
        found[each.namespace, each.service] += sum(endpoint.is_ready for endpoint in each.endpoints)
    return found
