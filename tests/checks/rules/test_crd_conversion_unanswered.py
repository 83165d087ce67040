"""Conversion webhooks that do not answer."""

from tests.builders import a_service, a_snapshot, endpoints_of
from tests.checks.corpus import Case
from tests.checks.rules.custom_definitions import a_definition

CHECK = "crd-conversion-unanswered"
TWO = (("v1", "served storage"), ("v1beta1", "served"))
HOOK = ("shop", "convert")
SERVICE, READY = a_service("convert"), endpoints_of("convert")
CASES = (
    Case(
        check=CHECK,
        name="a conversion service that does not exist, for two definitions",
        severities=("blocker",),
        snapshot=a_snapshot(
            a_definition(versions=TWO, service=HOOK),
            a_definition("ports.example.org", kind="Port", versions=TWO, service=HOOK),
        ),
    ),
    Case(
        check=CHECK,
        name="a conversion service without ready endpoints",
        severities=("blocker",),
        snapshot=a_snapshot(
            a_definition(versions=TWO, service=HOOK), SERVICE, endpoints_of("convert", ready=[False])
        ),
    ),
    Case(
        check=CHECK,
        name="a single version, which nothing converts",
        severities=("warning",),
        snapshot=a_snapshot(a_definition(service=HOOK)),
    ),
    Case(
        check=CHECK,
        name="a webhook without a certificate authority",
        severities=("warning",),
        snapshot=a_snapshot(a_definition(versions=TWO, service=HOOK, ca=""), SERVICE, READY),
    ),
    Case(
        check=CHECK,
        name="a webhook that answers",
        severities=(),
        snapshot=a_snapshot(a_definition(versions=TWO, service=HOOK), SERVICE, READY),
    ),
    Case(
        check=CHECK,
        name="definitions without a webhook",
        severities=(),
        snapshot=a_snapshot(a_definition(versions=TWO)),
    ),
    Case(check=CHECK, name="a cluster without definitions", severities=(), snapshot=a_snapshot()),
)
