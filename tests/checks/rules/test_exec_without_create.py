"""Roles that allow exec by get."""

from collections.abc import Iterable

from tests.builders import a_snapshot, an_object
from tests.checks.corpus import Case, run

from seatrial.cluster.objects import Obj
from seatrial.cluster.snapshot import Snapshot
from seatrial.cluster.version import Minor

CHECK = "exec-without-create"
RBAC = "rbac.authorization.k8s.io/v1"
ROBOT = {"kind": "ServiceAccount", "name": "robot", "namespace": "ci"}


def a_role(name: str, *verbs: str, resources: Iterable[str] = ("pods/exec",), namespace: str = "") -> Obj:
    rules = [{"apiGroups": [""], "resources": list(resources), "verbs": list(verbs)}]
    return an_object(RBAC, "Role" if namespace else "ClusterRole", name, namespace, rules=rules)


def bound(role: Obj, *subjects: dict[str, str], namespace: str = "") -> Obj:
    kind = "RoleBinding" if namespace else "ClusterRoleBinding"
    ref = {"kind": role["kind"], "name": role["metadata"]["name"], "apiGroup": "rbac.authorization.k8s.io"}
    return an_object(
        RBAC, kind, f"{role['metadata']['name']}-of-them", namespace, roleRef=ref, subjects=list(subjects)
    )


def at(*objects: Obj, version: str = "v1.34.2") -> Snapshot:
    return a_snapshot(*objects, version=version)


def a_case(name: str, expected: tuple[str, ...], snapshot: Snapshot) -> Case:
    return Case(check=CHECK, name=name, severities=expected, snapshot=snapshot, target=Minor(1, 35))


DEBUG = a_role("debug", "get")
LOCAL = a_role("debug", "get", namespace="shop")
CREATE = a_role("exec", "create")
CASES = (
    a_case("a role that is bound across the cluster", ("warning",), at(DEBUG, bound(DEBUG, ROBOT))),
    a_case("a role in a namespace", ("warning",), at(LOCAL, bound(LOCAL, ROBOT, namespace="shop"))),
    a_case(
        "create in another namespace only",
        ("warning",),
        at(DEBUG, bound(DEBUG, ROBOT, namespace="shop"), CREATE, bound(CREATE, ROBOT, namespace="bank")),
    ),
    a_case("create by another role", (), at(DEBUG, bound(DEBUG, ROBOT), CREATE, bound(CREATE, ROBOT))),
    a_case("both verbs", (), at(a_role("debug", "get", "create"), bound(DEBUG, ROBOT))),
    a_case("nobody holds the role", (), at(DEBUG)),
    a_case(
        "whoever may read everything",
        (),
        at(a_role("all", "get", resources=["*"]), bound(a_role("all"), ROBOT)),
    ),
    a_case("a cluster that is past it", (), at(DEBUG, bound(DEBUG, ROBOT), version="v1.35.1")),
    a_case("a cluster without roles", (), at()),
)


def test_finding_names_role_and_subjects() -> None:
    (finding,) = run(CASES[0]).findings
    assert finding.message.startswith(
        "clusterrole/debug allows get, but not create, on pods/exec to ServiceAccount ci/robot:"
    )
