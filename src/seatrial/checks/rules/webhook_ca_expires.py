"""The CA that a webhook is trusted by expires.

**What.** Webhooks whose caBundle holds no certificate that is valid for another 30 days. A bundle with an old
and a new certificate counts by the one that lasts longer. With failurePolicy Fail, a bundle that has expired
is a blocker.

**Why.** The API server no longer trusts what answers: with Fail, every write that the webhook must see is
refused; with Ignore, it silently stops doing its work. It may happen in the middle of the upgrade.

**How to fix.** Have the certificate renewed and the bundle put in: cert-manager's cainjector does both; some
software makes a new pair when its pod or its Secret is deleted.

**Source.** kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers (clientConfig).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.webhooks import READS, Configuration, configurations
from seatrial.checks.wording import named
from seatrial.cluster.certificates import expiries
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Webhook
from seatrial.cluster.ownership import owner_of

_SOON = timedelta(days=30)


@check(id="webhook-ca-expires", title="A webhook's CA certificate expires", reads=READS)
def webhook_ca_expires(check: Check, context: Context) -> Found:
    ending: dict[tuple[str, datetime], list[tuple[Configuration, Webhook]]] = {}
    for configuration in configurations(context):
        for webhook in configuration.webhooks:
            dates = expiries(webhook.client_config.ca_bundle)
            if webhook.rules and dates and max(dates) - context.now < _SOON:
                ending.setdefault((configuration.name, max(dates)), []).append((configuration, webhook))
    for (_, last), hooks in ending.items():
        over = last <= context.now
        strict = any(webhook.failure_policy == "Fail" for _, webhook in hooks)
        effect = "every write that it must see is refused" if strict else "it does nothing any more"
        when = f"expired on {last:%Y-%m-%d}: {effect}" if over else f"expires on {last:%Y-%m-%d}"
        owners = [owner_of(configuration.metadata) for configuration, _ in hooks]
        yield check.finding(
            Severity.BLOCKER if over and strict else Severity.WARNING,
            f"{named(webhook.name for _, webhook in hooks)}: the last certificate of the caBundle {when}.",
            objects=[configuration.ref for configuration, _ in hooks],
            owner=next((each for each in owners if each), None),
            fix="Renew the certificate and put the new CA into the bundle.",
            source="clientConfig.caBundle of the webhook",
        )
