"""`seatrial check` on files: exit codes, formats, and bad input."""

import json
import os
from pathlib import Path

import pytest
from tests.builders import a_budget, a_deployment, a_node, a_snapshot

from seatrial.cli.main import run

GONE = "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n"
FINE = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n"


@pytest.mark.parametrize(
    ("text", "target", "code"),
    [
        (FINE, "1.37", 0),
        (GONE, "1.37", 2),
        (GONE, "1.24", 0),
        ("kind: [\n", "1.37", 3),
        (GONE + "---\nkind: [\n", "1.37", 2),
        (FINE, "1.38", 3),
        ("", "1.37", 3),
    ],
)
def test_exit_code_says_what_was_found(text: str, target: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(text)
    assert run(["check", str(tmp_path), "--to", target]) == code


def test_table_names_place_reason_and_fix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "app.yaml"
    file.write_text(GONE)
    run(["check", str(file), "--to", "1.37"])
    out = capsys.readouterr().out
    assert f"{file}:1: poddisruptionbudget/web cannot be applied to Kubernetes 1.37" in out
    assert "fix: Change it to policy/v1 PodDisruptionBudget" in out
    assert "BLOCKER" in out
    assert "NOT READY" in out
    assert "\x1b" not in out  # no terminal, no colour


def test_json_and_yaml_hold_the_same_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from ruamel.yaml import YAML

    (tmp_path / "app.yaml").write_text(GONE)
    run(["check", str(tmp_path), "--to", "1.37", "-o", "json"])
    as_json = json.loads(capsys.readouterr().out)
    run(["check", str(tmp_path), "--to", "1.37", "-o", "yaml"])
    assert YAML(typ="safe").load(capsys.readouterr().out) == as_json
    assert (as_json["format"], as_json["exitCode"], as_json["counts"]["blockers"]) == (1, 2, 1)


def test_folders_are_walked_and_other_files_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "a.yml").write_text(GONE)
    (tmp_path / "b.json").write_text('{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}')
    (tmp_path / "readme.md").write_text(GONE)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "c.yaml").write_text(GONE)
    assert run(["check", str(tmp_path), "--to", "1.37", "-o", "json", "--only", "removed-api-in-file"]) == 2
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [Path(each["location"].partition(":")[0]).name for each in findings] == ["a.yml"]


def test_chart_that_helm_cannot_render_is_one_gap_not_one_for_each_template(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "web" / "templates").mkdir(parents=True)
    (tmp_path / "web" / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    for name in ("a", "b"):
        (tmp_path / "web" / "templates" / f"{name}.yaml").write_text('kind: {{ fail "no kind" }}\n')
    assert run(["check", str(tmp_path), "--to", "1.37", "-o", "json"]) == 3
    gaps = json.loads(capsys.readouterr().out)["incomplete"]
    assert [each["what"] for each in gaps] == [str(tmp_path / "web")]
    assert gaps[0]["why"].startswith("this chart was not rendered: helm template failed")
    assert "no kind" in gaps[0]["why"]


def test_names_cannot_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "app.yaml").write_text(GONE.replace("name: web", r'name: "web\e[2J\a"'))
    assert run(["check", str(tmp_path), "--to", "1.37"]) == 2
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\x07" not in out


def test_json_of_other_tools_is_left_alone_unless_it_is_named(tmp_path: Path) -> None:
    file = tmp_path / "tsconfig.json"
    file.write_text('{ // a comment\n "strict": true, }')
    (tmp_path / "app.yaml").write_text(FINE)
    assert run(["check", str(tmp_path), "--to", "1.37"]) == 0
    assert run(["check", str(file), "--to", "1.37"]) == 3


def test_file_that_is_no_text_is_incomplete(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xff\x00\xff")
    (tmp_path / "b.yaml").write_text(FINE)
    assert run(["check", str(tmp_path), "--to", "1.37"]) == 3
    assert "a.yaml" in capsys.readouterr().out


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_folder_cannot_run(tmp_path: Path) -> None:
    tmp_path.chmod(0)
    try:
        assert run(["check", str(tmp_path), "--to", "1.37"]) == 4
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "--to", "1.37"], "nowhere: there is no such file or folder"),
        (["."], "files do not say which minor they are meant for"),
        ([".", "--to", "1.99"], "there is no Kubernetes 1.99"),
        ([".", "--to", "0.9"], "there is no Kubernetes 0.9"),
        ([".", "--to", "latest"], "'latest' is not a Kubernetes version"),
        (["--snapshot", "x", "--context", "x"], "exclude each other"),
        (["--snapshot", "x", "--snapshot", "y"], "--snapshot is given twice"),
        (["-", "-", "--to", "1.37"], "standard input can be read once"),
        ([".", "--to", "1.37", "-o", "xml"], "'xml' is not one of"),
        (["--nonsense"], "No such option"),
        (["--kubeconfig", "/nonexistent/config"], "/nonexistent/config: this kubeconfig does not exist"),
        (["--snapshot", "/nonexistent/file"], "/nonexistent/file"),
        (["--only", "nope"], "there is no check 'nope'"),
        (["--skip", "nope"], "there is no check 'nope'"),
        (["--only", "node-not-ready", "--skip", "node-not-ready"], "no check is left to run"),
        (["--only", "node-not-ready", "--profile", "readiness"], "--only names the checks"),
        (["--profile", "best"], "'best' is not one of"),
        ([".", "--to", "1.37", "--fleet", "/nonexistent/fleet.yaml"], "there is no such file"),
        ([".", "--to", "1.37", "--image-platforms", "/nonexistent/list"], "platforms cannot be read"),
    ],
)
def test_bad_input_is_one_clear_message(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", *arguments]) == 4
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
    assert "Traceback" not in captured.err


def test_platforms_of_images_come_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers: [{name: a, image: 'a:1'}]\n"
    (tmp_path / "app.yaml").write_text(f"{pod}  nodeSelector: {{kubernetes.io/arch: arm64}}\n")
    listed = tmp_path / "platforms.txt"
    listed.write_text("a:1 linux/amd64\n")
    files = ["check", str(tmp_path / "app.yaml"), "--to", "1.37", "--only", "image-architecture"]
    assert run(files) == 0
    assert run([*files, "--image-platforms", str(listed)]) == 1
    assert "a:1 is a build for amd64, and the pod selects arm64 nodes" in " ".join(
        capsys.readouterr().out.split()
    )


def test_only_the_checks_that_are_chosen_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "app.yaml").write_text(GONE)
    files = ["check", str(tmp_path), "--to", "1.37", "-o", "json"]
    assert run([*files, "--only", "removed-api-in-file", "--only", "removed-api-in-file"]) == 2
    assert json.loads(capsys.readouterr().out)["checked"] == ["removed-api-in-file"]
    assert run([*files, "--skip", "removed-api-in-file"]) == 0
    assert "removed-api-in-file" not in json.loads(capsys.readouterr().out)["checked"]


def test_snapshot_file_is_checked_against_the_next_minor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from seatrial.capture.archive import save
    from seatrial.capture.redact import portable

    file = tmp_path / "harbour.seatrial"
    save(portable(a_snapshot(*a_deployment("web"), a_budget("web", max_unavailable=0), a_node())), file)
    assert run(["check", "--snapshot", str(file), "-o", "json"]) == 2
    report = json.loads(capsys.readouterr().out)
    assert (report["subject"], report["target"]) == ("harbour", "1.37")
    assert [each["check"] for each in report["findings"]] == ["budget-never-allows"]
    assert run(["check", "--snapshot", str(file), "--to", "1.38"]) == 2
    assert "does not know this minor" in capsys.readouterr().out


def test_snapshot_of_the_newest_minor_has_no_known_next_one(tmp_path: Path) -> None:
    from seatrial.capture.archive import save
    from seatrial.capture.redact import portable

    file = tmp_path / "harbour.seatrial"
    save(portable(a_snapshot(a_node(kubelet="v1.37.1"), version="v1.37.1")), file)
    assert run(["check", "--snapshot", str(file)]) == 3


def test_half_written_snapshot_is_one_clear_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "half.seatrial"
    file.write_bytes(b"SEATRIAL")
    assert run(["check", "--snapshot", str(file)]) == 4
    assert "half.seatrial" in capsys.readouterr().err
