"""The configurations of admission webhooks, validating and mutating ones alike."""

from __future__ import annotations

from seatrial.checks.check import Context
from seatrial.cluster.models import MutatingWebhookConfiguration, ValidatingWebhookConfiguration

Configuration = ValidatingWebhookConfiguration | MutatingWebhookConfiguration
READS = (ValidatingWebhookConfiguration, MutatingWebhookConfiguration)


def configurations(context: Context) -> tuple[Configuration, ...]:
    return (*context.read(ValidatingWebhookConfiguration), *context.read(MutatingWebhookConfiguration))
