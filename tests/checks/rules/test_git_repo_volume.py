"""Volumes that clone a repository."""

from tests.builders import a_snapshot
from tests.checks.corpus import Case
from tests.checks.workloads import a_workload

from seatrial.cluster.version import Minor

CHECK = "git-repo-volume"
VOLUMES = {"volumes": [{"name": "code", "gitRepo": {"repository": "https://example.org/code.git"}}]}
CASES = (
    Case(
        check=CHECK,
        name="a Deployment that clones",
        severities=("blocker",),
        snapshot=a_snapshot(a_workload("web", spec=VOLUMES)),
    ),
    Case(
        check=CHECK,
        name="a Deployment of no replicas that would clone",
        severities=("warning",),
        snapshot=a_snapshot(a_workload("web", spec=VOLUMES, replicas=0)),
    ),
    Case(
        check=CHECK,
        name="a target where a feature gate may allow it",
        severities=("warning",),
        snapshot=a_snapshot(a_workload("web", spec=VOLUMES), version="v1.32.9"),
        target=Minor(1, 33),
    ),
    Case(
        check=CHECK,
        name="a target that still mounts it",
        severities=(),
        snapshot=a_snapshot(a_workload("web", spec=VOLUMES), version="v1.31.9"),
        target=Minor(1, 32),
    ),
    Case(
        check=CHECK,
        name="an emptyDir that an init container fills",
        severities=(),
        snapshot=a_snapshot(a_workload("web", spec={"volumes": [{"name": "code", "emptyDir": {}}]})),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
    Case(
        check=CHECK,
        name="a manifest that clones",
        severities=("blocker",),
        files="""
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers: [{name: main, image: example.org/app:1}]
  volumes: [{name: code, gitRepo: {repository: "https://example.org/code.git"}}]
""",
    ),
)
