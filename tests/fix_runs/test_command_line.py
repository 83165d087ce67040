"""`seatrial fix` as a person runs it, against a served simulated cluster."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.tools import kubectl

pytestmark = pytest.mark.journey
ROOT = Path(__file__).resolve().parents[2]
SLOW_PATCH = {
    "c1": {
        "api": [
            {
                "effect": {"type": "slow", "seconds": 80},
                "verbs": ["patch"],
                "resources": ["deployments"],
                "namespaces": ["shop"],
            }
        ]
    }
}

FLEET = """\
clusters:
- {name: prod, context: c1, provider: {kind: simulated}, version: "1.36", tier: production}
releases:
- {name: spring, kubernetes: "1.37"}
strategies:
- {name: careful, stages: [{name: all}]}
checks:
  waivers:
  - check: budget-never-allows
    clusters: {tier: production}
    objects: [shop/poddisruptionbudget/web]
    who: ada
    why: the budget goes on Monday
    until: 2099-12-31
"""


def workload(name: str, *, annotations: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """A deployment of two, under a budget that wants both."""
    labels = {"app": name}
    metadata = {"name": name, "namespace": "shop", "annotations": annotations or {}}
    containers = [{"name": "main", "image": "example.com/main:1"}]
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
            },
        },
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {"minAvailable": 2, "selector": {"matchLabels": labels}},
        },
    ]


@dataclass(frozen=True, slots=True)
class Shell:
    folder: Path

    def start(self, *arguments: str, stdin: Any = subprocess.DEVNULL) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "KUBECONFIG": str(self.folder / "kubeconfig"),
            "SEATRIAL_STATE": str(self.folder / "state"),
            "SEATRIAL_TRACEBACK": "1",
        }
        return subprocess.Popen(
            [sys.executable, "-m", "seatrial", *arguments],
            cwd=self.folder,
            env=environment,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, code: int = 0, stdin: Any = subprocess.DEVNULL) -> str:
        process = self.start(*arguments, stdin=stdin)
        out, err = process.communicate(timeout=120)
        assert process.returncode == code, out + err
        return out + err

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        command = [str(kubectl("1.37")), "--kubeconfig", str(self.folder / "kubeconfig"), *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def replicas(self, name: str = "web") -> int:
        return int(self.kubectl("get", "deployment", name, "-n", "shop", "-o", "jsonpath={.spec.replicas}"))

    @property
    def fixes(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self("fix", "list", "-o", "json"))["fixes"]
        return found

    def until_ready(self) -> None:
        deadline = time.monotonic() + 60
        wanted = "{.items[*].status.readyReplicas}"
        while self.kubectl("get", "deployments", "-n", "shop", "-o", f"jsonpath={wanted}") not in (
            "2",
            "2 2",
        ):
            assert time.monotonic() < deadline
            time.sleep(0.2)


@pytest.fixture
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shell]:
    command = [
        sys.executable,
        "-m",
        "seatrial",
        "simulator",
        "serve",
        "--cluster",
        "c1=1.36",
        "--speed",
        "20",
    ]
    command += ["--kubeconfig-out", str(tmp_path / "kubeconfig")]
    if getattr(request, "param", None):
        (tmp_path / "faults.json").write_text(json.dumps(request.param))
        command += ["--faults", str(tmp_path / "faults.json")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("Serving")
        made = Shell(tmp_path)
        made.kubectl("create", "namespace", "shop")
        items = workload("web")
        if not getattr(request, "param", None):
            items += workload(
                "owned", annotations={"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:x/y"}
            )
        made.kubectl(
            "create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
        )
        made.until_ready()
        yield made
        server.terminate()


def test_a_fix_is_approved_made_listed_and_taken_back(shell: Shell) -> None:
    plan = shell("check", "--fix-plan", code=2)
    assert "- spec.replicas: 2" in plan
    assert "`seatrial fix` refuses it: Argo CD application shop would put it back" in plan
    id = re.search(r"seatrial fix --id (deployment-shop-web-\w+)", plan)
    assert id, plan

    assert "nobody is there to approve" in shell("fix", code=4)
    assert "--yes approves only what is named" in shell("fix", "--yes", code=4)
    assert shell.replicas() == 2

    said = shell("fix", "--id", id[1], "--yes", "--by", "ada", "--why", "upgrade tonight")
    assert "Done: Scale deployment shop/web from 2 to 3" in said
    assert shell.replicas() == 3
    (made,) = shell.fixes
    assert (made["by"], made["why"], made["state"], made["patch"], made["undo"]) == (
        "ada",
        "upgrade tonight",
        "made",
        {"spec": {"replicas": 3}},
        {"spec": {"replicas": 2}},
    )

    assert "Taken back" in shell("fix", "undo", made["id"], "--yes")
    assert shell.replicas() == 2
    assert [each["state"] for each in shell.fixes] == ["undone"]
    assert "it was taken back already" in shell("fix", "undo", made["id"], "--yes", code=4)


def test_what_the_fleet_file_waives_is_said_and_not_proposed(shell: Shell) -> None:
    (shell.folder / "fleet.yaml").write_text(FLEET)
    said = shell("fix", "--fleet", "fleet.yaml", "--check", "budget-never-allows", "--yes")
    assert "Left out: Scale deployment shop/web from 2 to 3 " in said
    assert "(budget-never-allows), waived by ada until 2099-12-31: the budget goes on Monday\n" in said
    assert "Done: " not in said
    assert shell.replicas() == 2
    assert "Done: Scale deployment shop/web" in shell("fix", "--check", "budget-never-allows", "--yes")


def test_what_somebody_changed_since_is_not_taken_back(shell: Shell) -> None:
    shell("fix", "--check", "budget-never-allows", "--yes")
    shell.kubectl("scale", "deployment", "web", "-n", "shop", "--replicas=7")
    (made,) = shell.fixes
    assert "somebody has changed spec.replicas since" in shell("fix", "undo", made["id"], "--yes", code=4)
    assert (shell.replicas(), shell.replicas("owned")) == (7, 2), "and what Git owns was never touched"


def test_each_fix_is_asked_for_at_a_terminal(shell: Shell) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, b"n\n")
    assert "Nothing was done." in shell("fix", stdin=theirs)
    assert shell.replicas() == 2
    os.write(ours, b"y\n")
    assert "Done: " in shell("fix", stdin=theirs)
    assert shell.replicas() == 3
    os.write(ours, b"y\n")
    assert "Taken back" in shell("fix", "undo", stdin=theirs)
    assert shell.replicas() == 2


@pytest.mark.parametrize("shell", [SLOW_PATCH], indirect=True)
def test_killed_in_the_middle_the_next_run_looks_before_it_acts(shell: Shell) -> None:
    process = shell.start("fix", "--check", "budget-never-allows", "--yes")
    deadline = time.monotonic() + 60
    while not shell.fixes:  # the intent is recorded, the answer is still to come
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert [each["state"] for each in shell.fixes] == ["unknown"]
    said = shell("fix", "--check", "budget-never-allows", "--yes")
    assert "A run that ended early left" in said
    states = [each["state"] for each in shell.fixes]
    assert shell.replicas() == 3
    assert states in (["made"], ["failed", "made"]), "made once, whether or not the first one arrived"
    (made,) = [each for each in shell.fixes if each["state"] == "made"]
    shell("fix", "undo", made["id"], "--yes")
    assert shell.replicas() == 2
