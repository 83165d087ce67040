"""The corpus: clusters and files of ours, each showing one check firing or staying silent.

A case stands beside its check's tests, in the tuple `CASES` of `tests/checks/rules/test_*.py`;
`test_corpus.py` holds every check to them, live and portable.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tests.checks.reports import TARGET

from seatrial.checks.registry import get_check
from seatrial.checks.run import Inputs, check_inputs
from seatrial.checks.settings import DEFAULT_SETTINGS, CheckSettings
from seatrial.cluster.audit import AuditLog
from seatrial.cluster.findings import Report
from seatrial.cluster.manifests import parse_manifests
from seatrial.cluster.snapshot import Snapshot
from seatrial.cluster.version import Minor


@dataclass(frozen=True, kw_only=True)
class Case:
    check: str
    name: str
    """A sentence: "a budget of 0 over running pods"."""
    severities: tuple[str, ...]
    """What the check must say, worst first; empty: it must stay silent (a near miss)."""
    snapshot: Snapshot | None = None
    files: str = ""
    """YAML."""
    audit: AuditLog | None = None
    target: Minor = TARGET
    settings: CheckSettings = DEFAULT_SETTINGS


def run(case: Case, snapshot: Snapshot | None = None) -> Report:
    """What the case's check says of it; `snapshot` stands in for the case's own."""
    manifests = parse_manifests(case.files, "app.yaml") if case.files else None
    inputs = Inputs("corpus", snapshot or case.snapshot, manifests, case.audit)
    return check_inputs(inputs, case.target, [get_check(case.check)], case.settings)


def all_cases() -> Iterator[Case]:
    for file in sorted((Path(__file__).parent / "rules").glob("test_*.py")):
        module = import_module(f"tests.checks.rules.{file.stem}")
        yield from getattr(module, "CASES", ())
