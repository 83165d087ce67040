"""Proposals for live objects, as they are shown before anyone approves them."""

from __future__ import annotations

from tests.builders import a_snapshot

from seatrial.cluster.findings import Finding, Severity
from seatrial.cluster.objects import Obj, ObjectRef
from seatrial.cluster.proposal import Proposal
from seatrial.fixes.offers import FieldChange, field_changes, kubectl_patch, offers

WEB = ObjectRef("apps/v1", "Deployment", "shop", "web")
SCALE = Proposal(
    title="Scale deployment shop/web from 1 to 2",
    target=WEB,
    resource="deployments",
    patch={"spec": {"replicas": 2}},
    undo={"spec": {"replicas": 1}},
    expects={"spec": {"replicas": 1}},
    safe=True,
)
HPA = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}},
}


def deployment(**annotations: str) -> Obj:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "annotations": annotations},
        "spec": {"replicas": 1, "template": {"spec": {"containers": []}}},
    }


def finding(proposal: Proposal = SCALE) -> Finding:
    return Finding(check="c", severity=Severity.BLOCKER, title="t", message="m", proposals=(proposal,))


def test_a_safe_proposal_is_offered_once_however_many_findings_it_settles() -> None:
    (offer,) = offers([finding(), finding()], a_snapshot(deployment()))
    assert (offer.id.rpartition("-")[0], offer.check, offer.why, offer.refused) == (
        "deployment-shop-web",
        "c",
        "m",
        "",
    )


def test_what_a_git_sync_would_put_back_is_refused() -> None:
    snapshot = a_snapshot(deployment(**{"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"}))
    assert offers([finding()], snapshot)[0].refused == (
        "Argo CD application shop would put it back: change it there."
    )


def test_replicas_that_an_autoscaler_sets_are_refused() -> None:
    assert offers([finding()], a_snapshot(deployment(), HPA))[0].refused == (
        "HorizontalPodAutoscaler web would put it back: change it there."
    )


def test_what_an_operator_controls_is_refused() -> None:
    web = deployment()
    web["metadata"]["ownerReferences"] = [
        {"apiVersion": "example.com/v1", "kind": "Shop", "name": "one", "uid": "u", "controller": True}
    ]
    assert offers([finding()], a_snapshot(web))[0].refused == (
        "Shop one, which controls the object, would put it back: change it there."
    )


def test_helm_is_named_where_its_next_upgrade_takes_the_change_back() -> None:
    snapshot = a_snapshot(deployment(**{"meta.helm.sh/release-name": "shop"}))
    (offer,) = offers([finding()], snapshot)
    assert (offer.refused, offer.note) == (
        "",
        "Helm release shop puts it back with its next upgrade: change its values too.",
    )


def test_what_is_not_marked_safe_is_for_a_person() -> None:
    unsafe = Proposal(
        title="t",
        target=WEB,
        resource="deployments",
        patch={"spec": {"paused": True}},
        undo={"spec": {"paused": None}},
        expects={"spec": {"paused": None}},
    )
    assert "for a person" in offers([finding(unsafe)], a_snapshot(deployment()))[0].refused


def test_a_change_is_shown_by_field_and_as_kubectl_does_it() -> None:
    assert field_changes(SCALE) == (FieldChange("spec.replicas", "1", "2"),)
    assert kubectl_patch(SCALE, SCALE.patch) == (
        'kubectl patch deployments.apps web --namespace shop --type merge --patch \'{"spec":{"replicas":2}}\''
    )


def test_a_status_is_patched_where_it_is() -> None:
    definition = Proposal(
        title="t",
        target=ObjectRef("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "things.example.com"),
        resource="customresourcedefinitions",
        subresource="status",
        patch={"status": {"storedVersions": ["v1"]}},
        undo={"status": {"storedVersions": ["v1beta1", "v1"]}},
        expects={"status": {"storedVersions": ["v1beta1", "v1"]}},
    )
    assert kubectl_patch(definition, definition.patch) == (
        "kubectl patch customresourcedefinitions.apiextensions.k8s.io things.example.com --subresource=status"
        ' --type merge --patch \'{"status":{"storedVersions":["v1"]}}\''
    )


def test_values_of_a_secret_are_never_shown() -> None:
    secret = Proposal(
        title="t",
        target=ObjectRef("v1", "Secret", "shop", "s"),
        resource="secrets",
        patch={"stringData": {"p": "hunter2"}},
        undo={"stringData": None},
        expects={"stringData": None},
    )
    assert field_changes(secret) == (FieldChange("stringData.p", "(not set)", "[…]"),)


def test_in_a_list_with_names_only_what_differs_is_shown() -> None:
    def hooks(policy: str) -> Obj:
        return {"webhooks": [{"name": "a.org", "rules": [1]}, {"name": "b.org", "failurePolicy": policy}]}

    relaxed = Proposal(
        title="t",
        target=ObjectRef("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "", "guard"),
        resource="validatingwebhookconfigurations",
        patch=hooks("Ignore"),
        undo=hooks("Fail"),
        expects=hooks("Fail"),
    )
    assert field_changes(relaxed) == (FieldChange("webhooks[b.org].failurePolicy", '"Fail"', '"Ignore"'),)
