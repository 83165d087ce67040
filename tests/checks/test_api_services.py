"""Aggregated APIs that do not answer."""

import pytest
from tests.builders import a_snapshot, an_api_service, forbidden, not_served
from tests.checks.reports import gaps, report, said

from seatrial.cluster.models import APIService

CHECK = "api-service-unavailable"


def test_unavailable_api_service_is_a_blocker_with_its_reason() -> None:
    found = report(
        CHECK, a_snapshot(an_api_service("v1beta1.metrics.k8s.io", available=False, reason="NoPods"))
    )
    assert said(found) == [("blocker", ("apiservice/v1beta1.metrics.k8s.io",))]
    assert "Service shop/api, which is not available: NoPods" in found.findings[0].message


@pytest.mark.parametrize(
    ("since", "severity"), [("2026-11-21T11:56:00Z", "warning"), ("2026-11-21T11:54:00Z", "blocker")]
)
def test_what_stopped_to_answer_just_now_only_warns(since: str, severity: str) -> None:
    service = an_api_service("v1beta1.metrics.k8s.io", available=False)
    service["status"]["conditions"][0]["lastTransitionTime"] = since
    (finding,) = report(CHECK, a_snapshot(service)).findings
    assert finding.severity.value == severity


def test_one_dead_service_behind_two_versions_is_one_finding() -> None:
    found = report(
        CHECK,
        a_snapshot(
            an_api_service("v1.custom.example.org", available=False),
            an_api_service("v2.custom.example.org", available=None),
            an_api_service("v1.other.example.org", available=False, service=("shop", "other")),
        ),
    )
    assert said(found) == [
        ("blocker", ("apiservice/v1.custom.example.org", "apiservice/v2.custom.example.org")),
        ("blocker", ("apiservice/v1.other.example.org",)),
    ]


def test_available_one_and_one_that_the_server_answers_itself_are_clean() -> None:
    objects = (
        an_api_service("v1beta1.metrics.k8s.io"),
        an_api_service("v1.apps", service=None, available=False),
    )
    assert report(CHECK, a_snapshot(*objects)).is_clean


def test_forbidden_read_is_incomplete() -> None:
    assert gaps(report(CHECK, a_snapshot(unread=[forbidden(APIService)]))) == ["apiservices"]


def test_cluster_without_the_aggregation_layer_is_clean() -> None:
    assert report(CHECK, a_snapshot(unread=[not_served(APIService)])).is_clean
    assert report(CHECK, a_snapshot()).is_clean
