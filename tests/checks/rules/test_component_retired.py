"""Components whose projects ended."""

from tests.builders import a_snapshot
from tests.checks.corpus import Case
from tests.checks.workloads import a_workload

CHECK = "component-retired"
MIRRORED = "mirror.example.org:5000/k8s/ingress-nginx/controller:v1.12.1@sha256:0123"
CASES = (
    Case(
        check=CHECK,
        name="the controller of ingress-nginx from a mirror",
        severities=("warning",),
        snapshot=a_snapshot(a_workload("edge", image=MIRRORED)),
    ),
    Case(
        check=CHECK,
        name="another controller of Ingress",
        severities=(),
        snapshot=a_snapshot(a_workload("edge", image="nginx/nginx-ingress:5.0.0")),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
    Case(
        check=CHECK,
        name="a manifest of it",
        severities=("warning",),
        files=f"""
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: edge, namespace: edge}}
spec: {{template: {{spec: {{containers: [{{name: main, image: "{MIRRORED}"}}]}}}}}}
""",
    ),
)
