"""Targets that cannot be reached; more of them in tests/checks/test_target.py."""

from tests.builders import a_snapshot
from tests.checks.corpus import Case

from seatrial.cluster.provider_state import ProviderState
from seatrial.cluster.version import Minor

CHECK = "target-reachable"
CASES = (
    Case(
        check=CHECK,
        name="two minors at once",
        severities=("blocker",),
        snapshot=a_snapshot(version="v1.35.2"),
    ),
    Case(
        check=CHECK, name="a minor back", severities=("blocker",), snapshot=a_snapshot(), target=Minor(1, 35)
    ),
    Case(
        check=CHECK,
        name="a minor that the provider supports only for extra money",
        severities=("warning",),
        snapshot=a_snapshot(version="v1.32.9", provider=ProviderState(kind="eks", version="1.32.9")),
        target=Minor(1, 33),
    ),
    Case(
        check=CHECK,
        name="a minor that the provider will upgrade by itself when its standard support ends",
        severities=("warning", "warning"),
        snapshot=a_snapshot(
            version="v1.32.9", provider=ProviderState(kind="eks", version="1.32.9", support="standard")
        ),
        target=Minor(1, 33),
    ),
    Case(check=CHECK, name="the next minor", severities=(), snapshot=a_snapshot()),
    Case(
        check=CHECK, name="a patch of the same minor", severities=(), snapshot=a_snapshot(version="v1.37.0")
    ),
)
