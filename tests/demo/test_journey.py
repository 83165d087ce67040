"""The whole demo by its command, with real kubectl and helm against what it leaves running."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.demo.telling import environment
from tests.tools import helm, kubectl

pytestmark = pytest.mark.journey
COMMAND = [sys.executable, "-m", "seatrial"]


@dataclass(frozen=True, slots=True)
class Kept:
    process: subprocess.Popen[bytes]
    folder: Path
    output: Path

    @property
    def text(self) -> str:
        return self.output.read_text()

    def run(self, *command: str) -> str:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=environment(self.output.parent),
        )
        return done.stdout + done.stderr


def start(output: Path, *arguments: str) -> subprocess.Popen[bytes]:
    with output.open("wb") as out:
        return subprocess.Popen(
            [*COMMAND, "demo", *arguments],
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=output.parent,
            env=environment(output.parent),
        )


def wait_for(process: subprocess.Popen[bytes], output: Path, words: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    while words not in output.read_text():
        assert process.poll() is None, output.read_text()
        assert time.monotonic() < end, output.read_text()
        time.sleep(0.1)


def test_whole_demo_and_the_fleet_that_it_keeps(tmp_path: Path) -> None:
    """One test, for the story is told once."""
    output = tmp_path / "output"
    process = start(output, "--keep", "--dir", str(tmp_path / "demo"))
    try:
        wait_for(process, output, "Ctrl-C ends it.", 200)
        kept = Kept(process, tmp_path / "demo", output)
        story_is_told_in_order(kept)
        predictions_are_close_and_helm_is_called_seldom(kept)
        report_stands_alone(kept)
        kubectl_and_helm_see_the_upgraded_fleet(kept)
        our_own_commands_work_on_what_is_left(kept)
        ctrl_c_ends_what_was_kept(kept)
    finally:
        process.kill()
        process.wait()


def story_is_told_in_order(kept: Kept) -> None:
    story = (
        "A fleet of 6 clusters",
        "BLOCKER  A Helm release uses an API that the target does not serve",
        "owner: Helm release platform/metrics-relay",
        "FAILS  replace the nodes of default",
        "budget acme-shop/checkout",
        "it gives up, half done: the drain of node",
        "patch poddisruptionbudget checkout",
        "- minAvailable: 2",
        "+ maxUnavailable: 1",
        "Nothing failed on the twin",
        "seatrial rollout start",
        "stage test: soaking until",
        "stage non-production: running",
        "acme-staging  failed at replace the nodes of default",
        "InsufficientInstanceCapacity",
        "what is happening?",
        "why is it waiting?",
        "what comes next?",
        "what would stop it?",
        "how to undo it?",
        "acme-staging's rehearsal predicted no failure",
        "seatrial rollout retry",
        "acme-staging  succeeded",
        "stage non-production: soaking until",
        "needs approval",
        "seatrial rollout approve",
        "acme-prod  succeeded",
        "globex-prod  succeeded",
        "6 upgraded",
        "succeeded at the second attempt",
        "production by the demo's operator",
    )
    at = 0
    for words in story:
        found = kept.text.find(words, at)
        assert found >= 0, f"{words!r} does not follow:\n{kept.text[at:]}"
        at = found
    assert "Traceback" not in kept.text


def predictions_are_close_and_helm_is_called_seldom(kept: Kept) -> None:
    rows = re.findall(r"^(\S+) .* 1\.31\.14 → 1\.32\.13 +([\d.]+) min +([\d.]+) min +[a-z]", kept.text, re.M)
    assert [row[0] for row in rows] == [
        "acme-test",
        "globex-test",
        "globex-staging",
        "acme-prod",
        "globex-prod",
    ]
    for name, predicted, took in rows:
        assert abs(float(predicted) - float(took)) < 1, name
    calls = re.search(r"real Helm was called (\d+) times", kept.text)
    assert calls is not None
    assert 30 < int(calls[1]) <= 60


def report_stands_alone(kept: Kept) -> None:
    report = (kept.folder / "report.html").read_text()
    assert set(re.findall(r"https?://[^\"' <]+", report)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<(script|link|img|iframe)|url\(|@import", report)
    assert report.count("<svg") == 3
    for name in ("acme-test", "globex-prod", "InsufficientInstanceCapacity", "PodEvictionFailure"):
        assert name in report


def kubectl_and_helm_see_the_upgraded_fleet(kept: Kept) -> None:
    config = f"--kubeconfig={kept.folder / 'kubeconfig'}"
    for minor in ("1.29", "1.37"):
        nodes = kept.run(str(kubectl(minor)), config, "--context=acme-prod", "get", "nodes", "--no-headers")
        assert nodes.count("Ready") == nodes.count("v1.32.13") == 3
    for major in ("3", "4"):
        listed = kept.run(str(helm(major)), config, "--kube-context=globex-prod", "list", "--all-namespaces")
        assert "metrics-relay-1.0.0" in listed
        assert listed.count("deployed") == 4


def our_own_commands_work_on_what_is_left(kept: Kept) -> None:
    config = ("--kubeconfig", str(kept.folder / "kubeconfig"), "--context", "acme-prod")
    assert "acme-prod to Kubernetes 1.33" in kept.run(*COMMAND, "check", *config)
    assert "nothing wrong with it" in kept.run(*COMMAND, "fleet", "validate", str(kept.folder / "fleet.yaml"))
    assert "6/6" in kept.run(*COMMAND, "rollout", "list", "--state", str(kept.folder / "state"))


def ctrl_c_ends_what_was_kept(kept: Kept) -> None:
    kept.process.send_signal(signal.SIGINT)
    assert kept.process.wait(timeout=20) == 0
    assert kept.text.endswith("The fleet is gone.\n")
    left = sorted(path.name for path in kept.folder.iterdir())
    assert left == ["charts", "fleet.yaml", "objects", "provider-faults.json", "report.html", "state"]


def test_ctrl_c_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    output = tmp_path / "output"
    process = start(output)
    try:
        wait_for(process, output, "… rehearsing acme-prod", 60)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
    finally:
        process.kill()
        process.wait()
    assert "Stopped. The clusters lived in this process and are gone. No file is left." in output.read_text()
    assert "Traceback" not in output.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["output"]


def test_missing_helm_is_told_in_one_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "demo"],
        env={**environment(tmp_path), "SEATRIAL_HELM": str(tmp_path / "none")},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 4
    assert "there is no such program" in done.stderr
    assert "SEATRIAL_HELM" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    done = subprocess.run(
        [*COMMAND, "demo", "--dir", str(tmp_path)], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 4
    assert "this folder is not empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
