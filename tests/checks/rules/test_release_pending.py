"""Releases that a dead Helm left locked."""

from tests.builders import a_snapshot
from tests.checks.corpus import Case, run

from seatrial.cluster.helm_release import ChartName, ReleaseRecord, ReleaseStatus

CHECK = "release-pending"
YESTERDAY, JUST_NOW = "2026-11-20T12:00:00.123456789Z", "2026-11-21T11:58:00.123456789Z"


def a_revision(
    number: int, status: ReleaseStatus, updated: str = YESTERDAY, name: str = "web"
) -> ReleaseRecord:
    return ReleaseRecord(name, "shop", number, status, ChartName("web", "1.2.3"), (), updated=updated)


GOOD = a_revision(1, ReleaseStatus.DEPLOYED)
CASES = (
    Case(
        check=CHECK,
        name="an upgrade that was cut off yesterday",
        severities=("warning",),
        snapshot=a_snapshot(releases=[GOOD, a_revision(2, ReleaseStatus.PENDING_UPGRADE)]),
    ),
    Case(
        check=CHECK,
        name="an install without a date",
        severities=("warning",),
        snapshot=a_snapshot(releases=[a_revision(1, ReleaseStatus.PENDING_INSTALL, "")]),
    ),
    Case(
        check=CHECK,
        name="an upgrade that began two minutes ago",
        severities=("info",),
        snapshot=a_snapshot(releases=[GOOD, a_revision(2, ReleaseStatus.PENDING_UPGRADE, JUST_NOW)]),
    ),
    Case(
        check=CHECK,
        name="a cut-off revision that a later one followed",
        severities=(),
        snapshot=a_snapshot(
            releases=[a_revision(1, ReleaseStatus.PENDING_INSTALL), a_revision(2, ReleaseStatus.DEPLOYED)]
        ),
    ),
    Case(check=CHECK, name="a cluster without releases", severities=(), snapshot=a_snapshot()),
)


def test_way_out_is_the_last_good_revision_or_none_at_all() -> None:
    (cut_off,) = run(CASES[0]).findings
    assert cut_off.fix.endswith("helm rollback web 1 --namespace shop")
    assert str(cut_off.owner) == "Helm release shop/web"
    assert "pending-upgrade since 2026-11-20 12:00 (revision 2)" in cut_off.message
    (never,) = run(CASES[1]).findings
    assert never.fix.endswith("helm uninstall web --namespace shop")
