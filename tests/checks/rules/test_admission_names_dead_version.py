"""Guards of versions that nobody serves any more."""

from collections.abc import Iterable
from typing import Any

from tests.builders import a_snapshot, a_webhook, an_object
from tests.checks.corpus import Case, run

from seatrial.cluster.objects import Obj

CHECK = "admission-names-dead-version"


def a_rule(group: str, versions: Iterable[str], resources: Iterable[str]) -> dict[str, Any]:
    return {
        "operations": ["CREATE"],
        "apiGroups": [group],
        "apiVersions": list(versions),
        "resources": list(resources),
    }


def a_hook(*rules: dict[str, Any]) -> Obj:
    hook = a_webhook("guard")
    hook["webhooks"][0]["rules"] = list(rules)
    return hook


def a_policy(*rules: dict[str, Any]) -> Obj:
    return an_object(
        "admissionregistration.k8s.io/v1",
        "ValidatingAdmissionPolicy",
        "guard",
        spec={"matchConstraints": {"resourceRules": list(rules)}},
    )


def a_case(name: str, expected: tuple[str, ...], *objects: Obj) -> Case:
    return Case(check=CHECK, name=name, severities=expected, snapshot=a_snapshot(*objects))


OLD = a_rule("networking.k8s.io", ["v1beta1"], ["ipaddresses"])
CASES = (
    Case(
        check=CHECK,
        name="a file",
        severities=("info",),
        files="apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\n"
        "metadata: {name: guard}\nwebhooks: [{name: a.example.org, rules: [{apiGroups: [extensions],"
        " apiVersions: [v1beta1], resources: [ingresses], operations: [CREATE]}]}]\n",
    ),
    a_case("a webhook on a version that goes", ("warning",), a_hook(OLD)),
    a_case("a policy on a version that goes", ("warning",), a_policy(OLD)),
    a_case(
        "a webhook on a version that went long ago",
        ("info",),
        a_hook(a_rule("extensions", ["v1beta1"], ["ingresses"])),
    ),
    a_case(
        "both versions in one rule",
        (),
        a_hook(a_rule("networking.k8s.io", ["v1beta1", "v1"], ["ipaddresses"])),
    ),
    a_case("every version", (), a_hook(a_rule("networking.k8s.io", ["*"], ["ipaddresses"]))),
    a_case("a group of an add-on", (), a_hook(a_rule("cert-manager.io", ["v1alpha2"], ["issuers"]))),
    a_case("pods", (), a_webhook("guard")),
    a_case("a cluster without webhooks", ()),
)


def test_finding_says_whether_anything_is_left_to_guard() -> None:
    (whole,) = run(CASES[1]).findings
    assert (
        "networking.k8s.io/v1beta1 ipaddresses, which 1.37 does not serve: it guards nothing."
        in whole.message
    )
    (part,) = run(a_case("", (), a_hook(OLD, a_rule("", ["v1"], ["pods"])))).findings
    assert part.message.endswith("that rule matches nothing.")
