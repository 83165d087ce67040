"""Each check fires where it must, and is silent where it must, on live clusters and portable snapshots."""

import pytest
from tests.checks.corpus import Case, all_cases, run

from seatrial.capture.redact import portable
from seatrial.checks.registry import all_checks
from seatrial.cluster.findings import Finding

CASES = tuple(all_cases())


def _name(case: Case) -> str:
    return f"{case.check}: {case.name}"


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_check_says_what_the_case_expects(case: Case) -> None:
    report = run(case)
    assert report.incomplete == ()
    assert tuple(each.severity.value for each in report.findings) == case.severities


@pytest.mark.parametrize("case", [case for case in CASES if case.snapshot], ids=_name)
def test_a_portable_snapshot_leads_to_the_same_findings(case: Case) -> None:
    assert case.snapshot is not None
    live, carried = run(case), run(case, portable(case.snapshot))
    assert carried.incomplete == ()
    assert [_without_text(each) for each in carried.findings] == [
        _without_text(each) for each in live.findings
    ]


def test_every_check_is_shown_firing_and_staying_silent() -> None:
    for expected in (True, False):
        shown = {case.check for case in CASES if bool(case.severities) is expected}
        assert [each.id for each in all_checks() if each.id not in shown] == []


def _without_text(finding: Finding) -> tuple[object, ...]:
    return finding.check, finding.severity, finding.objects, finding.owner, finding.evidence
