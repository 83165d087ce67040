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
CASES = (
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
