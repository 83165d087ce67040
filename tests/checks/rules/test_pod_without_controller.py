"""Pods that nothing makes again."""

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
)
