"""What somebody decided to live with, until when, and no longer."""

from datetime import date

import pytest
from msgspec.structs import replace
from tests.builders import a_budget, a_deployment, a_pod, a_snapshot, forbidden
from tests.checks.reports import TARGET
from tests.checks.rules.custom_definitions import a_definition

from seatrial.checks.registry import get_check
from seatrial.checks.run import Inputs, check_inputs
from seatrial.checks.settings import DEFAULT_SETTINGS
from seatrial.checks.waivers import Waiver
from seatrial.cluster.findings import Report
from seatrial.cluster.models import PodDisruptionBudget
from seatrial.cluster.snapshot import Snapshot
from seatrial.errors import ExitCode

BLOCKED = a_snapshot(*a_deployment("web"), a_budget("web", max_unavailable=0))
LONE = a_snapshot(a_pod("a"), a_pod("b"))
WAIVER = Waiver(check="budget-never-allows", who="ada", why="moves next week", until=date(2026, 12, 1))


def _report(snapshot: Snapshot, waiver: Waiver, today: date = date(2026, 11, 22)) -> Report:
    settings = replace(DEFAULT_SETTINGS, waivers=(waiver,), today=today)
    checks = [get_check("budget-never-allows"), get_check("pod-without-controller")]
    return check_inputs(Inputs("c", snapshot), TARGET, checks, settings)


def test_waived_finding_no_longer_counts_and_says_who_and_why() -> None:
    report = _report(BLOCKED, WAIVER)
    assert (report.findings, report.exit_code) == ((), ExitCode.CLEAN)
    (waived,) = report.waived
    assert (waived.who, waived.why, waived.until) == ("ada", "moves next week", "2026-12-01")
    assert waived.finding.check == "budget-never-allows"


def test_waiver_holds_on_its_last_day_and_is_reported_the_day_after() -> None:
    assert _report(BLOCKED, WAIVER, date(2026, 12, 1)).findings == ()
    late = _report(BLOCKED, WAIVER, date(2026, 12, 2))
    assert [(each.severity.value, each.title) for each in late.findings] == [
        ("blocker", "A disruption budget never allows an eviction"),
        ("info", "A waiver has run out"),
    ]
    assert late.waived == ()
    assert late.findings[1].message == "ada waived budget-never-allows until 2026-12-01: moves next week."


def test_waiver_that_ran_out_says_where_nothing_needs_it() -> None:
    other = replace(WAIVER, objects=("shop/poddisruptionbudget/other",))
    (said,) = [each for each in _report(BLOCKED, other, date(2027, 1, 1)).findings if "waiver" in each.title]
    assert said.message.endswith("moves next week. Nothing here needs it.")
    assert "budget-never-allows of shop/poddisruptionbudget/other" in said.message


def test_waiver_of_another_check_changes_nothing() -> None:
    other = replace(WAIVER, check="node-not-ready", until=date(2020, 1, 1))
    assert _report(BLOCKED, other) == _report(BLOCKED, replace(other, until=date(2030, 1, 1)))


@pytest.mark.parametrize(
    ("selector", "waived"),
    [
        ({"namespaces": ("shop",)}, True),
        ({"namespaces": ("sh*",)}, True),
        ({"namespaces": ("bank",)}, False),
        ({"objects": ("shop/poddisruptionbudget/web",)}, True),
        ({"objects": ("*/poddisruptionbudget/*",)}, True),
        ({"objects": ("shop/pod/*",)}, False),
        ({"objects": ("*/web",), "namespaces": ("bank",)}, False),
    ],
)
def test_selector_decides(selector: dict[str, tuple[str, ...]], waived: bool) -> None:
    report = _report(BLOCKED, replace(WAIVER, **selector))
    assert bool(report.waived) is waived
    assert bool(report.findings) is not waived


def test_only_the_objects_that_are_waived_leave_the_finding() -> None:
    lone = replace(WAIVER, check="pod-without-controller", objects=("shop/pod/a",))
    report = _report(LONE, lone)
    assert [[str(ref) for ref in each.objects] for each in report.findings] == [["shop/pod/b"]]
    assert "(1 of 2 are waived.)" in report.findings[0].message
    assert [str(ref) for ref in report.waived[0].finding.objects] == ["shop/pod/a"]


def test_the_fixes_of_objects_that_are_waived_leave_the_finding_with_them() -> None:
    versions, stored = (("v1", "served storage"), ("v1beta1", "")), ("v1beta1", "v1")
    crds = [
        a_definition(f"{name}.example.org", kind=name.title(), versions=versions, stored=stored)
        for name in ("bells", "drums")
    ]
    waiver = replace(WAIVER, check="crd-stored-version", objects=("customresourcedefinition/bells.*",))
    settings = replace(DEFAULT_SETTINGS, waivers=(waiver,), today=date(2026, 11, 22))
    checks = [get_check("crd-stored-version")]
    report = check_inputs(Inputs("c", a_snapshot(*crds)), TARGET, checks, settings)
    (left,), (waived,) = report.findings, report.waived
    assert [each.target.name for each in left.proposals] == ["drums.example.org"]
    assert [each.target.name for each in waived.finding.proposals] == ["bells.example.org"]


def test_what_could_not_be_read_cannot_be_waived() -> None:
    report = _report(a_snapshot(unread=[forbidden(PodDisruptionBudget)]), WAIVER)
    assert report.exit_code is ExitCode.INCOMPLETE
