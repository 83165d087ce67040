"""Selectors of labels that were renamed."""

from typing import Any

from tests.builders import a_node, a_snapshot
from tests.checks.corpus import Case
from tests.checks.workloads import a_workload

CHECK = "legacy-label-selected"
MASTER = "node-role.kubernetes.io/master"
ON_MASTERS = {"nodeSelector": {MASTER: ""}}


def _affinity(*keys: str) -> dict[str, Any]:
    terms = [{"matchExpressions": [{"key": key, "operator": "In", "values": ["linux"]}]} for key in keys]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return {"affinity": {"nodeAffinity": required}}


CASES = (
    Case(
        check=CHECK,
        name="running pods whose label no node has any more",
        severities=("blocker",),
        snapshot=a_snapshot(a_node(), a_workload("reflector", spec=ON_MASTERS)),
    ),
    Case(
        check=CHECK,
        name="a DaemonSet for nodes that are not there",
        severities=("warning",),
        snapshot=a_snapshot(a_node(), a_workload("agent", kind="DaemonSet", spec=ON_MASTERS)),
    ),
    Case(
        check=CHECK,
        name="an affinity to a label that nodes still have",
        severities=("warning",),
        snapshot=a_snapshot(
            a_node(labels={"beta.kubernetes.io/os": "linux"}),
            a_workload("web", spec=_affinity("beta.kubernetes.io/os")),
        ),
    ),
    Case(
        check=CHECK,
        name="a toleration of the old taint only, where nodes carry the new one",
        severities=("warning",),
        snapshot=a_snapshot(
            {**a_node(), "spec": {"taints": [{"key": "node-role.kubernetes.io/control-plane"}]}},
            a_workload(
                "agent", kind="DaemonSet", spec={"tolerations": [{"key": MASTER, "operator": "Exists"}]}
            ),
        ),
    ),
    Case(
        check=CHECK,
        name="one of two alternatives, both tolerations, and new names",
        severities=(),
        snapshot=a_snapshot(
            {**a_node(), "spec": {"taints": [{"key": "node-role.kubernetes.io/control-plane"}]}},
            a_workload("web", spec=_affinity("beta.kubernetes.io/os", "kubernetes.io/os")),
            a_workload("new", spec={"nodeSelector": {"kubernetes.io/os": "linux"}}),
            a_workload(
                "agent",
                kind="DaemonSet",
                spec={
                    "tolerations": [
                        {"key": MASTER, "operator": "Exists"},
                        {"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"},
                    ]
                },
            ),
        ),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
    Case(
        check=CHECK,
        name="a manifest that spreads over the old zones",
        severities=("warning",),
        files="""
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers: [{name: main, image: example.org/web:1}]
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: failure-domain.beta.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule}
""",
    ),
)
