"""kube-proxy and control planes whose versions do not go together."""

from tests.builders import a_snapshot
from tests.checks.corpus import Case, run
from tests.checks.rules.nodes import a_component

CHECK = "component-skew"


def servers(*versions: str) -> list[dict[str, object]]:
    return [
        a_component("kube-apiserver", version, static=True, node=f"node-{number}")
        for number, version in enumerate(versions, start=1)
    ]


CASES = (
    Case(
        check=CHECK,
        name="kube-proxy four minors behind the target",
        severities=("blocker",),
        snapshot=a_snapshot(a_component("kube-proxy", "v1.33.1")),
    ),
    Case(
        check=CHECK,
        name="kube-proxy as old as may be, with a provider's tag",
        severities=(),
        snapshot=a_snapshot(a_component("kube-proxy", "v1.34.0-minimal-eksbuild.1")),
    ),
    Case(
        check=CHECK,
        name="kube-proxy newer than the API server",
        severities=("warning",),
        snapshot=a_snapshot(a_component("kube-proxy", "v1.37.0")),
    ),
    Case(
        check=CHECK,
        name="an unfinished upgrade of the control plane, before the next",
        severities=("blocker",),
        snapshot=a_snapshot(*servers("v1.36.4", "v1.35.2"), version="v1.36.4"),
    ),
    Case(
        check=CHECK,
        name="API servers of one version, and older helpers",
        severities=(),
        snapshot=a_snapshot(
            *servers("v1.36.4", "v1.36.3"), a_component("kube-scheduler", "v1.35.2", static=True)
        ),
    ),
    Case(
        check=CHECK,
        name="a scheduler newer than an API server",
        severities=("warning",),
        snapshot=a_snapshot(*servers("v1.36.4"), a_component("kube-scheduler", "v1.37.0", static=True)),
    ),
    Case(
        check=CHECK,
        name="somebody's own image that is no version",
        severities=(),
        snapshot=a_snapshot(
            a_component("kube-proxy", "latest"), a_component("kube-proxy-exporter", "v1.2.0")
        ),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)


def test_message_says_which_would_stand_side_by_side() -> None:
    found = run(next(case for case in CASES if case.name.startswith("an unfinished"))).findings
    assert found[0].message == (
        "API servers run 1.35 and 1.36: an upgrade of the control plane is not finished."
        " Going on to 1.37 puts 1.35 and 1.37 side by side."
    )
