"""Which clusters of a fleet are ready, and which cause to remove first."""

from hypothesis import given
from hypothesis import strategies as st

from seatrial.checks.cluster_reports import ClusterReport
from seatrial.checks.fleet_readiness import Readiness, fleet_readiness
from seatrial.cluster.findings import Finding, Incomplete, Report, Severity


def _cluster(
    name: str, *blockers: str, warned: bool = False, gap: bool = False, team: str = ""
) -> ClusterReport:
    findings = [
        Finding(
            check=check,
            severity=Severity.BLOCKER,
            title=check.upper(),
            message="m",
            responsible=(f"team={team}",) if team else (),
        )
        for check in blockers
    ]
    if warned:
        findings.append(Finding(check="w", severity=Severity.WARNING, title="W", message="m"))
    gaps = (Incomplete(check="g", what="nodes", why="forbidden"),) if gap else ()
    report = Report(target="1.37", subject=name, findings=tuple(findings), incomplete=gaps)
    return ClusterReport(cluster=name, version="v1.36.1", report=report)


def test_cause_that_alone_holds_most_clusters_comes_first() -> None:
    found = fleet_readiness(
        [
            _cluster("a", "budget", "webhook"),
            _cluster("b", "webhook"),
            _cluster("c", "budget", "webhook"),
            _cluster("d", "budget", "skew"),
            _cluster("e", "webhook", team="shop"),
        ]
    )
    assert [(each.check, each.clusters, each.unblocks) for each in found.causes] == [
        ("webhook", ("a", "b", "c", "e"), ("b", "e")),
        ("budget", ("a", "c", "d"), ()),
        ("skew", ("d",), ()),
    ]
    assert found.causes[0].responsible == ("team=shop",)


def test_ready_warned_unknown_and_blocked_are_told_apart() -> None:
    found = fleet_readiness(
        [_cluster("a"), _cluster("b", warned=True), _cluster("c", gap=True), _cluster("d", "x", gap=True)]
    )
    assert found.clusters == {
        "a": Readiness.READY,
        "b": Readiness.WARNED,
        "c": Readiness.UNKNOWN,
        "d": Readiness.BLOCKED,
    }
    unread, other = found.causes
    assert (unread.title, unread.clusters, unread.unblocks) == (
        "Something could not be read",
        ("c", "d"),
        ("c",),
    )
    assert (other.check, other.unblocks) == ("x", ()), "what could not be read may hide more"


def test_an_empty_fleet_has_no_causes() -> None:
    assert fleet_readiness([]).causes == ()


@given(st.lists(st.sets(st.sampled_from("pqrs")), max_size=6))
def test_a_cause_unblocks_exactly_the_clusters_that_it_alone_blocks(blockers: list[set[str]]) -> None:
    clusters = [_cluster(str(number), *sorted(each)) for number, each in enumerate(blockers)]
    found = fleet_readiness(clusters)
    for cause in found.causes:
        others = [
            _cluster(each.cluster, *(b.check for b in each.report.blockers if b.check != cause.check))
            for each in clusters
        ]
        without = fleet_readiness(others)
        freed = {
            name
            for name, state in without.clusters.items()
            if state is Readiness.READY and found.clusters[name] is Readiness.BLOCKED
        }
        assert freed == set(cause.unblocks)
