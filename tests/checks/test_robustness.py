"""Whatever a cluster or a file holds, each check answers, and each form of report can be written.

The corpus's clusters and files are damaged at random (tests/checks/mutations.py); a failing case names
what it started from and its edits.
"""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout, suppress
from dataclasses import replace
from typing import TypeVar
from unicodedata import category

import msgspec
import pytest
import ryaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.checks.corpus import Case, all_cases
from tests.checks.mutations import Edit, damaged, edits

from seatrial.capture.redact import portable
from seatrial.checks.cluster_reports import ClusterReport
from seatrial.checks.document import report_document
from seatrial.checks.formats.github import github_annotations
from seatrial.checks.formats.html import html_page
from seatrial.checks.formats.sarif import sarif
from seatrial.checks.registry import all_checks
from seatrial.checks.run import Inputs, check_inputs
from seatrial.cli.check_format import Grouping
from seatrial.cli.output import OutputFormat, print_data, print_line
from seatrial.cli.report_table import print_report_table
from seatrial.cli.report_text import print_report
from seatrial.cluster.findings import Report
from seatrial.cluster.manifests import parse_manifests
from seatrial.cluster.objects import Obj
from seatrial.cluster.snapshot import ResourceList, Snapshot
from seatrial.fixes import fix_file
from seatrial.fixes.offers import offers

T = TypeVar("T")
CHECKS = all_checks()
IDS = frozenset(each.id for each in CHECKS)
CASES = {f"{each.check}: {each.name}": each for each in all_cases()}
CLUSTERS = tuple(name for name, each in CASES.items() if each.snapshot)
FILES = tuple(name for name, each in CASES.items() if each.files)
FEW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=4000, deadline=None, suppress_health_check=list(HealthCheck))
CLUSTER_CASES = st.lists(st.sampled_from(CLUSTERS), min_size=1, max_size=3)
FILE_CASES = st.lists(st.sampled_from(FILES), min_size=1, max_size=2)


@FEW
@given(CLUSTER_CASES, edits())
def test_every_check_answers_whatever_a_cluster_holds(names: list[str], changes: list[Edit]) -> None:
    _survives_in_a_cluster([CASES[each] for each in names], changes)


@FEW
@given(FILE_CASES, edits())
def test_every_check_answers_whatever_files_hold(names: list[str], changes: list[Edit]) -> None:
    _survives_in_files([CASES[each] for each in names], changes)


@pytest.mark.slow
@MANY
@given(CLUSTER_CASES, edits(20))
def test_every_check_answers_whatever_a_cluster_holds_at_length(
    names: list[str], changes: list[Edit]
) -> None:
    _survives_in_a_cluster([CASES[each] for each in names], changes)


@pytest.mark.slow
@MANY
@given(FILE_CASES, edits(20))
def test_every_check_answers_whatever_files_hold_at_length(names: list[str], changes: list[Edit]) -> None:
    _survives_in_files([CASES[each] for each in names], changes)


@FEW
@given(st.sampled_from(FILES), st.lists(st.tuples(st.integers(0, 10**6), st.text(max_size=4)), max_size=5))
def test_text_of_any_kind_is_read_and_fixed(name: str, splices: list[tuple[int, str]]) -> None:
    case = CASES[name]
    text = case.files
    for at, piece in splices:
        at %= len(text) + 1
        text = text[:at] + piece + text[at + len(piece) % 2 :]
    _can_be_written(_checked(Inputs("app.yaml", None, parse_manifests(text, "app.yaml")), case))
    _can_be_fixed(text, case)


def _survives_in_a_cluster(cases: list[Case], changes: list[Edit]) -> None:
    snapshot = _with_edits(_together(cases), changes)
    audit = next((each.audit for each in cases if each.audit), None)
    inputs = Inputs("corpus", snapshot, audit=audit and _with_other_words(audit, changes))
    report = _checked(inputs, cases[0])
    _can_be_written(report)
    offers(report.findings, snapshot)
    _checked(replace(inputs, snapshot=portable(snapshot)), cases[0])


def _survives_in_files(cases: list[Case], changes: list[Edit]) -> None:
    found = [each.document for case in cases for each in parse_manifests(case.files, "app.yaml").found]
    text = "---\n".join(_as_yaml(each) for each in damaged(found, changes))
    report = _checked(Inputs("app.yaml", cases[0].snapshot, parse_manifests(text, "app.yaml")), cases[0])
    _can_be_written(report)
    _can_be_fixed(text, cases[0])


def _checked(inputs: Inputs, case: Case) -> Report:
    """With a check's bug as an exception."""
    return check_inputs(inputs, case.target, CHECKS, msgspec.structs.replace(case.settings, raises_bugs=True))


def _together(cases: list[Case]) -> Snapshot:
    """One cluster that holds the objects of all."""
    snapshots = [each.snapshot for each in cases if each.snapshot]
    lists: dict[object, ResourceList] = {}
    for listed in (listed for each in snapshots for listed in each.resources):
        known = lists.get(listed.gvr)
        lists[listed.gvr] = listed if known is None else replace(known, items=known.items + listed.items)
    return replace(
        snapshots[0],
        resources=tuple(lists.values()),
        releases=tuple(record for each in snapshots for record in each.releases),
        provider=next((each.provider for each in snapshots if each.provider), None),
    )


def _with_edits(snapshot: Snapshot, changes: list[Edit]) -> Snapshot:
    items = [(listed, item) for listed in snapshot.resources for item in listed.items]
    objects = [
        {"apiVersion": listed.gvr.api_version, "kind": listed.kind, **msgspec.json.decode(item)}
        for listed, item in items
    ]
    by_kind: dict[object, list[bytes]] = {}
    for obj in damaged(objects, changes):
        by_kind.setdefault((obj["apiVersion"], obj["kind"]), []).append(json.dumps(obj).encode())
    return replace(
        snapshot,
        releases=tuple(_with_other_words(each, changes) for each in snapshot.releases),
        provider=snapshot.provider and _with_other_words(snapshot.provider, changes),
        resources=tuple(
            replace(each, items=tuple(by_kind.get((each.gvr.api_version, each.kind), ())))
            for each in snapshot.resources
        ),
    )


def _with_other_words(value: T, changes: list[Edit]) -> T:
    """A typed value with the edits that its type takes."""
    for each in changes:
        plain = damaged([msgspec.to_builtins(value)], [each])
        with suppress(msgspec.DecodeError, IndexError):
            value = msgspec.json.decode(json.dumps(plain[0]), type=type(value))
    return value


def _as_yaml(obj: Obj) -> str:
    """JSON where YAML cannot hold it."""
    try:
        return str(ryaml.dumps(obj))
    except (ValueError, OverflowError, TypeError):
        return json.dumps(obj) + "\n"


def _can_be_written(report: Report) -> None:
    """In every form; the texts for people hold nothing that could steer a terminal."""
    cluster = ClusterReport(cluster="corpus", version="v1.36.4", report=report)
    msgspec.json.encode(report_document(report))
    page = html_page([cluster], made="2026-11-22 12:00 UTC")
    page.encode()
    said = io.StringIO()
    with redirect_stdout(said):
        print_report(report, Grouping.OWNER)
        print_report_table(report, wide=True, group_by=Grouping.NAMESPACE)
        print_line("".join(github_annotations([report])))
    assert sorted(each for each in set(said.getvalue()) if not each.isprintable() and each != "\n") == []
    with redirect_stdout(said):
        print_data(report_document(report), OutputFormat.YAML)
        print_data(sarif([report]), OutputFormat.JSON)
    steering = sorted(each for each in {*said.getvalue(), *page} if category(each) == "Cc" and each != "\n")
    assert steering == []
    said.getvalue().encode()


def _can_be_fixed(text: str, case: Case) -> None:
    """What is not touched stays; what was fixed is not fixed again."""
    fix = fix_file(text, "app.yaml", case.target, IDS)
    assert fix.before == text
    assert fix.fixed or fix.after == text
    read = parse_manifests(text, "app.yaml"), parse_manifests(fix.after, "app.yaml")
    assert len(read[1].found) == len(read[0].found)
    assert read[1].problems == read[0].problems
    assert fix_file(fix.after, "app.yaml", case.target, IDS).after == fix.after
