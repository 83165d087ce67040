"""Pod Security labels of namespaces."""

from tests.builders import a_namespace, a_snapshot
from tests.checks.corpus import Case

CHECK = "pod-security-label"
P = "pod-security.kubernetes.io/"
CASES = (
    Case(
        check=CHECK,
        name="a level that there is not",
        severities=("warning",),
        snapshot=a_snapshot(a_namespace("shop", labels={f"{P}enforce": "default"})),
    ),
    Case(
        check=CHECK,
        name="a version newer than the target and one without its letter",
        severities=("info", "info"),
        snapshot=a_snapshot(
            a_namespace("a", labels={f"{P}warn": "baseline", f"{P}warn-version": "v1.40"}),
            a_namespace("b", labels={f"{P}audit-version": "1.30"}),
        ),
    ),
    Case(
        check=CHECK,
        name="levels and versions as they should be",
        severities=(),
        snapshot=a_snapshot(
            a_namespace("a", labels={f"{P}enforce": "restricted", f"{P}enforce-version": "v1.29"}),
            a_namespace("b", labels={f"{P}enforce": "privileged", f"{P}enforce-version": "latest"}),
            a_namespace("c"),
        ),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
    Case(
        check=CHECK,
        name="a manifest",
        severities=("warning",),
        files="""
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: strict}}
""",
    ),
)
