"""Charts whose kubeVersion leaves the target out."""

from tests.builders import a_snapshot
from tests.checks.corpus import Case, run

from seatrial.cluster.helm_release import ChartName, ReleaseRecord, ReleaseStatus

CHECK = "chart-excludes-target"


def a_release(
    constraint: str, name: str = "web", revision: int = 1, status: ReleaseStatus = ReleaseStatus.DEPLOYED
) -> ReleaseRecord:
    return ReleaseRecord(name, "shop", revision, status, ChartName("web", "1.2.3", "", constraint), ())


def a_case(name: str, expected: tuple[str, ...], *releases: ReleaseRecord) -> Case:
    return Case(check=CHECK, name=name, severities=expected, snapshot=a_snapshot(releases=releases))


CASES = (
    a_case("a chart up to the current minor", ("warning",), a_release(">=1.25.0-0 <1.37.0-0")),
    a_case("two releases of one such chart", ("warning",), a_release("<1.37"), a_release("<1.37", "api")),
    a_case("a chart for all from some minor on", (), a_release(">=1.25.0-0")),
    a_case("a chart without a constraint", (), a_release("")),
    a_case(
        "an older revision of a chart that moved on",
        (),
        a_release("<1.37", status=ReleaseStatus.SUPERSEDED),
        a_release(">=1.25", revision=2),
    ),
    a_case("a cluster without releases", ()),
)


def test_finding_says_which_constraint_and_which_releases() -> None:
    (finding,) = run(CASES[1]).findings
    assert "its kubeVersion is '<1.37'. Installed as shop/api, shop/web." in finding.message
    (already,) = run(a_case("", (), a_release("<1.30"))).findings
    assert "does not allow 1.36.4 either" in already.message
