"""The baseline file of `seatrial check`: read to set known findings apart, or written from what was found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.errors import BadInput

if TYPE_CHECKING:
    from seatrial.cluster.findings import Report


def refuse_two_baselines(baseline: Path | None, write_baseline: Path | None, *, many: bool) -> None:
    """Before anything is read."""
    if baseline is not None and write_baseline is not None and baseline != write_baseline:
        raise BadInput(
            "--baseline and --write-baseline name different files.",
            next_step="Give one of them, or the same file to renew it.",
        )
    if many and (baseline or write_baseline):
        raise BadInput("a baseline is about one cluster or set of files.", next_step="Check one at a time.")


def apply_baseline(report: Report, baseline: Path | None, write_baseline: Path | None) -> Report:
    """The report with known findings set apart; what is written remembers all that was found now."""
    from seatrial.checks.baseline import baseline_of, read_baseline, without_known
    from seatrial.whole_file import write_whole

    known = None
    if baseline is not None and (baseline.exists() or write_baseline is None):
        known = read_baseline(baseline.read_bytes(), str(baseline))
    if write_baseline is not None:
        raw = baseline_of(report)
        write_whole(write_baseline, raw)
        known = read_baseline(raw, str(write_baseline))
    return without_known(report, known) if known is not None else report
