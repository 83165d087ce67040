"""Reports as programs read them keep to the published schema."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import jsonschema_rs
import pytest
from tests.builders import a_budget, a_deployment, a_pod, a_snapshot, forbidden
from tests.checks.corpus import all_cases, run
from tests.checks.reports import TARGET

from seatrial.checks.baseline import baseline_of, read_baseline, without_known
from seatrial.checks.cluster_reports import ClusterReport, reports_document
from seatrial.checks.document import report_document
from seatrial.checks.document_schema import schema_text
from seatrial.checks.run import Inputs, check_inputs
from seatrial.checks.settings import CheckSettings
from seatrial.checks.waivers import Waiver
from seatrial.cluster.findings import Report
from seatrial.cluster.models import Node

PUBLISHED = Path(__file__).parents[2] / "docs/schemas/report.schema.json"


@pytest.fixture(scope="module")
def schema() -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(json.loads(schema_text()))


def _everything() -> Report:
    """Findings, gaps, something waived, something known."""
    waiver = Waiver("budget-never-allows", "ada", "moves", date(2027, 1, 1))
    settings = CheckSettings(waivers=(waiver,), today=date(2026, 11, 22))
    old = a_snapshot(a_pod("a"))
    now = a_snapshot(
        a_pod("a"),
        a_pod("b", "bank"),
        *a_deployment("web"),
        a_budget("web", max_unavailable=0),
        unread=[forbidden(Node)],
    )
    baseline = baseline_of(check_inputs(Inputs("c", old), TARGET, settings=settings))
    report = check_inputs(Inputs("c", now), TARGET, settings=settings)
    return without_known(report, read_baseline(baseline, "b"))


def test_the_published_schema_is_current(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        PUBLISHED.write_text(schema_text())
    assert PUBLISHED.read_text() == schema_text(), "run the test once with --update-golden"


def test_a_report_with_everything_in_it_keeps_to_the_schema(schema: jsonschema_rs.Validator) -> None:
    report = _everything()
    assert report.findings
    assert report.incomplete
    assert report.waived
    assert report.known
    document = report_document(report)
    schema.validate(document)
    counted = {"waived": len(report.waived), "known": len(report.known)}
    assert document["counts"].items() >= counted.items()


def test_reports_of_several_clusters_keep_to_the_schema(schema: jsonschema_rs.Validator) -> None:
    one = ClusterReport(cluster="a", version="v1.36.4", report=_everything())
    schema.validate(reports_document((one, one)))


def test_every_case_of_the_corpus_keeps_to_the_schema(schema: jsonschema_rs.Validator) -> None:
    for case in all_cases():
        schema.validate(report_document(run(case)))


def test_the_schema_refuses_what_is_no_report(schema: jsonschema_rs.Validator) -> None:
    assert not schema.is_valid({"kind": "SeatrialReport", "format": 1})
    assert not schema.is_valid(report_document(_everything()) | {"format": 2})
