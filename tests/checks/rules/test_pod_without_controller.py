"""Pods that nothing makes again."""

import json

from tests.builders import a_deployment, a_pod, a_snapshot
from tests.checks.corpus import Case

CHECK = "pod-without-controller"
CASES = (
    Case(check=CHECK, name="a pod made by hand", severities=("warning",), snapshot=a_snapshot(a_pod("lone"))),
    Case(
        check=CHECK,
        name="pods of a deployment",
        severities=(),
        snapshot=a_snapshot(*a_deployment("web")),
    ),
    Case(
        check=CHECK,
        name="a pod in a file, beside a test hook of its chart",
        severities=("warning",),
        files=json.dumps(a_pod("lone"))
        + "\n---\n"
        + json.dumps(a_pod("test", annotations={"helm.sh/hook": "test"})),
    ),
    Case(check=CHECK, name="no pods at all", severities=(), snapshot=a_snapshot()),
)
