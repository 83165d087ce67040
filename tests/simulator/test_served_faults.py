"""`simulator serve` with faults: planted from files, met by real kubectl, refused where they fit nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.simulator.command_line import CommandLine, command_line
from tests.tools import kubectl

from seatrial.errors import BadInput
from seatrial.providers.simulated import read_faults
from seatrial.simulator.fault_file import read_fault_plans
from seatrial.simulator.faults import ApiFault, Crash, FaultPlan, Refuse, WorkloadFault
from seatrial.wiring.simulated import refuse_unknown_targets, refuse_unserved

FAULTS = """\
prod:
  api:
    - effect: {type: refuse, code: 429, retryAfter: 1}
      verbs: [list]
      resources: [configmaps]
      times: 1
    - effect: {type: refuse, code: 503, message: the database is away}
      resources: [services]
    - effect: {type: expireToken}
      resources: [secrets]
  workloads:
    - effect: {type: crash, exitCode: 7}
      workload: web
"""
PAGE = Path(__file__).parents[2] / "docs" / "simulator.md"


def test_a_fault_file_is_yaml_or_json_by_cluster(tmp_path: Path) -> None:
    crash = {"effect": {"type": "crash"}, "kubelet": "1.37"}
    refuse = {"effect": {"type": "refuse", "code": 500}, "after": 0.5}
    (tmp_path / "faults.json").write_text(json.dumps({"prod": {"api": [refuse], "workloads": [crash]}}))
    assert read_fault_plans(tmp_path / "faults.json") == {
        "prod": FaultPlan(
            api=(ApiFault(effect=Refuse(code=500), after=0.5),),
            workloads=(WorkloadFault(effect=Crash(), kubelet="1.37"),),
        )
    }


def test_the_faults_of_the_documentation_can_be_planted(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert example is not None
    (tmp_path / "faults.yaml").write_text(example[1])
    plan = read_fault_plans(tmp_path / "faults.yaml")["prod-eu"]
    assert (len(plan.api), len(plan.workloads), len(plan.quotas)) == (2, 1, 1)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("prod:\n  api:\n  - effect: {type: slwo}\n", ": prod", "slwo"),
        ("prod: {pods: []}", ": prod", "pods"),
        ("prod: [", "", "neither YAML nor JSON"),
        ("[]", "", "not a file of faults"),
        ("", "", "not a file of faults"),
    ],
)
def test_a_bad_fault_file_names_the_place(tmp_path: Path, text: str, where: str, what: str) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text(text)
    with pytest.raises(BadInput, match=what) as refused:
        read_fault_plans(path)
    assert (refused.value.where, bool(refused.value.next_step)) == (f"{path}{where}", True)


def test_faults_that_could_never_strike_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    path.write_text('{"prod": [{"target": "node-group/gpu", "detail": "no capacity"}]}')
    planted = read_faults(path)
    with pytest.raises(BadInput, match="prod has no 'node-group/gpu'"):
        refuse_unknown_targets(planted, path)
    with pytest.raises(BadInput, match="no cluster called 'prod' is served") as refused:
        refuse_unserved(planted, {"stage"}, path)
    assert refused.value.next_step == "Name one of: stage."


@pytest.mark.journey
def test_kubectl_meets_the_faults_that_a_person_planted(tmp_path: Path) -> None:
    (tmp_path / "faults.yaml").write_text(FAULTS)
    with _served(tmp_path) as kubeconfig:
        k = command_line(kubectl("1.37"), kubeconfig, tmp_path / "home")
        assert "kube-root-ca.crt" in k("get", "configmaps")  # kubectl waits, and asks again
        assert "the database is away" in k("get", "services", fails=True)
        assert "must be logged in" in k("get", "secrets", fails=True)
        k("create", "deployment", "web", "--image=web:1")
        k("create", "deployment", "calm", "--image=calm:1")
        k("rollout", "status", "deployment/calm", "--timeout=30s")
        k("wait", "pod", "-l=app=web", "--for=jsonpath={..terminated.exitCode}=7", "--timeout=30s")
        assert _ready(k) == {"calm": 1, "web": 0}


def _ready(k: CommandLine) -> dict[str, int]:
    items: list[dict[str, Any]] = json.loads(k("get", "deployments", "-o=json"))["items"]
    return {each["metadata"]["name"]: each["status"].get("readyReplicas", 0) for each in items}


@contextmanager
def _served(folder: Path) -> Iterator[Path]:
    serving = subprocess.Popen(
        [
            *(sys.executable, "-m", "seatrial", "simulator", "serve", "--cluster=prod=1.33"),
            *("--kubeconfig-out=kc", "--faults=faults.yaml", "--speed=20"),
        ],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert serving.stdout is not None
        assert serving.stdout.readline().startswith("Serving 1 cluster")
        yield folder / "kc"
    finally:
        serving.terminate()
        serving.communicate(timeout=20)
