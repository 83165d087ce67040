"""Profiles that stand in annotations."""

from tests.builders import a_snapshot
from tests.checks.corpus import Case
from tests.checks.workloads import a_workload

CHECK = "pod-security-annotation"
SECCOMP = {"seccomp.security.alpha.kubernetes.io/pod": "runtime/default"}
APP_ARMOR = {"container.apparmor.security.beta.kubernetes.io/main": "runtime/default"}
CASES = (
    Case(
        check=CHECK,
        name="a seccomp profile by annotation only",
        severities=("warning",),
        snapshot=a_snapshot(a_workload("web", annotations=SECCOMP)),
    ),
    Case(
        check=CHECK,
        name="an AppArmor profile by annotation only",
        severities=("info",),
        snapshot=a_snapshot(a_workload("web", annotations=APP_ARMOR)),
    ),
    Case(
        check=CHECK,
        name="annotations beside the fields",
        severities=(),
        snapshot=a_snapshot(
            a_workload(
                "web",
                annotations=SECCOMP | APP_ARMOR,
                container={"securityContext": {"appArmorProfile": {"type": "RuntimeDefault"}}},
                spec={"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}},
            )
        ),
    ),
    Case(
        check=CHECK,
        name="an annotation for a container that is not there",
        severities=(),
        snapshot=a_snapshot(
            a_workload(
                "web", annotations={"container.apparmor.security.beta.kubernetes.io/gone": "unconfined"}
            )
        ),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
    Case(
        check=CHECK,
        name="a manifest",
        severities=("warning",),
        files="""
apiVersion: v1
kind: Pod
metadata: {name: a, annotations: {container.seccomp.security.alpha.kubernetes.io/main: docker/default}}
spec: {containers: [{name: main, image: example.org/app:1}]}
""",
    ),
)
