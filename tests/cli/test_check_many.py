"""`seatrial check` of several live clusters at once, some of which cannot be reached."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.builders import a_snapshot
from tests.cli.attempts import SEATRIAL, Attempt, Fleet, attempt, refused, serve
from tests.simulator.command_line import command_line
from tests.tools import helm

from seatrial.checks.settings import DEFAULT_SETTINGS
from seatrial.cli.check_processes import Task, check_task, checkers
from seatrial.cluster.version import Minor
from seatrial.errors import PermanentError

__all__ = ["attempt"]
pytestmark = pytest.mark.journey

HEADINGS = ["CLUSTER", "VERSION", "TARGET", "VERDICT", "BLOCKERS", "WARNINGS", "INCOMPLETE"]
NAMES = tuple(f"c{number}" for number in range(1, 9))


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Eight clusters, enough for workers, and a kubeconfig that also has one that is down."""
    folder = tmp_path_factory.mktemp("many")
    served = serve(folder, "c1=1.35", *(f"{name}=1.36" for name in NAMES[1:]))
    content = YAML(typ="safe").load(served.kubeconfig.read_text())
    content["clusters"].append({"name": "down", "cluster": {"server": "https://127.0.0.1:9"}})
    content["contexts"].append({"name": "down", "context": {"cluster": "down", "user": "down"}})
    content["users"].append({"name": "down", "user": {"token": "x"}})
    served.kubeconfig.write_text(json.dumps(content))
    time.sleep(1.5)  # at 60 times the wall's pace: until CoreDNS is ready
    yield served
    served.process.kill()
    served.process.wait()


def reports(attempt: Attempt, *arguments: str | Path, code: int) -> dict[str, dict[str, Any]]:
    outcome = attempt("check", *arguments, "-o", "json")
    assert outcome.code == code, outcome.shown
    document = json.loads(outcome.out)
    assert (document["kind"], document["exitCode"]) == ("SeatrialReports", code)
    return {each["cluster"]: each for each in document["clusters"]}


def test_each_context_gets_a_report_for_its_own_next_minor(attempt: Attempt, fleet: Fleet) -> None:
    at = ("--kubeconfig", fleet.kubeconfig)
    found = reports(attempt, *at, "--context", "c2", "--context", "c1", "--only", "node-not-ready", code=0)
    assert list(found) == ["c2", "c1"]
    assert [(each["version"][:5], each["report"]["target"]) for each in found.values()] == [
        ("v1.36", "1.37"),
        ("v1.35", "1.36"),
    ]
    found = reports(
        attempt, *at, "--context", "c2", "--context", "c1", "--to", "1.36", "--only", "node-not-ready", code=0
    )
    assert [each["report"]["target"] for each in found.values()] == ["1.36", "1.36"]


def test_cluster_that_is_down_is_its_own_gap_and_the_others_go_on(attempt: Attempt, fleet: Fleet) -> None:
    at = ("--kubeconfig", fleet.kubeconfig, "--all-contexts")
    found = reports(attempt, *at, "--only", "node-not-ready", code=3)
    assert sorted(found) == sorted((*NAMES, "down"))
    assert all(found[name]["report"]["clean"] for name in NAMES)
    (gap,) = found["down"]["report"]["incomplete"]
    assert (found["down"]["version"], found["down"]["report"]["target"]) == ("", "")
    assert gap["what"] == "cluster down"
    assert "127.0.0.1:9" in gap["why"]
    assert gap["nextStep"]


def test_table_has_a_line_for_each_cluster_and_why_one_was_not_read(attempt: Attempt, fleet: Fleet) -> None:
    chosen = ("--context", "c1", "--context", "down", "--context", "nope", "--only", "node-not-ready")
    for output in ("text", "table", "wide"):
        outcome = attempt("check", "--kubeconfig", fleet.kubeconfig, *chosen, "-o", output)
        assert outcome.code == 3
        lines = [line.split() for line in outcome.out.splitlines()]
        first = lines.index(HEADINGS)
        assert [(line[0], line[2], *line[-4:]) for line in lines[first + 1 : first + 4]] == [
            ("c1", "1.36", "CLEAN", "0", "0", "0"),
            ("down", "unknown", "INCOMPLETE", "0", "0", "1"),
            ("nope", "unknown", "INCOMPLETE", "0", "0", "1"),
        ]
        assert "there is no context 'nope'" in outcome.out
        assert outcome.err == ""


@pytest.fixture
def fleet_file(tmp_path: Path) -> Path:
    def cluster(name: str, tier: str, context: str) -> str:
        rest = f"provider: {{kind: eks}}, version: '1.36', tier: {tier}, context: {context}"
        return f"- {{name: {name}, {rest}}}\n"

    clusters = [cluster(f"shop-{name}", "production", name) for name in NAMES[1:3]]
    clusters.append(cluster("shop-test", "test", "c1"))
    file = tmp_path / "fleet.yaml"
    file.write_text("clusters:\n" + "".join(clusters))
    return file


def test_fleet_file_names_the_clusters(attempt: Attempt, fleet: Fleet, fleet_file: Path) -> None:
    at = ("--kubeconfig", fleet.kubeconfig, "--fleet", fleet_file, "--only", "node-not-ready")
    assert list(reports(attempt, *at, code=0)) == ["shop-c2", "shop-c3", "shop-test"]
    assert list(reports(attempt, *at, "-l", "tier=production", code=0)) == ["shop-c2", "shop-c3"]
    two = ("--cluster", "shop-test", "--cluster", "shop-c2")
    assert list(reports(attempt, *at, *two, code=0)) == ["shop-c2", "shop-test"]
    refused(attempt("check", *at, "-l", "tier=moon"), "no cluster of the fleet file has the labels")
    refused(attempt("check", *at, "-l", "((("), "is not a label selector")
    refused(attempt("check", *at, "--cluster", "nope"), "the fleet has no cluster 'nope'")


def test_cluster_of_the_fleet_that_is_down_has_the_target_that_it_would_have(
    attempt: Attempt, fleet: Fleet, fleet_file: Path
) -> None:
    fleet_file.write_text(fleet_file.read_text().replace("context: c3", "context: down"))
    at = ("--kubeconfig", fleet.kubeconfig, "--fleet", fleet_file, "--only", "node-not-ready")
    found = reports(attempt, *at, code=3)
    assert {name: each["report"]["target"] for name, each in found.items()} == {
        "shop-c2": "1.37",
        "shop-c3": "1.37",
        "shop-test": "1.36",
    }


def test_one_cluster_of_the_fleet_gets_a_plain_report_and_can_have_files(
    attempt: Attempt, fleet: Fleet, fleet_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "app.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    at = ("--kubeconfig", fleet.kubeconfig, "--fleet", fleet_file, "--cluster", "shop-c2", "app.yaml")
    outcome = attempt("check", *at, "-o", "json", "--only", "node-not-ready", "--only", "removed-api-in-file")
    report = json.loads(outcome.out)
    assert (outcome.code, report["kind"], report["subject"]) == (0, "SeatrialReport", "c2, app.yaml")
    assert report["checked"] == ["node-not-ready", "removed-api-in-file"]


def test_waivers_of_the_fleet_file_hold_for_the_clusters_that_they_name(
    attempt: Attempt, fleet: Fleet, fleet_file: Path
) -> None:
    waiver = (
        "{check: target-reachable, who: Ada, why: trying, until: 2999-01-01, clusters: {tier: production}}"
    )
    fleet_file.write_text(fleet_file.read_text() + f"checks:\n  waivers: [{waiver}]\n")
    at = ("--kubeconfig", fleet.kubeconfig, "--fleet", fleet_file, "--only", "target-reachable")
    found = reports(attempt, *at, "--to", "1.38", code=2)
    blockers = {name: each["report"]["counts"]["blockers"] for name, each in found.items()}
    assert blockers == {"shop-c2": 0, "shop-c3": 0, "shop-test": 1}


def test_progress_is_one_line_on_a_terminal_and_nothing_in_ci(fleet: Fleet, tmp_path: Path) -> None:
    command = [
        SEATRIAL,
        "check",
        "--kubeconfig",
        fleet.kubeconfig,
        "--all-contexts",
        "--only",
        "node-not-ready",
    ]

    def shown_on_a_terminal(**more: str) -> str:
        controller, terminal = pty.openpty()
        environment = {key: value for key, value in os.environ.items() if key != "CI"}
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=terminal, env={**environment, **more}, cwd=tmp_path
        ) as process:
            os.close(terminal)
            shown = b""
            try:
                while chunk := os.read(controller, 4096):
                    shown += chunk
            except OSError:  # how Linux says that nobody writes there any more
                pass
            assert process.wait(timeout=60) == 3
        os.close(controller)
        return shown.decode()

    shown = shown_on_a_terminal()
    assert "Checked 9 of 9 clusters" in shown
    assert shown.endswith("\r\x1b[2K")
    assert shown_on_a_terminal(CI="1") == ""


def test_ctrl_c_ends_it_with_one_word_and_leaves_no_process(fleet: Fleet, tmp_path: Path) -> None:
    content = json.loads(fleet.kubeconfig.read_text())
    with socket.create_server(("127.0.0.1", 0)) as silent:  # so that the check cannot end by itself
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        content["clusters"].append({"name": "silent", "cluster": {"server": address}})
        content["contexts"].append({"name": "silent", "context": {"cluster": "silent", "user": "down"}})
        config = tmp_path / "config"
        config.write_text(json.dumps(content))
        command = [SEATRIAL, "check", "--kubeconfig", config, "--all-contexts"]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        time.sleep(1.5)  # by now its helpers have started
        os.killpg(process.pid, signal.SIGINT)  # a terminal tells the whole group
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "Interrupted.\n")
    for _ in range(50):  # Python's own helper notices a moment later
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("a process was left behind")


async def test_workers_find_what_this_process_finds_and_a_dead_one_is_said_and_replaced() -> None:
    task = Task(
        a_snapshot(), "harbour", Minor(1, 37), ("node-not-ready", "target-reachable"), DEFAULT_SETTINGS
    )
    async with checkers(1) as free:
        assert await free.check(task) == check_task(task)
        (worker,) = free._workers
        worker.process.kill()
        worker.process.join()
        with pytest.raises(PermanentError, match="ended before its time"):
            await free.check(task)
        assert await free.check(task) == check_task(task)


FLOW = """\
apiVersion: flowcontrol.apiserver.k8s.io/v1beta3
kind: FlowSchema
metadata: {name: shop}
spec:
  priorityLevelConfiguration: {name: global-default}
"""


@pytest.mark.parametrize("major", ["3", "4"])
def test_releases_that_helm_keeps_in_config_maps_are_read(
    major: str, attempt: Attempt, tmp_path: Path
) -> None:
    served = serve(tmp_path, "old=1.31")
    try:
        chart = tmp_path / "shop"
        (chart / "templates").mkdir(parents=True)
        (chart / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
        (chart / "templates/flow.yaml").write_text(FLOW)
        run_helm = command_line(helm(major), served.kubeconfig, tmp_path / "helm")
        run_helm.environment["HELM_DRIVER"] = "configmap"
        run_helm("install", "shop", str(chart))
        outcome = attempt(
            "check", "--kubeconfig", served.kubeconfig, "--only", "removed-api-in-release", "-o", "json"
        )
        report = json.loads(outcome.out)
        assert (outcome.code, report["target"]) == (2, "1.32")
        (finding,) = report["findings"]
        assert finding["evidence"] == "will-be-applied-again"
        assert "flowcontrol.apiserver.k8s.io/v1beta3" in finding["message"]
    finally:
        served.process.kill()
        served.process.wait()
