"""What drivers of devices may write."""

from typing import Any

from tests.builders import a_snapshot, an_object, not_served
from tests.checks.corpus import Case

from seatrial.cluster.models import ResourceSlice
from seatrial.cluster.version import Minor

CHECK = "dra-driver-permissions"
RBAC = "rbac.authorization.k8s.io/v1"


def _rule(*resources: str, verbs: tuple[str, ...] = ("get", "update")) -> dict[str, Any]:
    return {"apiGroups": ["resource.k8s.io"], "resources": list(resources), "verbs": list(verbs)}


def _role(name: str, *rules: dict[str, Any]) -> dict[str, Any]:
    return an_object(RBAC, "ClusterRole", name, rules=list(rules))


SHORT = _role("gpu-driver", _rule("resourceclaims/status"))
SLICE = an_object("resource.k8s.io/v1", "ResourceSlice", "node-1-gpu", spec={"driver": "gpu.example.org"})
CLAIM = an_object(
    "resource.k8s.io/v1",
    "ResourceClaim",
    "gpu",
    "shop",
    status={"devices": [{"driver": "gpu.example.org", "pool": "node-1", "device": "gpu-0"}]},
)


def _bound(role: str, *subjects: dict[str, str]) -> dict[str, Any]:
    given = subjects or ({"kind": "ServiceAccount", "name": "gpu", "namespace": "gpu"},)
    return an_object(
        RBAC,
        "ClusterRoleBinding",
        role,
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        subjects=list(given),
    )


ALL = _role("cluster-admin", {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]})
MASTERS = _bound("cluster-admin", {"kind": "Group", "name": "system:masters"})
AS_ASKED = _role("asked", _rule("resourceclaims/driver", verbs=("associated-node:update",)))
WRITING = (SHORT, SLICE, CLAIM, ALL, MASTERS, _bound("gpu-driver"))
CASES = (
    Case(
        check=CHECK,
        name="a driver that reports in claims, and will be refused",
        severities=("blocker",),
        snapshot=a_snapshot(*WRITING, version="v1.35.4"),
        target=Minor(1, 36),
    ),
    Case(
        check=CHECK,
        name="a driver that reports in claims and may go on by another role",
        severities=("warning",),
        snapshot=a_snapshot(*WRITING, AS_ASKED, _bound("asked"), version="v1.35.4"),
        target=Minor(1, 36),
    ),
    Case(
        check=CHECK,
        name="a driver that may be in a group with the permission",
        severities=("warning",),
        snapshot=a_snapshot(
            *WRITING,
            AS_ASKED,
            _bound("asked", {"kind": "Group", "name": "system:serviceaccounts:gpu"}),
            version="v1.35.4",
        ),
        target=Minor(1, 36),
    ),
    Case(
        check=CHECK,
        name="reports that were written although the minor asks already",
        severities=("warning",),
        snapshot=a_snapshot(*WRITING, version="v1.36.2"),
        target=Minor(1, 37),
    ),
    Case(
        check=CHECK,
        name="a role that nobody has, and reports of an unknown writer",
        severities=("warning",),
        snapshot=a_snapshot(SHORT, SLICE, CLAIM, version="v1.35.4"),
        target=Minor(1, 36),
    ),
    Case(
        check=CHECK,
        name="a driver that may write the whole status only",
        severities=("warning",),
        snapshot=a_snapshot(SHORT, SLICE),
    ),
    Case(
        check=CHECK,
        name="drivers that may do what the target asks about, readers, and Kubernetes itself",
        severities=(),
        snapshot=a_snapshot(
            _role(
                "new",
                _rule("resourceclaims/status"),
                _rule("resourceclaims/driver", verbs=("associated-node:update", "associated-node:patch")),
            ),
            _role("scheduler", _rule("resourceclaims/status"), _rule("resourceclaims/binding")),
            _role("all", {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}),
            _role("reader", _rule("resourceclaims/status", verbs=("get",))),
            _role("system:kube-scheduler", _rule("resourceclaims/status")),
            SLICE,
        ),
    ),
    Case(
        check=CHECK,
        name="a target that does not ask",
        severities=(),
        snapshot=a_snapshot(SHORT, version="v1.34.2"),
        target=Minor(1, 35),
    ),
    Case(
        check=CHECK,
        name="a cluster that does not serve devices",
        severities=(),
        snapshot=a_snapshot(unread=[not_served(ResourceSlice)]),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
    Case(
        check=CHECK,
        name="a manifest",
        severities=("warning",),
        files=f"""
apiVersion: {RBAC}
kind: ClusterRole
metadata: {{name: gpu-driver}}
rules:
- {{apiGroups: [resource.k8s.io], resources: [resourceclaims/status], verbs: [patch]}}
""",
    ),
)
