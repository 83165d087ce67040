"""Which code `seatrial check` exits with: what was found, less what the user said not to fail on."""

from __future__ import annotations

from collections.abc import Iterable

from seatrial.checks.cluster_reports import worst_exit_code
from seatrial.cli.check_format import FailOn
from seatrial.cluster.findings import Report, Severity
from seatrial.errors import ExitCode

_FAILS_ON = {
    FailOn.INFO: {ExitCode.WARNINGS, ExitCode.INCOMPLETE, ExitCode.BLOCKERS},
    FailOn.WARNING: {ExitCode.WARNINGS, ExitCode.INCOMPLETE, ExitCode.BLOCKERS},
    FailOn.INCOMPLETE: {ExitCode.INCOMPLETE, ExitCode.BLOCKERS},
    FailOn.BLOCKER: {ExitCode.BLOCKERS},
    FailOn.NEVER: set(),
}


def exit_code_of(reports: Iterable[Report], fail_on: FailOn) -> ExitCode:
    """The worst of `reports` that `fail_on` lets through, else 0; with `info`, a note counts as a warning.

    With `blocker` what could not be read no longer fails: the report still says so.
    """
    reports = tuple(reports)
    codes = {each.exit_code for each in reports} & _FAILS_ON[fail_on]
    if not codes and fail_on is FailOn.INFO and any(each.count(Severity.INFO) for each in reports):
        return ExitCode.WARNINGS
    return worst_exit_code(each for each in reports if each.exit_code in codes)
