"""Objects that only remember a version which is gone."""

from tests.builders import a_snapshot, an_object
from tests.checks.corpus import Case
from tests.checks.test_removed_apis import a_budget_written_as

CHECK = "removed-api-remembered"
CASES = (
    Case(
        check=CHECK,
        name="a field manager of long ago",
        severities=("info",),
        snapshot=a_snapshot(a_budget_written_as("policy/v1beta1")),
    ),
    Case(
        check=CHECK,
        name="kubectl applied it long ago",
        severities=("info",),
        snapshot=a_snapshot(
            an_object(
                "policy/v1",
                "PodDisruptionBudget",
                "web",
                "shop",
                annotations={
                    "kubectl.kubernetes.io/last-applied-configuration": (
                        '{"apiVersion":"policy/v1beta1","kind":"PodDisruptionBudget",'
                        '"metadata":{"name":"web","namespace":"shop"}}'
                    )
                },
            )
        ),
    ),
    Case(
        check=CHECK,
        name="a field manager of today",
        severities=(),
        snapshot=a_snapshot(a_budget_written_as("policy/v1")),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)
