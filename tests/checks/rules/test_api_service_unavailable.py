"""Aggregated APIs that do not answer."""

from tests.builders import a_snapshot, an_api_service
from tests.checks.corpus import Case

CHECK = "api-service-unavailable"
CASES = (
    Case(
        check=CHECK,
        name="a Service without pods behind it",
        severities=("blocker",),
        snapshot=a_snapshot(
            an_api_service("v1beta1.metrics.k8s.io", available=False, reason="MissingEndpoints")
        ),
    ),
    Case(
        check=CHECK,
        name="one that answers, and one that the API server answers itself",
        severities=(),
        snapshot=a_snapshot(
            an_api_service("v1beta1.metrics.k8s.io"), an_api_service("v1.apps", service=None, available=False)
        ),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)
