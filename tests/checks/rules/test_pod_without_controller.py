"""Pods that nothing makes again."""

import json

from tests.builders import a_deployment, a_pod, a_snapshot
from tests.checks.corpus import Case, run

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


def test_one_pod_and_many_are_told_and_mended_in_their_own_words() -> None:
    one = run(CASES[0]).findings[0]
    two = run(CASES[0], a_snapshot(a_pod("b"), a_pod("a"))).findings[0]
    assert (one.message, one.fix) == (
        "Namespace shop: Pod lone has no controller: a drain deletes it and nothing brings it back.",
        "Put it under a Deployment, StatefulSet or Job, or delete it before the upgrade.",
    )
    assert (two.message, two.fix) == (
        "Namespace shop: Pods a, b have no controller: a drain deletes them and nothing brings them back.",
        "Put them under a Deployment, StatefulSet or Job, or delete them before the upgrade.",
    )
