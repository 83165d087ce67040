"""A portable snapshot, without secrets, leads every check to the same findings as the live cluster."""

from tests.builders import (
    a_budget,
    a_deployment,
    a_namespace,
    a_node,
    a_pod,
    a_service,
    a_snapshot,
    a_stateful_set,
    a_webhook,
    an_api_service,
    an_object,
    endpoints_of,
)
from tests.checks.reports import TARGET
from tests.checks.test_removed_apis import IP_REQUEST, a_budget_written_as, a_release, heard

from seatrial.capture.redact import portable
from seatrial.checks.run import check_snapshot
from seatrial.cluster.findings import Finding
from seatrial.cluster.provider_state import ProviderState


def test_findings_are_the_same_but_for_free_text() -> None:
    selector = {"matchExpressions": [{"key": "team", "operator": "In", "values": ["shop"]}]}
    helm = {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"}
    crashing = a_stateful_set("db", replicas=2, ready=0)
    live = a_snapshot(
        a_namespace("shop", labels={"team": "shop"}),
        a_node("n1", ready=False, conditions={"DiskPressure": "True"}),
        a_node("n2", cordoned=True, kubelet="v1.33.1"),
        *a_deployment("web"),
        a_budget("web", min_available="90%", annotations=helm),
        *a_deployment("api", replicas=3, ready=2),
        a_budget(
            "api",
            min_available=2,
            selector={"matchExpressions": [{"key": "app", "operator": "In", "values": ["api"]}]},
        ),
        *crashing,
        a_budget("db", max_unavailable=1, unhealthy="AlwaysAllow"),
        a_pod("lone"),
        a_pod("static", annotations={"kubernetes.io/config.mirror": "x"}),
        a_pod("done", phase="Succeeded"),
        a_webhook("guard", namespace_selector=selector),
        a_webhook("opt-in", object_selector={"matchLabels": {"inject": "yes"}}, service=("shop", "inject")),
        a_webhook("fine", service=("shop", "fine")),
        a_service("fine"),
        endpoints_of("fine"),
        a_webhook("away", service=("shop", "away")),
        a_service("away", type="ExternalName", externalName="hooks.example.org"),
        an_api_service("v1beta1.metrics.k8s.io", available=False, reason="ServiceNotFound"),
        an_object("policy/v1", "PodDisruptionBudget", "old", "shop", spec={})
        | a_budget_written_as("policy/v1beta1"),
        releases=[a_release()],
        metrics=heard(IP_REQUEST),
        provider=ProviderState(kind="eks", version="1.36.4"),
    )
    before, after = check_snapshot(live, TARGET), check_snapshot(portable(live), TARGET)
    assert [_without_text(each) for each in after.findings] == [
        _without_text(each) for each in before.findings
    ]
    assert after.incomplete == before.incomplete == ()
    assert {each.check for each in before.findings} >= _MEANT


_MEANT = {
    "api-service-unavailable",
    "budget-blocks-now",
    "budget-never-allows",
    "kubelet-skew",
    "node-not-ready",
    "pod-without-controller",
    "removed-api-in-release",
    "removed-api-remembered",
    "removed-api-requested",
    "webhook-without-endpoints",
}


def _without_text(finding: Finding) -> tuple[object, ...]:
    return finding.check, finding.severity, finding.objects, finding.owner, finding.evidence
