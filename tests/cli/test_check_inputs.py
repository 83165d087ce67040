"""What `seatrial check` can be given, alone and together, and what it says of nonsense."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.builders import a_node, a_snapshot
from tests.cli.attempts import CANARY, Attempt, attempt, refused
from tests.cluster.test_audit_events import an_event
from tests.files.test_finding import laid_out
from tests.files.test_git_ref import git
from tests.tools import helm, kubectl

from seatrial.capture.archive import save
from seatrial.capture.redact import portable

__all__ = ["attempt"]

GONE = "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n"
FINE = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n"
CALLS = json.dumps(an_event()).encode() + b"\n"
"""A client that asks for flowcontrol v1beta3, gone in 1.32."""


class Stdin:
    """Standard input that holds bytes."""

    def __init__(self, content: bytes) -> None:
        self.buffer = io.BytesIO(content)

    def isatty(self) -> bool:
        return False


def found(attempt: Attempt, *arguments: str | Path, code: int) -> dict[str, Any]:
    outcome = attempt("check", *arguments, "-o", "json")
    assert outcome.code == code, outcome.shown
    report: dict[str, Any] = json.loads(outcome.out)
    return report


def gaps(report: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["what"], each["why"]) for each in report["incomplete"]]


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    file = tmp_path / "harbour.seatrial"
    save(portable(a_snapshot(a_node(kubelet="v1.31.0"), version="v1.31.4")), file)
    return file


def test_cluster_files_and_audit_log_go_together(attempt: Attempt, snapshot: Path, tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(GONE)
    (tmp_path / "audit.log").write_bytes(CALLS)
    report = found(attempt, "--snapshot", snapshot, "app.yaml", "--audit-log", "audit.log", code=2)
    assert (report["subject"], report["target"]) == ("harbour, app.yaml", "1.32")
    assert {each["check"] for each in report["findings"]} >= {"removed-api-in-file", "removed-api-in-audit"}
    assert {"node-not-ready", "removed-api-in-file", "removed-api-in-audit"} <= set(report["checked"])


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("through", ["file", "stdin"])
def test_audit_log_is_read_packed_or_not(
    packed: bool, through: str, attempt: Attempt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = gzip.compress(CALLS, mtime=0) if packed else CALLS
    (tmp_path / "audit").write_bytes(content)
    monkeypatch.setattr(sys, "stdin", Stdin(content))
    name = "audit" if through == "file" else "-"
    report = found(attempt, "--audit-log", name, "--to", "1.32", code=2)
    assert (report["subject"], report["checked"]) == (name, ["removed-api-in-audit"])
    assert report["incomplete"] == []


def test_several_audit_logs_are_one(attempt: Attempt, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(CALLS)
    (tmp_path / "b.log").write_bytes(json.dumps(an_event("a2")).encode())
    logs = ("--audit-log", "a.log", "--audit-log", "b.log", "--audit-log", "a.log")
    report = found(attempt, *logs, "--to", "1.32", code=2)
    assert [each["message"].count("2") > 0 for each in report["findings"]] == [True]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "audit: this is no audit log: it holds no audit event."),
        (b"\x00\xff\x00" * 1000, "audit: this is no audit log: it holds no audit event."),
        (b"<html>log in</html>\n" * 50, "audit: this is no audit log: it holds no audit event."),
        (b'{"kind": "Pod"}\n', "audit: this is no audit log: it holds no audit event."),
        (
            gzip.compress(CALLS * 500, mtime=0)[:60],
            "audit: this gzip file is cut off or damaged: not all of it was read.",
        ),
        (b"\x1f\x8bgarbage", "audit: this gzip file is cut off or damaged: not all of it was read."),
    ],
)
def test_audit_log_that_is_none_is_one_gap(
    content: bytes, said: str, attempt: Attempt, tmp_path: Path
) -> None:
    (tmp_path / "audit").write_bytes(content)
    report = found(attempt, "--audit-log", "audit", "--to", "1.32", code=3)
    assert gaps(report) == [("audit log", said)]


def test_half_an_audit_log_still_counts(attempt: Attempt, tmp_path: Path) -> None:
    many = b"".join(json.dumps(an_event(f"a{n}")).encode() + b"\n" for n in range(5000))
    packed = gzip.compress(many)
    (tmp_path / "audit").write_bytes(packed[: len(packed) * 2 // 3])
    report = found(attempt, "--audit-log", "audit", "--to", "1.32", code=2)
    assert gaps(report) == [
        ("audit log", "audit: this gzip file is cut off or damaged: not all of it was read.")
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--audit-log", "nowhere", "--to", "1.32"), ("nowhere: ", "No such file")),
        (("--audit-log", ".", "--to", "1.32"), ("folder, not an audit log",)),
        (("--audit-log", "app.yaml"), ("which minor", "--to")),
        (("app.yaml", "--context", "a", "--context", "b"), ("belong to one cluster",)),
        (("--all-contexts", "app.yaml"), ("belong to one cluster",)),
        (("--all-contexts",), ("no kubeconfig was found", "--kubeconfig")),
        (("--context", "a", "--context", "b"), ("no kubeconfig was found",)),
        (("--all-contexts", "--kubeconfig", "app.yaml"), ("app.yaml",)),
        (("--all-contexts", "--context", "a"), ("takes every context",)),
        (("--snapshot", "x", "--all-contexts"), ("exclude each other",)),
        (("--snapshot", "x", "--cluster", "y", "--fleet", "f"), ("exclude each other",)),
        (("--cluster", "x"), ("choose among the clusters of a fleet file", "--fleet")),
        (("-l", "tier=test"), ("choose among the clusters of a fleet file",)),
        (("--fleet", "f", "--cluster", "x", "--context", "y"), ("says which context",)),
        (("--values", "v.yaml"), ("--values is for charts",)),
        (("app.yaml", "--to", "1.37", "--values", "app.yaml"), ("there is no chart",)),
        (("app.yaml", "--to", "1.37", "--values", "nowhere"), ("nowhere: ", "values file cannot be read")),
        (("-", "--git-ref", "main", "--to", "1.37"), ("standard input is in no Git reference",)),
        (("-", "--audit-log", "-", "--to", "1.37"), ("standard input can be read once",)),
        (("--git-ref", "main"), ("which minor", "--to")),
        (("--git-ref", "main", "--to", "1.37"), ("Git finds no repository here",)),
        (("--snapshot", "app.yaml"), ("app.yaml: ", "not a snapshot")),
        (("--snapshot", "app.yaml", "app.yaml"), ("app.yaml: ", "not a snapshot")),
        (("--fleet", "app.yaml"), ("app.yaml",)),
        (("app.yaml", "--to", "1.37", "--fleet", "app.yaml"), ("app.yaml",)),
        (("nowhere", "--to", "1.37"), ("nowhere: there is no such file or folder",)),
    ],
)
def test_nonsense_is_one_clear_message(
    arguments: tuple[str, ...], words: tuple[str, ...], attempt: Attempt, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "app.yaml").write_text(FINE)
    refused(attempt("check", *arguments), *words)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no manifest was found."),
        (b"\x00\x01\x02\xff\xfe", "not text in UTF-8"),
        (b"\x7fELF\x02\x01\x01" + b"\0" * 100, "control characters"),
        (b"\x89PNG\r\n\x1a\n", "not text in UTF-8"),
        (b"just text\n", "no manifest was found."),
        (b"\xef\xbb\xbf", "no manifest was found."),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "a pointer of Git LFS"),
        (b"kind: [\n", "not valid YAML"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_file_that_holds_no_manifest_is_one_gap(
    content: bytes, said: str, attempt: Attempt, tmp_path: Path
) -> None:
    (tmp_path / "odd.yaml").write_bytes(content)
    ((what, why),) = gaps(found(attempt, "odd.yaml", "--to", "1.37", code=3))
    assert what.startswith("odd.yaml")
    assert said in why


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_encodings_with_a_mark_are_read(encoding: str, attempt: Attempt, tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_bytes(f"# ü\r\n{GONE}".replace("\n", "\r\n").encode(encoding))
    report = found(attempt, "app.yaml", "--to", "1.37", code=2)
    assert [each["location"] for each in report["findings"]] == ["app.yaml:2"]


@pytest.mark.parametrize("text", [GONE + "data: {true: x}\n", GONE + 'x: "\\ud800"\n', GONE + "x: 1e999\n"])
def test_what_json_cannot_hold_is_no_bug(text: str, attempt: Attempt, tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(text)
    assert attempt("check", "app.yaml", "--to", "1.37").code in (2, 3)


def test_each_file_that_cannot_be_read_is_said_once(attempt: Attempt, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: 3\n")
    (tmp_path / "b.yaml").write_text("kind: [\n")
    report = found(attempt, ".", "--to", "1.37", code=3)
    assert sorted(what for what, _ in gaps(report)) == ["a.yaml:1", "b.yaml:2"]
    assert {each["check"] for each in report["incomplete"]} == {""}


def test_a_pipe_that_is_named_is_read(attempt: Attempt, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=(GONE,), daemon=True)
    writer.start()
    assert attempt("check", "pipe", "--to", "1.37").code == 2
    writer.join(timeout=10)


def test_folder_without_manifests_is_one_gap(attempt: Attempt, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert gaps(found(attempt, "folder", "--to", "1.37", code=3)) == [("folder", "no manifest was found.")]


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real programs on PATH, those that were fetched first."""
    monkeypatch.setenv("PATH", f"{helm('4').parent}{os.pathsep}{os.environ['PATH']}")
    assert kubectl("1.37").parent == helm("4").parent


CHART = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\nkubeVersion: '>=1.25.0-0'\n",
    "web/templates/budget.yaml": (
        'apiVersion: policy/{{ required "which version?" .Values.version }}\n'
        "kind: PodDisruptionBudget\nmetadata: {name: web}\n"
    ),
}
OVERLAY = {
    "base/kustomization.yaml": "resources: [budget.yaml]\n",
    "base/budget.yaml": f"# the budget\n{GONE}",
    "prod/kustomization.yaml": "namePrefix: prod-\nresources: [../base]\n",
}


@pytest.mark.journey
@pytest.mark.usefixtures("tools")
def test_charts_and_kustomizations_in_a_folder_are_rendered(attempt: Attempt, tmp_path: Path) -> None:
    laid_out(tmp_path / "deploy", {**CHART, **OVERLAY})
    (tmp_path / "values.yaml").write_text("version: v1beta1\n")
    report = found(attempt, "deploy", "--to", "1.37", "--values", "values.yaml", code=2)
    assert [(each["location"], each["objects"][0]["name"]) for each in report["findings"]] == [
        ("deploy/base/budget.yaml:2", "prod-web"),
        ("deploy/web/templates/budget.yaml", "web"),
    ]
    report = found(attempt, "deploy/web", "--to", "1.37", code=3)
    ((what, why),) = gaps(report)
    assert what == "deploy/web"
    assert "which version?" in why


@pytest.mark.journey
@pytest.mark.usefixtures("tools")
def test_template_that_fails_tells_no_value(attempt: Attempt, tmp_path: Path) -> None:
    failing = {"web/templates/budget.yaml": '{{ fail (print "refused " .Values.password) }}'}
    laid_out(tmp_path, {**CHART, **failing})
    (tmp_path / "values.yaml").write_text(f"password: {CANARY}\n")
    ((_, why),) = gaps(found(attempt, "web", "--to", "1.37", "--values", "values.yaml", code=3))
    assert "refused" in why


@pytest.mark.journey
@pytest.mark.usefixtures("tools")
def test_chart_that_excludes_the_target_is_a_blocker(attempt: Attempt, tmp_path: Path) -> None:
    laid_out(tmp_path, {**CHART, "web/Chart.yaml": "name: web\nversion: 1.0.0\nkubeVersion: <1.30.0-0\n"})
    report = found(attempt, "web", "--to", "1.37", code=2)
    assert [(each["check"], each["severity"], each["location"]) for each in report["findings"]] == [
        ("chart-file-excludes-target", "blocker", "web/Chart.yaml:3")
    ]


@pytest.mark.journey
@pytest.mark.usefixtures("tools")
def test_files_of_a_git_reference_are_named_as_the_user_knows_them(
    attempt: Attempt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid_out(tmp_path, {f"deploy/{name}": text for name, text in {**CHART, **OVERLAY}.items()})
    laid_out(tmp_path, {"deploy/web/values.yaml": "version: v1beta1\n", "broken.yaml": "kind: [\n"})
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "one")
    for file in ("base/budget.yaml", "prod/kustomization.yaml"):
        (tmp_path / "deploy" / file).unlink()
    report = found(attempt, "deploy", "--git-ref", "main", "--to", "1.37", code=2)
    assert report["subject"] == "deploy at main"
    assert [each["location"] for each in report["findings"]] == [
        "deploy/base/budget.yaml:2",
        "deploy/web/templates/budget.yaml",
    ]
    monkeypatch.chdir(tmp_path / "deploy" / "prod")
    report = found(attempt, "..", "../../broken.yaml", "--git-ref", "main", "--to", "1.37", code=2)
    assert [each["location"] for each in report["findings"]] == [
        "../base/budget.yaml:2",
        "../web/templates/budget.yaml",
    ]
    assert [what for what, _ in gaps(report)] == ["../../broken.yaml:2"]
    refused(attempt("check", "--git-ref", "nope", "--to", "1.37"), "there is no commit 'nope'")
    refused(attempt("check", "/etc", "--git-ref", "main", "--to", "1.37"), "/etc: ", "inside its repository")
