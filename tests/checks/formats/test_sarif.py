"""SARIF that GitHub's code scanning takes: each rule of its documentation that bites is asserted here."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.builders import a_budget, a_deployment, a_pod, a_snapshot, forbidden
from tests.checks.reports import TARGET

from seatrial.checks.baseline import baseline_of, read_baseline, without_known
from seatrial.checks.formats.sarif import sarif
from seatrial.checks.registry import all_checks
from seatrial.checks.run import Inputs, check_inputs
from seatrial.checks.settings import CheckSettings
from seatrial.checks.waivers import Waiver
from seatrial.cluster.findings import Report
from seatrial.cluster.manifests import parse_manifests
from seatrial.cluster.models import Node

_INGRESS = "# top\n---\napiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: web}\n"


def _run(*reports: Report) -> dict[str, Any]:
    document = sarif(reports)
    assert (document["version"], len(document["runs"])) == ("2.1.0", 1)
    run: dict[str, Any] = document["runs"][0]
    return run


def _of_file() -> Report:
    manifests = parse_manifests(_INGRESS, "deploy/my app.yaml")
    return check_inputs(Inputs("deploy", manifests=manifests), TARGET)


def _of_cluster(*, settings: CheckSettings | None = None) -> Report:
    snapshot = a_snapshot(
        *a_deployment("web"), a_budget("web", max_unavailable=0), a_pod("lone"), unread=[forbidden(Node)]
    )
    return check_inputs(Inputs("prod", snapshot), TARGET, settings=settings or CheckSettings())


def _results(run: dict[str, Any], check: str) -> list[dict[str, Any]]:
    return [each for each in run["results"] if each["ruleId"] == check]


def test_result_of_a_file_is_an_error_at_its_line_with_an_escaped_path() -> None:
    (result,) = _results(_run(_of_file()), "removed-api-in-file")
    assert result["level"] == "error"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "deploy/my%20app.yaml"},
        "region": {"startLine": 3},
    }


def test_every_result_has_a_place_a_text_a_fingerprint_and_points_to_its_rule() -> None:
    run = _run(_of_file(), _of_cluster())
    rules = run["tool"]["driver"]["rules"]
    assert run["results"]
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"]
        assert not place["artifactLocation"]["uri"].startswith("/")
        assert place["region"]["startLine"] >= 1
        assert result["message"]["text"]
        assert result["partialFingerprints"]
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_object_of_a_live_cluster_is_named_by_its_place() -> None:
    (result,) = _results(_run(_of_cluster()), "budget-never-allows")
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.startswith("cluster/prod/shop/p")
    assert result["locations"][0]["logicalLocations"]


def test_what_could_not_be_read_is_a_result_so_that_the_scan_is_not_clean() -> None:
    run = _run(_of_cluster())
    (gap,) = _results(run, "node-not-ready")
    assert gap["message"]["text"].startswith("Not looked at: nodes: ")
    said = run["invocations"][0]["toolExecutionNotifications"]
    assert any(each["associatedRule"]["id"] == "node-not-ready" for each in said)


def test_waived_results_are_suppressed_and_known_ones_unchanged() -> None:
    waiver = Waiver("budget-never-allows", "ada", "moves", date(2027, 1, 1))
    settings = CheckSettings(waivers=(waiver,), today=date(2026, 11, 22))
    report = _of_cluster(settings=settings)
    report = without_known(report, read_baseline(baseline_of(_of_cluster()), "b"))
    run = _run(report)
    (waived,) = _results(run, "budget-never-allows")
    assert waived["suppressions"][0]["justification"] == "ada until 2027-01-01: moves"
    (known,) = _results(run, "pod-without-controller")
    assert known["baselineState"] == "unchanged"


def test_a_line_that_moved_keeps_its_fingerprint() -> None:
    moved = check_inputs(
        Inputs("deploy", manifests=parse_manifests("\n\n" + _INGRESS, "deploy/my app.yaml")), TARGET
    )
    (before,) = _results(_run(_of_file()), "removed-api-in-file")
    (after,) = _results(_run(moved), "removed-api-in-file")
    assert before["partialFingerprints"] == after["partialFingerprints"]
    assert before["locations"] != after["locations"]


def test_rules_are_the_checks_that_ran_with_their_pages() -> None:
    rules = _run(_of_file())["tool"]["driver"]["rules"]
    assert {each["id"] for each in rules} <= {each.id for each in all_checks()}
    assert all(each["help"]["markdown"] and each["shortDescription"]["text"] for each in rules)
