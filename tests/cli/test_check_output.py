"""`seatrial check`: the forms it prints, groups, baselines, and what makes it fail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seatrial.checks.grouping import GroupBy
from seatrial.cli.check_format import FailOn, Grouping
from seatrial.cli.main import run

GONE = "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: web, namespace: shop}\n"
LONE = """\
---
apiVersion: v1
kind: Pod
metadata: {name: lone, namespace: bank, labels: {team: ledger}}
spec: {containers: [{name: a, image: k8s.gcr.io/pause:3.9}]}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "app.yaml"
    path.write_text(GONE)
    return path


def _check(file: Path, *options: str) -> int:
    return run(["check", str(file), "--to", "1.37", *options])


def test_groupings_are_those_of_the_checks() -> None:
    assert [each.value for each in Grouping] == [each.value for each in GroupBy]


def test_table_has_one_line_for_each_finding_and_wide_says_more(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _check(file, "-o", "table") == 2
    head, row, verdict = capsys.readouterr().out.splitlines()
    assert head.split() == ["SEVERITY", "CHECK", "WHERE", "OWNER", "WHAT"]
    assert row.split()[1:4] == ["blocker", "removed-api-in-file", f"{file}:1"]
    assert "NOT READY" in verdict
    _check(file, "-o", "wide")
    assert "Change it to policy/v1 PodDisruptionBudget" in capsys.readouterr().out


def test_sarif_is_one_json_document_with_the_result(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _check(file, "-o", "sarif") == 2
    document = json.loads(capsys.readouterr().out)
    assert [each["ruleId"] for each in document["runs"][0]["results"]] == ["removed-api-in-file"]


def test_github_annotates_the_line(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _check(file, "-o", "github") == 2
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"::error file={file},line=1,title=")


def test_html_is_a_page(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _check(file, "-o", "html") == 2
    page = capsys.readouterr().out
    assert page.startswith("<!doctype html>")
    assert "policy/v1beta1" in page


@pytest.mark.parametrize(
    ("by", "headings"),
    [
        ("check", ["removed-api-in-file (1)"]),
        ("namespace", ["shop (", "bank ("]),
        ("owner", ["file ", "team=ledger ("]),
    ],
)
@pytest.mark.parametrize("output", ["text", "table"])
def test_findings_can_be_put_together(
    by: str, headings: list[str], output: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(GONE + LONE)
    _check(file, "--group-by", by, "-o", output)
    lines = capsys.readouterr().out.splitlines()
    for heading in headings:
        assert any(line.startswith(heading) for line in lines), (heading, lines)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (GONE, {"info": 2, "warning": 2, "incomplete": 2, "blocker": 2, "never": 0}),
        ("kind: [\n", {"info": 3, "warning": 3, "incomplete": 3, "blocker": 0, "never": 0}),
        (GONE + "---\nkind: [\n", {"incomplete": 2, "blocker": 2, "never": 0}),
    ],
)
def test_fail_on_decides_what_counts_for_the_exit_code(text: str, codes: dict[str, int], file: Path) -> None:
    file.write_text(text)
    assert {level: _check(file, "--fail-on", level) for level in codes} == codes
    assert {each.value for each in FailOn} >= codes.keys()


def test_what_the_baseline_knows_no_longer_fails_and_what_is_new_does(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = tmp_path / "baseline.json"
    assert _check(file, "--write-baseline", str(baseline)) == 0
    assert _check(file, "--baseline", str(baseline)) == 0
    assert "1 known before" in capsys.readouterr().out
    file.write_text(GONE + "---\n" + GONE.replace("name: web", "name: new"))
    assert _check(file, "--baseline", str(baseline), "-o", "json") == 2
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert [ref["name"] for each in report["findings"] for ref in each["objects"]] == ["new"]
    assert report["counts"]["known"] == 1


@pytest.mark.parametrize(
    "options",
    [
        ["--baseline", "nowhere.json"],
        ["--baseline", "a.json", "--write-baseline", "b.json"],
        ["-o", "xml"],
        ["--group-by", "colour"],
        ["--fail-on", "sight"],
        ["--fix-plan", "-o", "html"],
        ["--all-contexts", "--baseline", "a.json"],
    ],
)
def test_nonsense_gets_one_clear_message(
    options: list[str], file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    assert _check(file, *options) == 4
    out, err = capsys.readouterr()
    assert (out, err.count("Error:"), err.count("→")) == ("", 1, 1)


def test_the_happy_path_of_files_needs_no_target(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, namespace: shop}\n")
    assert run(["check", "--profile", "happy-path", str(file), "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [each["check"] for each in found] == ["happy-stateful-set"]
    assert run(["check", str(file)]) == 4


def test_one_object_is_named_unless_the_message_names_it(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, namespace: shop}\n")
    run(["check", "--profile", "happy-path", str(file)])
    assert "    object: shop/statefulset/db\n" in capsys.readouterr().out
    file.write_text(GONE)
    _check(file)
    assert "    object: " not in capsys.readouterr().out
