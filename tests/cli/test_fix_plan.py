"""`seatrial check --fix-plan` prints fixes to review, and writes nothing."""

from __future__ import annotations

import io
import json
import os
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


@pytest.mark.skipif(os.name == "nt", reason="its file systems hold no such names")
def test_names_in_files_and_of_files_cannot_add_to_the_diff(
    fix_plan: FixPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    added = "\\ndiff --git a/x b/x\\nnew file mode 100644\\n--- /dev/null\\n+++ b/x\\n@@ -0,0 +1 @@\\n+bad\\n"
    files = [Path('a "quoted" \\ \x1b[31m\n.yaml'), Path("b.yaml")]
    files[0].write_text(OLD)
    files[1].write_text(OLD.replace("name: web", f'name: "web{added}"'))
    _, out = fix_plan(".")
    subprocess.run(["git", "apply", "-"], input=out.encode(), check=True, capture_output=True)
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(each.name for each in files)
    assert all("apiVersion: policy/v1\n" in each.read_text() for each in files)


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


def git(folder: Path, *args: str) -> str:
    settings = ("-c", "user.name=n", "-c", "user.email=n@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *settings, *args], cwd=folder, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout.strip()


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose tag, newest commit and working directory hold different files."""
    root = tmp_path / "repo"
    (root / "deploy").mkdir(parents=True)
    git(root, "init", "-q")
    (root / "deploy/web.yaml").write_text(OLD)
    (root / "deploy/gone.yaml").write_text(OLD.replace("name: web", "name: gone"))
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "one")
    git(root, "tag", "v1")
    git(root, "rm", "-q", "deploy/gone.yaml")
    git(root, "commit", "-q", "-m", "two")
    (root / "deploy/web.yaml").write_text("# planted: not committed\n" * 9)
    monkeypatch.chdir(root)
    return root


@pytest.mark.journey
@pytest.mark.parametrize("folder", [".", "deploy"])
def test_a_plan_for_a_git_reference_applies_to_a_checkout_of_the_commit_that_it_names(
    fix_plan: FixPlan, history: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.chdir(history / folder)
    commit = git(history, "rev-parse", "v1")
    _, out = fix_plan("--git-ref", "v1")
    head = out.splitlines()
    places = [os.path.relpath(history / f"deploy/{name}.yaml") for name in ("gone", "web")]
    assert head[:3] == [
        f"# The diff applies to commit {commit} (v1), not to what may be checked out.",
        f"#   Not as in that commit here: {', '.join(places)}.",
        f"#   Apply it there: git worktree add --detach FOLDER {commit[:12]}",
    ]
    assert "planted" not in out
    there = history.parent / "there"
    git(history, "worktree", "add", "-q", "--detach", str(there), commit[:12])
    subprocess.run(
        ["git", "apply", "-"], cwd=there / folder, input=out.encode(), check=True, capture_output=True
    )
    kept = OLD.replace("policy/v1beta1", "policy/v1").replace("  selector: {}   # nobody\n", "")
    assert (there / "deploy/web.yaml").read_text() == kept
    assert (there / "deploy/gone.yaml").read_text() == kept.replace("name: web", "name: gone")


@pytest.mark.journey
@pytest.mark.parametrize("folder", [".", "deploy"])
def test_git_applies_a_plan_in_the_folder_of_a_repository_where_it_was_made(
    fix_plan: FixPlan, history: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    file = history / "deploy/web.yaml"
    file.write_text(OLD)
    monkeypatch.chdir(history / folder)
    _, out = fix_plan(".")
    subprocess.run(["git", "apply", "-"], input=out.encode(), check=True, capture_output=True)
    assert "apiVersion: policy/v1\n" in file.read_text()


def test_a_plan_for_what_is_checked_out_says_only_its_commit(fix_plan: FixPlan, history: Path) -> None:
    git(history, "checkout", "-q", "-f", "v1")
    commit = git(history, "rev-parse", "HEAD")
    _, out = fix_plan("--git-ref", "HEAD")
    assert out.splitlines()[0] == (
        f"# The diff applies to commit {commit} (HEAD), not to what may be checked out."
    )
    assert "Not as in that commit" not in out
    _, out = fix_plan("--git-ref", "HEAD", "-o", "json")
    assert json.loads(out)["commit"] == commit
