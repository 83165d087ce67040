"""Files that hold what the target lacks."""

from tests.checks.corpus import Case

from seatrial.cluster.version import Minor

CHECK = "removed-api-in-file"


def a_file(api_version: str, kind: str) -> str:
    return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: one}}\n"


CASES = (
    Case(
        check=CHECK,
        name="a version that goes with the target",
        severities=("blocker",),
        files=a_file("networking.k8s.io/v1beta1", "IPAddress"),
    ),
    Case(
        check=CHECK,
        name="a budget of long ago",
        severities=("blocker",),
        files=a_file("policy/v1beta1", "PodDisruptionBudget"),
    ),
    Case(
        check=CHECK,
        name="a flow schema that went with 1.32",
        severities=("blocker",),
        files=a_file("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema"),
    ),
    Case(
        check=CHECK,
        name="a version that goes later",
        severities=("info",),
        files=a_file("networking.k8s.io/v1beta1", "IPAddress"),
        target=Minor(1, 36),
    ),
    Case(
        check=CHECK,
        name="a kind that never was",
        severities=("warning",),
        files=a_file("apps/v1", "Deploymint"),
    ),
    Case(check=CHECK, name="current versions", severities=(), files=a_file("apps/v1", "Deployment")),
    Case(
        check=CHECK, name="a kind of an add-on", severities=(), files=a_file("cert-manager.io/v1", "Issuer")
    ),
    Case(check=CHECK, name="a file without objects", severities=(), files="replicas: 3\n"),
)
