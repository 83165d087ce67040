"""`seatrial check --fix-plan` prints fixes to review, and writes nothing."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from seatrial.cli.main import run

OLD = """\
# kept
apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata:
  name: web
spec:
  minAvailable: 1
  selector: {}   # nobody
"""
SECURITY_POLICY = "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: p}\n"


FixPlan = Callable[..., tuple[int, str]]


@pytest.fixture
def fix_plan(capsys: pytest.CaptureFixture[str]) -> FixPlan:
    def printed(*args: str) -> tuple[int, str]:
        code = run(["check", "--to", "1.34", "--fix-plan", *args])
        return code, capsys.readouterr().out

    return printed


def test_the_whole_output_is_what_git_applies(
    fix_plan: FixPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path("deploy/web.yaml")
    file.parent.mkdir()
    file.write_text(f"{OLD}---\n{SECURITY_POLICY}")
    code, out = fix_plan("deploy")
    assert code == 2
    assert file.read_text() == f"{OLD}---\n{SECURITY_POLICY}"
    assert "#   note: In v1beta1 the empty selector selects no pods" in out
    assert "# deploy/web.yaml:10: podsecuritypolicy/p is not rewritten: there is no replacement" in out
    subprocess.run(["git", "apply", "-"], input=out.encode(), check=True, capture_output=True)
    kept = OLD.replace("policy/v1beta1", "policy/v1").replace("  selector: {}   # nobody\n", "")
    assert file.read_text() == f"{kept}---\n{SECURITY_POLICY}"


def test_standard_input_is_no_file_to_change(fix_plan: FixPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(OLD.encode())))
    _, out = fix_plan("-", "-o", "json")
    (file,) = json.loads(out)["files"]
    assert (file["diff"], file["refused"][0]["why"]) == (
        "",
        "it does not stand in this file as it is applied: change what it is made from.",
    )


def test_only_fixes_of_the_chosen_checks_are_shown(fix_plan: FixPlan, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(OLD)
    assert "diff --git" not in fix_plan(str(file), "--only", "image-registry-ended")[1]
    assert "diff --git" in fix_plan(str(file), "--only", "removed-api-in-file")[1]


def test_nothing_to_fix_is_said(fix_plan: FixPlan, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    assert fix_plan(str(file)) == (0, "# Nothing to fix.\n")


def test_a_fix_plan_is_about_one_cluster(fix_plan: FixPlan) -> None:
    assert fix_plan("--all-contexts")[0] == 4
