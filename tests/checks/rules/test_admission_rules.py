"""Webhooks and policies that have a say in what Kubernetes itself depends on."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from tests.builders import (
    NOW,
    a_namespace,
    a_pod,
    a_snapshot,
    a_webhook,
    an_object,
    endpoints_of,
    not_served,
)
from tests.checks.corpus import Case
from tests.checks.reports import report, said

from seatrial.capture.redact import portable
from seatrial.checks.policies import READS as POLICIES
from seatrial.cluster.certificates import expiries
from seatrial.cluster.models import MutatingWebhookConfiguration, ValidatingWebhookConfiguration
from seatrial.cluster.objects import GroupVersionResource, Obj
from seatrial.cluster.snapshot import Unread, UnreadReason

HOLDS, EXPIRES, WAITS = "webhook-on-system", "webhook-ca-expires", "webhook-waits-long"
DENIES, LACKS = "policy-on-system", "policy-without-parameters"
GROUP = "admissionregistration.k8s.io/v1"
NAME = "kubernetes.io/metadata.name"
NOT_SYSTEM = {"matchExpressions": [{"key": NAME, "operator": "NotIn", "values": ["kube-system"]}]}
OTHERS = {
    "matchExpressions": [
        {"key": NAME, "operator": "NotIn", "values": ["kube-system", "kube-node-lease", "shop"]}
    ]
}
EVERYTHING: dict[str, Any] = {"apiGroups": ["*"], "resources": ["*/*"], "operations": ["*"]}


def with_hook(configuration: Obj, **fields: Any) -> Obj:
    """The configuration with these fields in its first webhook."""
    return {**configuration, "webhooks": [{**configuration["webhooks"][0], **fields}]}


def a_bundle(*days: int) -> str:
    """A CA bundle of certificates that expire so many days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hook-ca")])
    pem = b""
    for each in days:
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=400))
            .not_valid_after(NOW + timedelta(days=each))
        )
        pem += made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    return base64.b64encode(pem).decode()


def trusting(bundle: str, name: str = "guard", **options: Any) -> Obj:
    configuration = a_webhook(name, **options)
    client = {**configuration["webhooks"][0]["clientConfig"], "caBundle": bundle}
    return with_hook(configuration, clientConfig=client)


def a_policy(name: str = "rules", *, mutating: bool = False, match: Obj | None = None, **spec: Any) -> Obj:
    """It sees pods of all namespaces unless `match` says otherwise."""
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    constraints = match if match is not None else {"resourceRules": [rule]}
    kind = "MutatingAdmissionPolicy" if mutating else "ValidatingAdmissionPolicy"
    return an_object(GROUP, kind, name, spec={"matchConstraints": constraints, **spec})


def a_binding(
    policy: str = "rules", *, mutating: bool = False, actions: tuple[str, ...] = ("Deny",), **spec: Any
) -> Obj:
    kind = "MutatingAdmissionPolicyBinding" if mutating else "ValidatingAdmissionPolicyBinding"
    acts = {} if mutating else {"validationActions": list(actions)}
    return an_object(GROUP, kind, f"bind-{policy}", spec={"policyName": policy, **acts, **spec})


NODES_TOO = {"resourceRules": [{**EVERYTHING, "apiVersions": ["*"]}]}
PARAMETERS = {"apiVersion": "v1", "kind": "ConfigMap"}
GONE_KIND = {"apiVersion": "rules.example.org/v1", "kind": "Limit"}
REFERENCE = {"name": "limits", "namespace": "shop", "parameterNotFoundAction": "Deny"}
ONE, TWO = endpoints_of("hook"), endpoints_of("hook", ready=(True, True))
CASES = (
    Case(
        check=HOLDS,
        name="pods of all namespaces, its own too, and one pod that answers",
        severities=("blocker",),
        snapshot=a_snapshot(a_webhook("guard"), ONE),
    ),
    Case(
        check=HOLDS,
        name="pods of all namespaces, and two pods that answer",
        severities=("warning",),
        snapshot=a_snapshot(a_webhook("guard"), TWO),
    ),
    Case(
        check=HOLDS,
        name="every request there is, under a condition",
        severities=("warning",),
        snapshot=a_snapshot(
            with_hook(
                a_webhook("guard"),
                rules=[EVERYTHING],
                matchConditions=[{"name": "c", "expression": "request.userInfo.username != 'x'"}],
            ),
            ONE,
        ),
    ),
    Case(
        check=HOLDS,
        name="nodes, which no namespace selector holds back",
        severities=("blocker",),
        snapshot=a_snapshot(a_webhook("guard", resources=["nodes"], namespace_selector=OTHERS), ONE),
    ),
    Case(
        check=HOLDS,
        name="everything in namespaces that are not the system's nor its own",
        severities=(),
        snapshot=a_snapshot(
            with_hook(
                a_webhook("guard", scope="Namespaced", namespace_selector=OTHERS),
                rules=[{**EVERYTHING, "scope": "Namespaced"}],
            ),
            ONE,
        ),
    ),
    Case(
        check=HOLDS,
        name="pods that ask for it, and custom resources",
        severities=(),
        snapshot=a_snapshot(
            a_pod("coredns", "kube-system"),
            a_webhook("inject", object_selector={"matchLabels": {"inject": "yes"}}),
            with_hook(a_webhook("own"), rules=[{**EVERYTHING, "apiGroups": ["example.org"]}]),
            ONE,
        ),
    ),
    Case(
        check=HOLDS,
        name="webhooks of GKE and one that may be ignored",
        severities=(),
        snapshot=a_snapshot(
            a_webhook("warden-validating.config.common-webhooks.networking.gke.io"),
            a_webhook("lenient", failure_policy="Ignore"),
            ONE,
        ),
    ),
    Case(check=HOLDS, name="no webhooks at all", severities=(), snapshot=a_snapshot()),
    Case(
        check=HOLDS,
        name="in files, where nobody knows how many answer",
        severities=("warning",),
        files=json.dumps(a_webhook("guard")),
    ),
    Case(
        check=EXPIRES,
        name="a CA that ended yesterday",
        severities=("blocker",),
        snapshot=a_snapshot(trusting(a_bundle(-1))),
    ),
    Case(
        check=EXPIRES,
        name="a CA that ended yesterday, of a webhook that may be ignored",
        severities=("warning",),
        snapshot=a_snapshot(trusting(a_bundle(-1), failure_policy="Ignore")),
    ),
    Case(
        check=EXPIRES,
        name="a CA that ends next week",
        severities=("warning",),
        snapshot=a_snapshot(trusting(a_bundle(7))),
    ),
    Case(
        check=EXPIRES,
        name="an old CA beside its successor, and what is no bundle",
        severities=(),
        snapshot=a_snapshot(
            trusting(a_bundle(-1, 300)), trusting("bm9uc2Vuc2U=", "odd"), a_webhook("without")
        ),
    ),
    Case(check=EXPIRES, name="no webhooks at all", severities=(), snapshot=a_snapshot()),
    Case(
        check=WAITS,
        name="30 seconds for each pod",
        severities=("warning",),
        snapshot=a_snapshot(with_hook(a_webhook("guard", failure_policy="Ignore"), timeoutSeconds=30)),
    ),
    Case(
        check=WAITS,
        name="30 seconds for pods of applications, 10 for all",
        severities=(),
        snapshot=a_snapshot(
            with_hook(
                a_webhook("guard", namespace_selector={"matchLabels": {"team": "shop"}}), timeoutSeconds=30
            ),
            a_webhook("quick"),
        ),
    ),
    Case(check=WAITS, name="no webhooks at all", severities=(), snapshot=a_snapshot()),
    Case(
        check=DENIES,
        name="pods of kube-system denied",
        severities=("warning",),
        snapshot=a_snapshot(a_policy(), a_binding()),
    ),
    Case(
        check=DENIES,
        name="pods of kube-system denied under a condition",
        severities=("info",),
        snapshot=a_snapshot(a_policy(matchConditions=[{"name": "c", "expression": "true"}]), a_binding()),
    ),
    Case(
        check=DENIES,
        name="a warning only, a binding that leaves kube-system out, and no binding",
        severities=(),
        snapshot=a_snapshot(
            a_policy("a"),
            a_binding("a", actions=("Warn", "Audit")),
            a_policy("b"),
            a_binding("b", matchResources={"namespaceSelector": NOT_SYSTEM}),
            a_policy("c"),
        ),
    ),
    Case(
        check=DENIES,
        name="in files",
        severities=("warning",),
        files=f"{json.dumps(a_policy())}\n---\n{json.dumps(a_binding())}",
    ),
    Case(check=DENIES, name="no policies at all", severities=(), snapshot=a_snapshot()),
    Case(
        check=LACKS,
        name="parameters of a kind that is gone, for all requests",
        severities=("blocker",),
        snapshot=a_snapshot(a_policy(match=NODES_TOO, paramKind=GONE_KIND), a_binding(paramRef=REFERENCE)),
    ),
    Case(
        check=LACKS,
        name="a ConfigMap that is gone, for pods",
        severities=("warning",),
        snapshot=a_snapshot(a_policy(paramKind=PARAMETERS), a_binding(paramRef=REFERENCE)),
    ),
    Case(
        check=LACKS,
        name="a mutating policy whose parameters' kind is gone",
        severities=("warning",),
        snapshot=a_snapshot(
            a_policy(mutating=True, paramKind=GONE_KIND), a_binding(mutating=True, paramRef=REFERENCE)
        ),
    ),
    Case(
        check=LACKS,
        name="a ConfigMap that is there, and one that may be missing",
        severities=(),
        snapshot=a_snapshot(
            an_object("v1", "ConfigMap", "limits", "shop"),
            a_policy(paramKind=PARAMETERS),
            a_binding(paramRef=REFERENCE),
            a_policy("b", paramKind=PARAMETERS),
            a_binding("b", paramRef={"name": "gone", "parameterNotFoundAction": "Allow"}),
        ),
    ),
    Case(
        check=LACKS,
        name="a policy without a binding and a binding without a policy",
        severities=("info", "info"),
        snapshot=a_snapshot(a_policy("idle"), a_binding("lost")),
    ),
    Case(check=LACKS, name="no policies at all", severities=(), snapshot=a_snapshot()),
    Case(
        check=LACKS,
        name="a cluster that does not serve admission policies",
        severities=(),
        snapshot=a_snapshot(unread=[not_served(kind) for kind in POLICIES]),
    ),
)


@pytest.mark.parametrize(
    ("rule", "namespace_selector", "found"),
    [
        ({"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "operations": ["UPDATE"]}, {}, True),
        (
            {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "operations": ["DELETE"]},
            {},
            False,
        ),
        ({"apiGroups": ["*"], "resources": ["*"], "operations": ["*"]}, {}, True),
        ({"apiGroups": [""], "resources": ["*/status"], "operations": ["UPDATE"]}, OTHERS, True),
        (
            {"apiGroups": [""], "resources": ["*"], "operations": ["UPDATE"], "scope": "Namespaced"},
            OTHERS,
            False,
        ),
        (
            {"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "operations": ["*"]},
            OTHERS,
            True,
        ),
        ({"apiGroups": [""], "resources": ["pods/eviction"], "operations": ["CREATE"]}, {}, True),
        ({"apiGroups": [""], "resources": ["configmaps"], "operations": ["*"]}, {}, False),
    ],
)
def test_rules_match_as_the_api_server_matches_them(rule: Obj, namespace_selector: Obj, found: bool) -> None:
    hook = with_hook(a_webhook("guard", namespace_selector=namespace_selector), rules=[rule])
    assert bool(said(report(HOLDS, a_snapshot(hook)))) is found


def test_message_names_the_essential_requests_first() -> None:
    hook = with_hook(a_webhook("guard"), rules=[EVERYTHING])
    (finding,) = report(HOLDS, a_snapshot(hook, ONE)).findings
    assert finding.message == (
        "guard.example.org: failurePolicy is Fail, and it sees nodes that join or change; the kubelets'"
        " reports on their nodes; the nodes' heartbeats; the leases of the control plane; and 10 more. A"
        " single pod answers: while it moves, all of this is refused."
    )


def test_bundle_keeps_its_dates_and_nothing_else_in_a_portable_snapshot() -> None:
    bundle = a_bundle(7, 300)
    live = a_snapshot(a_namespace("shop"), trusting(bundle))
    carried = portable(live)
    kept = carried.read(ValidatingWebhookConfiguration)[0].webhooks[0].client_config.ca_bundle
    assert base64.b64decode(kept).decode() == (
        "not-after 2026-11-28T12:00:00Z\nnot-after 2027-09-17T12:00:00Z"
    )
    assert (
        expiries(kept)
        == expiries(bundle)
        == (
            datetime(2026, 11, 28, 12, tzinfo=UTC),
            datetime(2027, 9, 17, 12, tzinfo=UTC),
        )
    )


def test_bundle_with_something_else_in_it_gives_away_only_the_dates() -> None:
    secret = base64.b64encode(base64.b64decode(a_bundle(7)) + b"password=hunter2").decode()
    kept = portable(a_snapshot(trusting(secret, kind="MutatingWebhookConfiguration")))
    bundle = kept.read(MutatingWebhookConfiguration)[0].webhooks[0].client_config.ca_bundle
    assert b"hunter2" not in base64.b64decode(bundle)


@pytest.mark.parametrize(
    "bundle",
    ["", "%", "bm90LWFmdGVyIDIwMjYtMDEtMDE=", "bm90LWFmdGVyIGZvbw==", "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t"],
)
def test_what_is_no_bundle_has_no_dates(bundle: str) -> None:
    assert expiries(bundle) == ()


def test_two_webhooks_with_one_expiring_ca_are_one_finding() -> None:
    configuration = trusting(a_bundle(7))
    configuration["webhooks"].append({**configuration["webhooks"][0], "name": "other.example.org"})
    (finding,) = report(EXPIRES, a_snapshot(configuration)).findings
    assert finding.message == (
        "guard.example.org, other.example.org: the last certificate of the caBundle expires on 2026-11-28."
    )


def test_metrics_that_may_not_be_read_hide_no_parameter() -> None:
    metrics = Unread(gvr=GroupVersionResource("", "", "/metrics"), reason=UnreadReason.FORBIDDEN)
    other = an_object("v1", "ConfigMap", "other", "shop")
    policy = (a_policy(paramKind=PARAMETERS), a_binding(paramRef=REFERENCE))
    assert len(report(LACKS, a_snapshot(*policy, other, unread=[metrics])).findings) == 1
    maps = Unread(
        gvr=GroupVersionResource("", "v1", "configmaps"), reason=UnreadReason.FORBIDDEN, namespace="shop"
    )
    assert report(LACKS, a_snapshot(*policy, other, unread=[maps])).findings == ()
