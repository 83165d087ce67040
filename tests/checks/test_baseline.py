"""A baseline hides what was there before, and nothing that is new or worse."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import a_pod, a_snapshot
from tests.checks.reports import TARGET, report

from seatrial.checks.baseline import baseline_of, read_baseline, without_known
from seatrial.cluster.findings import Finding, Report, Severity
from seatrial.cluster.objects import ObjectRef
from seatrial.errors import BadFormat, ExitCode, NewerFormat

LONE = "pod-without-controller"


def _remembered(before: Report, now: Report) -> Report:
    return without_known(now, read_baseline(baseline_of(before), "b.json"))


def _file_finding(line: int, severity: Severity = Severity.BLOCKER) -> Report:
    ref = ObjectRef("extensions/v1beta1", "Ingress", "shop", "web")
    found = Finding(
        check="x", severity=severity, title="t", message="m", objects=(ref,), location=f"app.yaml:{line}"
    )
    return Report(target="1.37", subject="app.yaml", findings=(found,))


def test_what_was_there_before_is_known_and_does_not_count() -> None:
    now = report(LONE, a_snapshot(a_pod("a")))
    compared = _remembered(now, now)
    assert (compared.findings, compared.known, compared.exit_code) == ((), now.findings, ExitCode.CLEAN)


def test_a_new_object_of_an_old_finding_is_new() -> None:
    before, now = report(LONE, a_snapshot(a_pod("a"))), report(LONE, a_snapshot(a_pod("a"), a_pod("b")))
    (new,) = _remembered(before, now).findings
    assert [ref.name for ref in new.objects] == ["b"]


def test_a_line_that_moved_is_known_and_a_worse_severity_is_new() -> None:
    assert _remembered(_file_finding(1), _file_finding(7)).findings == ()
    worse = _remembered(_file_finding(1, Severity.WARNING), _file_finding(1))
    assert worse.findings == _file_finding(1).findings
    assert _remembered(_file_finding(1), _file_finding(1, Severity.WARNING)).findings == ()


def test_a_baseline_written_over_another_keeps_what_is_still_there() -> None:
    now = report(LONE, a_snapshot(a_pod("a")))
    assert baseline_of(_remembered(now, now)) == baseline_of(now)


@pytest.mark.parametrize("raw", [b"", b"nonsense", b"[]", b"{}", b'{"kind":"SeatrialReport","format":1}'])
def test_file_that_is_no_baseline_is_said_so(raw: bytes) -> None:
    with pytest.raises(BadFormat, match="no baseline"):
        read_baseline(raw, "b.json")


def test_baseline_of_a_newer_seatrial_is_refused() -> None:
    newer = msgspec.json.encode({"format": 2, "kind": "SeatrialBaseline", "target": "1.40", "rows": []})
    with pytest.raises(NewerFormat, match="format 2"):
        read_baseline(newer, "b.json")


names = st.sets(st.sampled_from("abcdef"), max_size=6)


@given(before=names, now=names)
def test_new_is_exactly_what_was_not_there_before(before: set[str], now: set[str]) -> None:
    def seen(pods: set[str]) -> Report:
        return report(LONE, a_snapshot(*map(a_pod, sorted(pods))), TARGET)

    compared = _remembered(seen(before), seen(now))
    assert {ref.name for each in compared.findings for ref in each.objects} == now - before
