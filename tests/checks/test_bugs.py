"""A check that breaks is a gap of its own: the others speak, and nothing of the objects is said."""

from collections.abc import Iterator
from typing import NoReturn

import pytest
from msgspec.structs import replace
from tests.builders import a_pod, a_snapshot
from tests.checks.reports import TARGET

from seatrial.checks.check import Check, Context
from seatrial.checks.registry import get_check
from seatrial.checks.run import check_snapshot
from seatrial.checks.settings import DEFAULT_SETTINGS
from seatrial.cli.check_settings import settings_for
from seatrial.cluster.findings import Finding, Incomplete, Severity
from seatrial.cluster.models import Pod
from seatrial.cluster.version import Minor
from seatrial.errors import ExitCode

CLUSTER = a_snapshot(a_pod("bare"))


def _breaking(problem: BaseException) -> Check:
    """Finds one thing, then breaks."""

    def function(check: Check, context: Context) -> Iterator[Finding | Incomplete]:
        yield check.finding(Severity.INFO, "seen before")
        _below(problem)

    return Check("broken", "It breaks", (Pod,), False, function, "")


def _below(problem: BaseException) -> NoReturn:
    raise problem


def test_a_check_that_breaks_is_incomplete_and_the_others_go_on() -> None:
    checks = [_breaking(KeyError("s3cret")), get_check("pod-without-controller")]
    report = check_snapshot(CLUSTER, TARGET, checks)
    assert [each.check for each in report.findings] == ["pod-without-controller", "broken"]
    assert report.exit_code is ExitCode.INCOMPLETE
    (gap,) = report.incomplete
    assert (gap.check, gap.what) == ("broken", "It breaks")
    line = _below.__code__.co_firstlineno + 1
    assert gap.why == (
        f"this check met something that it does not handle: KeyError at test_bugs.py:{line}."
        " What it found before that is shown."
    )
    assert "report it" in gap.next_step
    assert "s3cret" not in f"{gap}"


def test_the_line_below_the_rule_is_said_where_it_is_ours() -> None:
    def function(check: Check, context: Context) -> Iterator[Finding | Incomplete]:
        Minor.parse(None)  # type: ignore[arg-type]
        yield check.incomplete("", "")

    (gap,) = check_snapshot(CLUSTER, TARGET, [replace(_breaking(KeyError()), function=function)]).incomplete
    assert ", in cluster/version.py:" in gap.why


@pytest.mark.parametrize(
    "problem", [RecursionError(), AssertionError(), UnicodeError(), ExceptionGroup("", [ValueError()])]
)
def test_whatever_it_is(problem: Exception) -> None:
    (gap,) = check_snapshot(CLUSTER, TARGET, [_breaking(problem)]).incomplete
    assert type(problem).__name__ in gap.why


@pytest.mark.parametrize("problem", [MemoryError(), KeyboardInterrupt(), SystemExit(1)])
def test_what_is_no_fault_of_the_check_ends_the_run(problem: BaseException) -> None:
    with pytest.raises(type(problem)):
        check_snapshot(CLUSTER, TARGET, [_breaking(problem)])


def test_whoever_looks_for_the_cause_gets_the_exception() -> None:
    with pytest.raises(KeyError):
        check_snapshot(CLUSTER, TARGET, [_breaking(KeyError())], replace(DEFAULT_SETTINGS, raises_bugs=True))


@pytest.mark.parametrize(("value", "raises"), [("1", True), ("", False)])
def test_the_command_line_asks_for_it_by_the_environment(
    value: str, raises: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEATRIAL_TRACEBACK", value)
    assert settings_for(None, "").raises_bugs is raises
