"""Webhooks that must agree and do not answer."""

from typing import Any

import pytest
from tests.builders import (
    a_namespace,
    a_pod,
    a_service,
    a_snapshot,
    a_webhook,
    an_api_service,
    endpoints_of,
    forbidden,
)
from tests.checks.corpus import Case
from tests.checks.reports import gaps, report, said

from seatrial.capture.redact import portable
from seatrial.cluster.models import EndpointSlice, MutatingWebhookConfiguration, Pod, Service
from seatrial.cluster.objects import Obj

CHECK = "webhook-without-endpoints"
SERVICE = a_service("hook")
SHOP = a_namespace("shop", labels={"team": "shop"})
OWN = an_api_service("v1.apps", service=None)


def on_widgets(*groups: str) -> Obj:
    guard = a_webhook("guard", resources=["widgets"])
    guard["webhooks"][0]["rules"][0]["apiGroups"] = list(groups or ["acme.io"])
    return guard


CASES = (
    Case(
        check=CHECK,
        name="a strict webhook for custom resources",
        severities=("blocker",),
        snapshot=a_snapshot(SHOP, on_widgets(), OWN, an_api_service("v1.acme.io", service=None)),
    ),
    Case(
        check=CHECK,
        name="a webhook that software left behind whose API group is gone with it",
        severities=(),
        snapshot=a_snapshot(SHOP, on_widgets(), OWN),
    ),
    Case(
        check=CHECK,
        name="a strict webhook whose Service is gone",
        severities=("blocker",),
        snapshot=a_snapshot(SHOP, a_webhook("guard")),
    ),
    Case(
        check=CHECK,
        name="a strict webhook that is asked only about pods with a label that none has",
        severities=("warning",),
        snapshot=a_snapshot(SHOP, a_webhook("guard", object_selector={"matchLabels": {"inject": "yes"}})),
    ),
    Case(
        check=CHECK,
        name="a strict webhook that answers",
        severities=(),
        snapshot=a_snapshot(SHOP, a_webhook("guard"), SERVICE, endpoints_of("hook")),
    ),
    Case(check=CHECK, name="no webhooks at all", severities=(), snapshot=a_snapshot(SHOP)),
)


@pytest.mark.parametrize(
    "behind",
    [
        [],
        [SERVICE],
        [SERVICE, endpoints_of("hook", ready=[])],
        [SERVICE, endpoints_of("hook", ready=[False, False])],
        [SERVICE, endpoints_of("hook", "elsewhere")],
        [SERVICE, endpoints_of("other")],
    ],
)
def test_strict_webhook_without_a_ready_endpoint_is_a_blocker(behind: list[Obj]) -> None:
    found = report(CHECK, a_snapshot(SHOP, a_webhook("guard"), *behind))
    assert said(found) == [("blocker", ("validatingwebhookconfiguration/guard",))]


def test_message_tells_a_missing_service_from_one_without_endpoints() -> None:
    missing = report(CHECK, a_snapshot(SHOP, a_webhook("guard"))).findings[0].message
    silent = report(CHECK, a_snapshot(SHOP, a_webhook("guard"), SERVICE)).findings[0].message
    assert "Service shop/hook does not exist" in missing
    assert "Service shop/hook has no ready endpoint" in silent


def test_one_dead_service_behind_two_configurations_is_one_finding() -> None:
    mutating = a_webhook("mutate", kind="MutatingWebhookConfiguration")
    found = report(CHECK, a_snapshot(SHOP, a_webhook("guard"), mutating, SERVICE))
    assert said(found) == [
        ("blocker", ("mutatingwebhookconfiguration/mutate", "validatingwebhookconfiguration/guard"))
    ]


@pytest.mark.parametrize("ready", [[True], [None], [False, True]])
def test_one_ready_endpoint_is_enough_and_unsaid_means_ready(ready: list[bool | None]) -> None:
    snapshot = a_snapshot(SHOP, a_webhook("guard"), SERVICE, endpoints_of("hook", ready=ready))
    assert report(CHECK, snapshot).is_clean


@pytest.mark.parametrize(
    "webhook",
    [
        a_webhook("guard", failure_policy="Ignore"),
        a_webhook("guard", url="https://hooks.example.org/guard"),
        a_webhook("guard", namespace_selector={"matchLabels": {"team": "none"}}),
        {**a_webhook("guard"), "webhooks": []},
    ],
)
def test_webhook_that_cannot_block_is_clean(webhook: Obj) -> None:
    assert report(CHECK, a_snapshot(SHOP, webhook)).is_clean


@pytest.mark.parametrize(
    "options",
    [
        {"namespace_selector": {"matchLabels": {"team": "shop"}}},
        {"namespace_selector": {}},
        # a namespace selector does not hold back cluster-scoped objects
        {"namespace_selector": {"matchLabels": {"team": "none"}}, "resources": ["nodes"]},
        {"namespace_selector": {"matchLabels": {"team": "none"}}, "resources": ["*"]},
    ],
)
def test_webhook_that_some_object_reaches_is_a_blocker(options: dict[str, Any]) -> None:
    found = report(CHECK, a_snapshot(SHOP, a_webhook("guard", **options)))
    assert [each.severity.value for each in found.findings] == ["blocker"]


@pytest.mark.parametrize("known", [[], [an_api_service("v1.other.io")]])
def test_groups_count_as_served_where_nobody_could_tell(known: list[Obj]) -> None:
    found = report(CHECK, a_snapshot(SHOP, on_widgets(), *known))
    assert [each.severity.value for each in found.findings] == ["blocker"]


@pytest.mark.parametrize("groups", [("acme.io", "apps"), ("*",)])
def test_one_served_group_is_enough(groups: tuple[str, ...]) -> None:
    found = report(CHECK, a_snapshot(SHOP, on_widgets(*groups), OWN))
    assert [each.severity.value for each in found.findings] == ["blocker"]


@pytest.mark.parametrize(
    ("made", "labels", "severity"),
    [
        ("2026-11-21T11:59:00Z", {"app": "hook"}, "warning"),
        ("2026-11-21T11:59:00Z", {"app": "other"}, "blocker"),
        ("2026-11-21T11:40:00Z", {"app": "hook"}, "blocker"),
    ],
)
def test_pod_that_just_started_behind_the_service_makes_it_a_warning(
    made: str, labels: dict[str, str], severity: str
) -> None:
    pod = a_pod("hook-1", labels=labels, ready=False)
    pod["metadata"]["creationTimestamp"] = made
    service = a_service("hook", selector={"app": "hook"})
    (finding,) = report(CHECK, a_snapshot(SHOP, a_webhook("guard"), service, pod)).findings
    assert (finding.severity.value, bool(finding.proposals)) == (severity, severity == "blocker")


def test_object_selector_that_no_pod_matches_is_a_warning() -> None:
    guard = a_webhook("guard", object_selector={"matchLabels": {"inject": "yes"}})
    assert said(report(CHECK, a_snapshot(SHOP, a_pod("a"), guard)))[0][0] == "warning"
    selected = a_pod("b", labels={"inject": "yes"})
    assert said(report(CHECK, a_snapshot(SHOP, selected, guard)))[0][0] == "blocker"


@pytest.mark.parametrize("kind", [EndpointSlice, Service, MutatingWebhookConfiguration, Pod])
def test_forbidden_read_is_incomplete_not_a_false_alarm(kind: type[Any]) -> None:
    snapshot = a_snapshot(SHOP, a_webhook("guard"), unread=[forbidden(kind)])
    assert gaps(report(CHECK, snapshot)) == [kind.PLURAL]


def test_endpoints_forbidden_in_the_service_namespace_only_is_incomplete_not_a_false_alarm() -> None:
    snapshot = a_snapshot(SHOP, a_webhook("guard"), unread=[forbidden(EndpointSlice, "shop")])
    assert gaps(report(CHECK, snapshot)) == ["endpointslices in namespace shop"]


def test_cluster_without_webhooks_is_clean() -> None:
    assert report(CHECK, a_snapshot(SHOP)).is_clean


def test_failure_policy_is_proposed_to_be_lenient_for_a_time() -> None:
    guard = a_webhook("guard")
    (finding,) = report(CHECK, a_snapshot(SHOP, guard)).findings
    (proposal,) = finding.proposals
    assert proposal.patch == {"webhooks": [{**guard["webhooks"][0], "failurePolicy": "Ignore"}]}
    assert proposal.undo == proposal.expects == {"webhooks": guard["webhooks"]}
    assert (proposal.safe, proposal.temporary, proposal.resource) == (
        True,
        True,
        "validatingwebhookconfigurations",
    )


def test_nothing_is_proposed_where_git_puts_it_back_or_the_snapshot_holds_tokens() -> None:
    kept = a_webhook("guard", annotations={"argocd.argoproj.io/tracking-id": "x:y/Z:/guard"})
    assert report(CHECK, a_snapshot(SHOP, kept)).findings[0].proposals == ()
    assert report(CHECK, portable(a_snapshot(SHOP, a_webhook("guard")))).findings[0].proposals == ()
