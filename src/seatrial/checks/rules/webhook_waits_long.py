"""A webhook makes Kubernetes' own requests wait.

**What.** Webhooks with a timeoutSeconds of 25 or more that see requests which Kubernetes itself depends on
(see webhook-on-system). Webhooks of the managed services are left out, and so are those for other resources.

**Why.** Leader election gives up after 10 seconds and a client after 30: a webhook that does not answer costs
the whole timeout for each request, even with failurePolicy Ignore, and mutating webhooks wait one after
the other. During an upgrade that is enough for components to lose their lease and restart.

**How to fix.** Set timeoutSeconds to 10 or less; what answers in the cluster answers in milliseconds.

**Source.** kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers (timeouts: 1
to 30, 10 by default; short ones are recommended).
"""

from __future__ import annotations

from seatrial.catalog.providers import is_provider_webhook
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.interception import of_webhook, system_requests_seen
from seatrial.checks.provider_of import provider_of
from seatrial.checks.webhooks import READS, configurations
from seatrial.checks.wording import named
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Namespace, Node, Pod
from seatrial.cluster.ownership import owner_of

_LONG = 25
"""Seconds; the API allows 30."""


@check(
    id="webhook-waits-long",
    title="A webhook may hold up the control plane",
    reads=(*READS, Namespace, Node, Pod),
    in_files=True,
)
def webhook_waits_long(check: Check, context: Context) -> Found:
    provider = provider_of(context)
    for configuration in configurations(context):
        slow = [
            each
            for each in configuration.webhooks
            if each.timeout_seconds >= _LONG and system_requests_seen(context, of_webhook(each))
        ]
        if not slow or is_provider_webhook(configuration.name, provider):
            continue
        yield check.finding(
            Severity.WARNING,
            f"{named(each.name for each in slow)}: when it does not answer, each request that it sees waits"
            f" {max(each.timeout_seconds for each in slow)} seconds, those of Kubernetes itself too.",
            objects=[configuration.ref],
            owner=owner_of(configuration.metadata),
            fix="Set timeoutSeconds to 10 or less.",
            source="timeoutSeconds of the webhook",
        )
