"""What other programs say: prose, names and paths stay, and whatever may be a secret is struck."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.cluster.foreign_text import LONGEST, STRUCK, fit_to_show

SECRET = "kX7pQ2vR9tLw"


@pytest.mark.parametrize(
    "text",
    [
        "Cannot evict pod as it would violate the pod's disruption budget.",
        'deployments.apps "web" not found',
        'secrets is forbidden: User "system:serviceaccount:ns:sa" cannot list resource "secrets" in API'
        ' group "" at the cluster scope',
        "exceeded quota: compute, requested: requests.cpu=100m, used: pods=10, limited: memory=2Gi",
        'no matches for kind "PodSecurityPolicy" in version "policy/v1beta1" ensure CRDs are installed first',
        "chart requires kubeVersion: >=1.36.0-0 which is incompatible with Kubernetes v1.35.1",
        'Failed to pull image "registry.example.com/team/app:v1.2.3": not found',
        "dial tcp 127.0.0.1:6443: connect: connection refused",
        "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }.",
        "x509: certificate signed by unknown authority",
        "the token is expired",
        "execution error at (app/templates/deployment.yaml:3:4): replicas must be set",
        "pod web-7d9f8b6c5d-x2x4z and web-0 on ip-10-0-1-23.ec2.internal at v1.29.3-eks-a5ec690",
        "spec.template.spec.containers[0].resources.limits.cpu: Required value",
    ],
)
def test_what_explains_a_failure_stays(text: str) -> None:
    assert fit_to_show(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"the value {SECRET} is weak", f"the value {STRUCK} is weak"),
        ("env DB_PASSWORD=hunter is weak", f"env DB_PASSWORD={STRUCK} is weak"),
        ('{"password": "correct horse"}', None),
        ("Authorization: Bearer abcdefgh.ijkl", f"Authorization: {STRUCK}"),
        ("postgres://bob:hunter@db/shop", None),
        (
            'spec.containers[0].env[1].value: Invalid value: "correct horse": must be no longer',
            f"spec.containers[0].env[1].value: Invalid value: {STRUCK}: must be no longer",
        ),
        (
            'spec.selector: Invalid value: v1.LabelSelector{MatchLabels:{"app":"x"}, Y:[]v1.Z(nil)}: field is'
            " immutable",
            f"spec.selector: Invalid value: {STRUCK}: field is immutable",
        ),
        ("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----", STRUCK),
        ("see https://hooks.example.com/x?token=abc", None),
        ('a cnry"env/+&%\\-x7 b', f"a {STRUCK} b"),
        ("SECRET_CANARY_1 and canary-0001", STRUCK + " and " + STRUCK),
        ("first\nsecond \x1b[2Kthird", None),
    ],
)
def test_what_may_be_a_secret_is_struck(text: str, shown: str | None) -> None:
    found = fit_to_show(text)
    if shown is not None:
        assert found == shown
    for secret in ("correct", "hunter", "abc", SECRET, "\x1b", "\n"):
        assert secret not in found


@given(
    st.binary(min_size=12, max_size=40), st.sampled_from(["{}", "got {}", '"{}"', "x={}", "[{}]", "{}: no"])
)
def test_encoded_secrets_do_not_come_through(secret: bytes, frame: str) -> None:
    for encoded in (base64.b64encode(secret).decode(), secret.hex()):
        if sum(each.isdigit() for each in encoded) > 2 and not encoded.isdigit():
            assert encoded not in fit_to_show(frame.format(encoded))


def test_a_name_that_was_asked_about_stays() -> None:
    assert fit_to_show('pods "db01x9" not found', names=["db01x9"]) == 'pods "db01x9" not found'
    assert fit_to_show('pods "db01x9" not found') == f'pods "{STRUCK}" not found'


def test_known_secrets_are_struck_whatever_they_look_like() -> None:
    assert fit_to_show("open sesame, I say", secrets=["open sesame", "open"]) == f"{STRUCK}, I say"


@given(st.text(max_size=3000))
def test_any_text_becomes_one_short_printable_line(text: str) -> None:
    found = fit_to_show(text)
    assert len(found) <= LONGEST + 3
    assert found.isprintable()
