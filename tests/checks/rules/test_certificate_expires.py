"""Certificates that end."""

import base64
from typing import Any

from tests.builders import a_snapshot, an_api_service, an_object, not_served
from tests.checks.corpus import Case

from seatrial.cluster.models import Certificate

CHECK = "certificate-expires"


def _api(not_after: str) -> dict[str, Any]:
    service = an_api_service("v1.metrics.example.org")
    service["spec"]["caBundle"] = base64.b64encode(f"not-after {not_after}".encode()).decode()
    return service


def _certificate(name: str, not_after: str, renewal: str, ready: str = "True") -> dict[str, Any]:
    return an_object(
        "cert-manager.io/v1",
        "Certificate",
        name,
        "shop",
        status={
            "notAfter": not_after,
            "renewalTime": renewal,
            "conditions": [{"type": "Ready", "status": ready}],
        },
    )


CASES = (
    Case(
        check=CHECK,
        name="an API behind a CA that ends",
        severities=("warning",),
        snapshot=a_snapshot(_api("2026-12-01T00:00:00Z")),
    ),
    Case(
        check=CHECK,
        name="an API behind a CA that has ended, which nothing can be trusted by",
        severities=("blocker",),
        snapshot=a_snapshot(_api("2026-11-20T00:00:00Z")),
    ),
    Case(
        check=CHECK,
        name="certificates whose renewal is overdue or failed",
        severities=("warning",),
        snapshot=a_snapshot(
            _certificate("late", "2026-12-10T00:00:00Z", "2026-11-10T00:00:00Z"),
            _certificate("failed", "2026-12-10T00:00:00Z", "2026-12-01T00:00:00Z", ready="False"),
            _certificate("ended", "2026-11-20T00:00:00Z", ""),
        ),
    ),
    Case(
        check=CHECK,
        name="a CA that lasts, and a short certificate that is renewed in time",
        severities=(),
        snapshot=a_snapshot(
            _api("2027-12-01T00:00:00Z"),
            _certificate("short", "2026-11-22T00:00:00Z", "2026-11-21T20:00:00Z"),
            _certificate("long", "2027-11-22T00:00:00Z", "2026-11-01T20:00:00Z"),
            an_object("cert-manager.io/v1", "Certificate", "new", "shop"),
        ),
    ),
    Case(
        check=CHECK,
        name="a cluster without cert-manager",
        severities=(),
        snapshot=a_snapshot(unread=[not_served(Certificate)]),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)
