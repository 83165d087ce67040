"""Roles whose rules outlived the API."""

from collections.abc import Iterable

from tests.builders import a_snapshot, an_object
from tests.checks.corpus import Case, run

from seatrial.cluster.objects import Obj
from seatrial.cluster.version import Minor

CHECK = "role-names-dead-api"


def a_role(name: str, groups: Iterable[str], resources: Iterable[str], **labels: str) -> Obj:
    rules = [{"apiGroups": list(groups), "resources": list(resources), "verbs": ["use", "get"]}]
    return an_object("rbac.authorization.k8s.io/v1", "ClusterRole", name, rules=rules, labels=labels)


def a_case(name: str, expected: tuple[str, ...], *roles: Obj, version: str = "v1.36.4", to: int = 37) -> Case:
    snapshot = a_snapshot(*roles, version=version)
    return Case(check=CHECK, name=name, severities=expected, snapshot=snapshot, target=Minor(1, to))


PSP = a_role("psp", ["policy"], ["podsecuritypolicies"])
CASES = (
    Case(
        check=CHECK,
        name="a file",
        severities=("info",),
        files="apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: old, namespace: shop}\n"
        "rules: [{apiGroups: [extensions], resources: [ingresses], verbs: [get]}]\n",
    ),
    a_case("a kind that goes with this upgrade", ("warning",), PSP, version="v1.24.9", to=25),
    a_case(
        "two kinds that went long ago, in one notice",
        ("info",),
        PSP,
        a_role("old", ["extensions"], ["ingresses"]),
    ),
    a_case(
        "the old group beside the new", (), a_role("both", ["extensions", "networking.k8s.io"], ["ingresses"])
    ),
    a_case("a group of an add-on", (), a_role("mon", ["monitoring.example.org"], ["probes"])),
    a_case(
        "a role that Kubernetes made",
        (),
        a_role("x", ["extensions"], ["ingresses"], **{"kubernetes.io/bootstrapping": "rbac-defaults"}),
    ),
    a_case("wildcards", (), a_role("all", ["*"], ["*"]), a_role("apps", ["apps"], ["*"])),
    a_case("a whole group that is gone", ("info",), a_role("old", ["extensions"], ["*"])),
    a_case("a cluster without roles", ()),
)


def test_finding_names_what_is_gone() -> None:
    (finding,) = run(CASES[1]).findings
    assert (
        finding.message == "ClusterRole psp: rights on policy podsecuritypolicies, which 1.25 does not have."
    )


def test_what_went_long_ago_is_told_with_the_roles_that_name_it() -> None:
    snapshot = a_snapshot(
        a_role("b", ["extensions"], ["ingresses", "deployments"]),
        a_role("a", ["extensions"], ["replicasets"]),
    )
    (finding,) = run(CASES[0]).findings
    assert finding.message.startswith("Role shop/old: rules on extensions ingresses grant nothing")
    (both,) = run(a_case("", ("info",)), snapshot).findings
    assert both.message == (
        "ClusterRole a, ClusterRole b: rules on extensions deployments, ingresses; extensions replicasets"
        " grant nothing: Kubernetes 1.37 has none of it."
    )
