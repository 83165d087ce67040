"""`--provider-data`: what a provider's command line printed, beside a live cluster and in snapshots."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.builders import NOW, a_node, a_snapshot
from tests.cli.attempts import CANARY, Attempt, attempt, refused
from tests.cli.test_check_inputs import Stdin
from tests.providers import exported
from tests.tools import kubectl

from seatrial.capture.archive import load, save
from seatrial.capture.redact import portable
from seatrial.clock import WallClock

__all__ = ["attempt"]

FLOWSCHEMAS = "/apis/flowcontrol.apiserver.k8s.io/v1beta3/flowschemas"


def an_insight(called: str, minor: str = "1.32") -> dict[str, Any]:
    document = exported.eks_insight(
        exported.eks_client("lane-tuner/v2.1", called), minor=minor, refreshed=called
    )
    document["insight"]["categorySpecificSummary"]["deprecationDetails"][0]["usage"] = FLOWSCHEMAS
    return document


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    file = tmp_path / "harbour.seatrial"
    save(portable(a_snapshot(a_node(kubelet="v1.31.0"), version="v1.31.4-eks-0a1b2c")), file)
    return file


@pytest.fixture
def insight(tmp_path: Path) -> Path:
    file = tmp_path / "insight.json"
    file.write_text(json.dumps(an_insight("2026-11-20T10:00:00Z")))
    return file


def test_a_snapshot_is_checked_with_what_its_provider_says(
    attempt: Attempt, snapshot: Path, insight: Path
) -> None:
    outcome = attempt("check", "--snapshot", snapshot, "--provider-data", insight, "-o", "json")
    assert outcome.code == 2, outcome.shown
    (found,) = [
        each
        for each in json.loads(outcome.out)["findings"]
        if each["check"] == "provider-reports-removed-api"
    ]
    assert found["message"] == (
        "The provider saw 1 client call flowcontrol.apiserver.k8s.io/v1beta3 flowschemas, gone in 1.32:"
        " lane-tuner/v2.1 (last on 2026-11-20, 12 requests)."
    )
    assert found["evidence"] == "client-calls"


def test_standard_input_is_one_of_the_files(
    attempt: Attempt, snapshot: Path, insight: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(insight.read_bytes()))
    outcome = attempt("check", "--snapshot", snapshot, "--provider-data", "-")
    assert (outcome.code, "lane-tuner/v2.1" in outcome.out) == (2, True), outcome.shown


def test_what_cannot_be_held_against_the_cluster_is_said_on_standard_error(
    attempt: Attempt, snapshot: Path, tmp_path: Path
) -> None:
    (tmp_path / "cluster.json").write_text(json.dumps(exported.eks_cluster("1.31", name="quay")))
    outcome = attempt("check", "--snapshot", snapshot, "--provider-data", "cluster.json", "-o", "json")
    assert outcome.err == "Note: cluster.json is about quay: taken for harbour.\n"
    assert json.loads(outcome.out)["subject"] == "harbour"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--provider-data", "nowhere"), ("nowhere: ", "No such file")),
        (("--provider-data", "."), ("folder", "--provider-data each")),
        (("--provider-data", "hostile"), ("hostile: this is no document", "aws eks describe-insight")),
        (
            ("--provider-data", "insight.json", "app.yaml", "--to", "1.32"),
            ("only files are named", "--context"),
        ),
        (("--provider-data", "insight.json", "--all-contexts"), ("several are named", "--context")),
        (("--provider-data", "-", "--audit-log", "-"), ("read once",)),
    ],
)
def test_files_that_cannot_be_meant_are_refused_before_a_cluster_is_read(
    arguments: tuple[str, ...], words: tuple[str, ...], attempt: Attempt, insight: Path, tmp_path: Path
) -> None:
    (tmp_path / "hostile").write_text(json.dumps({"\x1b[2J": CANARY}))
    (tmp_path / "app.yaml").write_text("kind: Pod\n")
    where = () if {"app.yaml", "--all-contexts"} & set(arguments) else ("--snapshot", "harbour.seatrial")
    refused(attempt("check", *arguments, *where), *words)


def test_another_clusters_file_is_refused_with_both_names(attempt: Attempt, tmp_path: Path) -> None:
    arn = "arn:aws:eks:eu-west-1:111122223333:cluster/harbour"
    save(portable(a_snapshot(version="v1.31.4-eks-0a1b2c", cluster=arn)), tmp_path / "harbour.seatrial")
    (tmp_path / "quay.json").write_text(json.dumps(exported.eks_cluster("1.31", name="quay")))
    outcome = attempt("check", "--snapshot", "harbour.seatrial", "--provider-data", "quay.json")
    refused(outcome, "quay.json: this file is about another cluster", "it is about quay", f"harbour ({arn})")


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cluster of EKS in a process of its own, of which somebody asked for flowcontrol v1beta3."""
    file = tmp_path_factory.mktemp("sim") / "kubeconfig"
    command = [sys.executable, "-m", "seatrial.cli.main", "simulator", "serve"]
    command += ["--cluster", "prod=1.31", "--kubeconfig-out", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("Serving")
        call = [str(kubectl("1.29")), "--kubeconfig", str(file), "get", "--raw", FLOWSCHEMAS]
        subprocess.run(call, check=True, capture_output=True, timeout=60)
        yield file
        server.terminate()


@pytest.mark.journey
def test_a_live_cluster_and_an_insight_name_the_client_and_so_does_a_snapshot_of_both(
    attempt: Attempt, kubeconfig: Path, tmp_path: Path
) -> None:
    (tmp_path / "insight.json").write_text(json.dumps(an_insight(WallClock().now().isoformat())))
    only = ("--only", "removed-api-requested", "-o", "json")
    where = ("--kubeconfig", kubeconfig)

    def found(*arguments: str | Path, code: int) -> dict[str, Any]:
        outcome = attempt("check", *arguments, *only)
        assert outcome.code == code, outcome.shown
        report: dict[str, Any] = json.loads(outcome.out)
        return report["findings"][0]

    alone = found(*where, code=1)
    assert "The metric names no client" in alone["message"]
    blocker = found(*where, "--provider-data", "insight.json", code=2)
    assert blocker["severity"] == "blocker"
    assert "it is still used: the provider saw lane-tuner/v2.1, last on" in blocker["message"]
    assert blocker["owner"]["name"] == "lane-tuner/v2.1"
    taken = attempt("snapshot", *where, "--provider-data", "insight.json", "-o", "prod.seatrial")
    assert taken.code == 0, taken.shown
    assert found("--snapshot", "prod.seatrial", code=2) == blocker
    assert exported.CANARY not in str(load(tmp_path / "prod.seatrial").provider)


@pytest.mark.journey
def test_a_file_of_another_minor_is_refused_by_a_live_cluster(
    attempt: Attempt, kubeconfig: Path, tmp_path: Path
) -> None:
    (tmp_path / "insight.json").write_text(json.dumps(an_insight(NOW.isoformat(), "1.31")))
    outcome = attempt(
        "snapshot", "--kubeconfig", kubeconfig, "--provider-data", "insight.json", "-o", "x.seatrial"
    )
    refused(outcome, "it is about an upgrade to 1.31, and prod runs 1.31 already")
    assert not (tmp_path / "x.seatrial").exists()
