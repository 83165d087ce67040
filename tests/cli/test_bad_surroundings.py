"""Ctrl-C at any moment, closed streams, a full disk, a state that cannot be used, a helm that is missing."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.cli.attempts import (
    SEATRIAL,
    Attempt,
    Fleet,
    Process,
    attempt,
    ended,
    fleet,
    refused,
    serve,
)

__all__ = ["attempt", "fleet"]

pytestmark = pytest.mark.journey

CHARTS = Path(__file__).parents[2] / "src/seatrial/demo/charts"
FLEET = """
clusters: [{name: a, version: "1.36", tier: test, provider: {kind: eks}}]
stack: [{name: edge-proxy, namespace: platform, chart: edge-proxy}]
releases: [{name: r, kubernetes: "1.37"}]
strategies: [{name: s, stages: [{name: all}]}]
"""


@pytest.fixture
def process(tmp_path: Path) -> Process:
    return Process(tmp_path)


def hanging(fleet: Fleet, folder: Path, trace: Path) -> None:
    """A kubeconfig whose plugin says which process it is, and then hangs."""
    text = fleet.kubeconfig.read_text()
    token = next(line for line in text.splitlines() if "token:" in line)
    plugin = (
        "    exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: sh,"
        f" args: ['-c', 'echo $$ > {trace}; sleep 600']}}"
    )
    (folder / "kc").write_text(text.replace(token, plugin, 1))


def wait_for(seen: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not seen():
        assert time.monotonic() < end, "it did not come to it"
        time.sleep(0.02)


def alive(trace: Path) -> bool:
    try:
        os.kill(int(trace.read_text()), 0)
    except ProcessLookupError:
        return False
    return True


def written(trace: Path) -> Callable[[], bool]:
    return lambda: trace.exists() and trace.read_text().strip() != ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_read_leaves_no_plugin_and_no_file(
    number: signal.Signals, process: Process, fleet: Fleet, tmp_path: Path
) -> None:
    trace = tmp_path / "pid"
    hanging(fleet, tmp_path, trace)
    started = process.start("snapshot", "--kubeconfig", "kc", "-o", "new.seatrial")
    wait_for(written(trace))
    started.send_signal(number)
    outcome = ended(started)
    assert (outcome.code, outcome.out, outcome.err) == (130, "", "Interrupted.\n")
    assert not alive(trace)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kc", "pid"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_rehearsal_ends_helm_and_leaves_no_folder(
    number: signal.Signals, process: Process, fleet: Fleet, tmp_path: Path
) -> None:
    trace, scratch = tmp_path / "pid", tmp_path / "tmp"
    scratch.mkdir()
    (tmp_path / "fleet.yaml").write_text(FLEET)
    shutil.copytree(CHARTS / "edge-proxy/1.4.0", tmp_path / "edge-proxy")
    helm = tmp_path / "helm"
    helm.write_text(
        f'#!/bin/sh\n[ "$1" = version ] && echo v3.17.1 && exit 0\necho $$ > {trace}\nexec sleep 600\n'
    )
    helm.chmod(0o755)
    started = process.start(
        "rehearse",
        *("--kubeconfig", fleet.kubeconfig, "--fleet", "fleet.yaml", "--cluster", "a", "--release", "r"),
        SEATRIAL_HELM=str(helm),
        TMPDIR=str(scratch),
    )
    wait_for(written(trace))
    started.send_signal(number)
    outcome = ended(started)
    assert (outcome.code, outcome.err) == (130, "Interrupted.\n"), outcome.shown
    assert not alive(trace)
    assert list(scratch.iterdir()) == []


def test_ctrl_c_in_the_prompt_begins_nothing(process: Process, fleet: Fleet, tmp_path: Path) -> None:
    process("plan", "--kubeconfig", fleet.kubeconfig, "--to", "1.37", "-o", "plan.json")
    ours, theirs = os.openpty()
    started = subprocess.Popen(
        [SEATRIAL, "apply", "plan.json", "--kubeconfig", fleet.kubeconfig],
        cwd=tmp_path,
        env=process.environment,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(theirs)
    assert started.stdout is not None
    wait_for(lambda: "Digest" in started.stdout.readline())  # type: ignore[union-attr]
    time.sleep(0.3)
    started.send_signal(signal.SIGINT)
    outcome = ended(started)
    os.close(ours)
    assert outcome.code == 130, outcome.shown
    assert outcome.err.strip().endswith("Interrupted.")
    assert process("apply", "plan.json", "--kubeconfig", fleet.kubeconfig, "--retry").code == 4  # no run


@pytest.fixture
def own_fleet(tmp_path: Path) -> Iterator[Fleet]:
    """A slow cluster that a test may upgrade and kill."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    served = serve(folder, "a=1.36", speed=20)
    yield served
    served.process.kill()
    served.process.wait()


def test_an_apply_outlives_ctrl_c_a_rival_and_a_dead_cluster(process: Process, own_fleet: Fleet) -> None:
    at = ("--kubeconfig", own_fleet.kubeconfig)
    process("plan", *at, "--to", "1.37", "-o", "plan.json")

    def begun() -> subprocess.Popen[str]:
        started = process.start("apply", "plan.json", "--yes", *at)
        assert started.stdout is not None
        wait_for(lambda: "upgrade the control plane" in started.stdout.readline())  # type: ignore[union-attr]
        wait_for(lambda: "  • upgrade the control plane" in started.stdout.readline())  # type: ignore[union-attr]
        return started

    first = begun()
    refused(process("apply", "plan.json", "--yes", *at), "a: ", "is at work on this cluster")
    first.send_signal(signal.SIGINT)
    outcome = ended(first)
    assert outcome.code == 130, outcome.shown
    assert "`seatrial apply plan.json` goes on with it.\nInterrupted.\n" in outcome.err

    second = process.start("apply", "plan.json", "--yes", *at)
    assert second.stdout is not None
    wait_for(lambda: "to 1.37" in second.stdout.readline())  # type: ignore[union-attr]
    own_fleet.process.kill()
    wait_for(lambda: "cannot be reached" in second.stdout.readline())  # type: ignore[union-attr]
    second.send_signal(signal.SIGTERM)
    outcome = ended(second)
    assert outcome.code == 130, outcome.shown
    assert "goes on with it.\nInterrupted.\n" in outcome.err

    refused(process("apply", "plan.json", "--yes", *at), "connection refused", "Check that the cluster is up")


def test_a_plan_carried_out_before_is_harmless_and_a_stale_one_says_what_changed(
    process: Process, tmp_path: Path
) -> None:
    fast = serve(tmp_path, "a=1.35", speed=2000)
    try:
        at = ("--kubeconfig", fast.kubeconfig)
        process("plan", *at, "--to", "1.36", "-o", "plan.json")
        assert process("apply", "plan.json", "--yes", *at).code == 0
        again = process("apply", "plan.json", "--yes", *at)
        process("plan", *at, "--to", "1.37", "-o", "next.json")
        assert process("apply", "next.json", "--yes", *at).code == 0
        elsewhere = process("apply", "plan.json", "--yes", *at, "--state", tmp_path / "elsewhere")
    finally:
        fast.process.kill()
        fast.process.wait()
    assert (again.code, again.err) == (0, "")
    assert "has carried this plan out: nothing is left to do" in again.out
    assert elsewhere.code == 2
    assert "what the plan relies on has changed: control-plane/version was" in elsewhere.out
    assert "Make the plan again" in elsewhere.out
    assert "Give this run up first: `seatrial apply plan.json --cancel`." in elsewhere.out
    assert "Repair the cause" not in elsewhere.out


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("seatrial check --kubeconfig {kc} <&-", 0),
        ("seatrial check --kubeconfig {kc} >&-", 0),
        ("seatrial check - --to 1.37 <&-", 3),
        ("seatrial check --kubeconfig nowhere 2>&-", 4),
        ("seatrial check --kubeconfig nowhere 2>/dev/full", 4),
    ],
)
def test_closed_streams_change_no_answer(line: str, code: int, process: Process, fleet: Fleet) -> None:
    outcome = process.shell(line.format(kc=fleet.kubeconfig))
    assert outcome.code in ({0, 1} if code == 0 else {code}), outcome.shown
    assert outcome.err == ""


@pytest.mark.parametrize("line", ["check --kubeconfig {kc} -o json", "checks list", "facts api", "--help"])
def test_a_full_standard_output_is_said(line: str, process: Process, fleet: Fleet) -> None:
    outcome = process.shell(f"seatrial {line.format(kc=fleet.kubeconfig)} > /dev/full")
    refused(outcome, "No space left on device", "Free some space")


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB with nothing left; needs the right to mount."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    with suppress(OSError), (disk / "filler").open("wb") as filler:
        for _ in range(100):
            filler.write(b"\0" * 4096)
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def test_a_full_disk_leaves_nothing_half_written(attempt: Attempt, fleet: Fleet, full_disk: Path) -> None:
    at = ("--kubeconfig", fleet.kubeconfig)
    attempt("plan", *at, "--to", "1.37", "-o", "plan.json")
    full = "no space left on device"
    refused(attempt("snapshot", *at, "-o", full_disk / "a.seatrial"), f"{full_disk}/a.seatrial: ", full)
    refused(attempt("plan", *at, "--to", "1.37", "-o", full_disk / "p"), f"{full_disk}/p: ", full)
    refused(attempt("rehearse", *at, "--svg", full_disk / "r.svg"), f"{full_disk}/r.svg: ", full)
    refused(attempt("stop", "--why", "x", "--state", full_disk), f"{full_disk}/STOP: ", full)
    refused(attempt("apply", "plan.json", "--yes", *at, "--state", full_disk), "the disk is full")
    refused(attempt("simulator", "serve", "--kubeconfig-out", full_disk / "kc"), f"{full_disk}/kc: ", full)
    assert {path.name for path in full_disk.iterdir()} <= {"filler", "seatrial.db"}


def test_a_file_is_never_written_over_a_folder_a_device_or_by_a_slip(
    attempt: Attempt, fleet: Fleet, tmp_path: Path
) -> None:
    plan = ("plan", "--kubeconfig", fleet.kubeconfig, "--to", "1.37", "-o")
    snapshot = ("snapshot", "--kubeconfig", fleet.kubeconfig, "-o")
    for command in (plan, snapshot):
        refused(attempt(*command, tmp_path), str(tmp_path), "folder" if command == snapshot else "directory")
        refused(attempt(*command, "json"), "-o names the file", "--output")
        refused(attempt(*command, tmp_path / "no" / "x"), str(tmp_path / "no" / "x"), "no such file")
        refused(attempt(*command, tmp_path / ("x" * 300)), "ame too long")
    device = tmp_path / "device"
    device.symlink_to("/dev/null")
    assert attempt(*plan, device).code in (0, 1)
    assert device.is_symlink()
    assert Path("/dev/null").is_char_device()
    (tmp_path / "kept.seatrial").write_text("kept")
    refused(attempt(*snapshot, "kept.seatrial"), "kept.seatrial: this file exists", "--force")
    assert (tmp_path / "kept.seatrial").read_text() == "kept"


@pytest.mark.parametrize("command", [("rollout", "list"), ("apply", "plan.json", "--yes")])
def test_a_state_that_cannot_be_used_is_named(
    command: tuple[str, ...], attempt: Attempt, fleet: Fleet, tmp_path: Path
) -> None:
    attempt("plan", "--kubeconfig", fleet.kubeconfig, "--to", "1.37", "-o", "plan.json")

    def with_state(state: Path) -> None:
        refused(attempt(*command, "--state", state), str(state), "")

    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "seatrial.db").write_text("garbage garbage garbage")
    with_state(damaged)
    assert (damaged / "seatrial.db").read_text() == "garbage garbage garbage"
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    with sqlite3.connect(foreign / "seatrial.db") as database:
        database.execute("create table songs (name text)")
    with_state(foreign)
    folder = tmp_path / "folder"
    (folder / "seatrial.db").mkdir(parents=True)
    with_state(folder)
    with_state(tmp_path / "plan.json")


def test_a_state_folder_that_cannot_be_made_is_named_and_one_that_is_not_there_is_only_empty(
    attempt: Attempt, fleet: Fleet
) -> None:
    attempt("plan", "--kubeconfig", fleet.kubeconfig, "--to", "1.37", "-o", "plan.json")
    refused(attempt("apply", "plan.json", "--yes", "--state", "/proc/nowhere"), "/proc/nowhere", "")
    looked = attempt("rollout", "list", "--state", "/proc/nowhere")
    assert (looked.code, "No rollouts" in looked.out) == (0, True)


def test_a_locked_state_is_waited_for_and_then_named(attempt: Attempt, tmp_path: Path) -> None:
    assert attempt("stop", "--why", "a drill").code == 0  # makes the state
    database = sqlite3.connect(tmp_path / "state/seatrial.db", isolation_level=None)
    database.execute("begin exclusive")
    try:
        refused(attempt("rollout", "list"), "another process keeps the state file locked", "Wait for it")
    finally:
        database.close()


def test_a_missing_helm_is_said_before_anything_is_touched(
    attempt: Attempt, fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fleet.yaml").write_text(FLEET)
    shutil.copytree(CHARTS / "edge-proxy/1.4.0", tmp_path / "edge-proxy")
    monkeypatch.setenv("SEATRIAL_HELM", str(tmp_path / "no-helm"))
    at = ("--kubeconfig", fleet.kubeconfig)
    of = ("--fleet", "fleet.yaml", "--cluster", "a", "--release", "r")
    assert attempt("plan", *at, *of, "-o", "plan.json").code in (0, 1)  # needs none
    words = ("no-helm: there is no such program", "Install Helm 3.14 or newer")
    refused(attempt("rehearse", *at, *of), *words)
    refused(attempt("apply", "plan.json", "--yes", *at), *words)
    start = ("rollout", "start", "--fleet", "fleet.yaml", "--release", "r", "--strategy", "s", "--yes")
    refused(attempt(*start, *at), *words)
    assert "No rollouts" in attempt("rollout", "list").out
