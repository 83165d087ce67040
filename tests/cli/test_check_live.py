"""`seatrial check` on a live cluster: one that the simulator serves, and ones that cannot be reached."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.tools import kubectl

from seatrial.checks.check import Profile
from seatrial.checks.run import checks_of
from seatrial.cli.main import run
from seatrial.clock import WallClock

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two clusters in a process of their own."""
    file = tmp_path_factory.mktemp("sim") / "kubeconfig"
    command = [sys.executable, "-m", "seatrial.cli.main", "simulator", "serve"]
    command += ["--cluster", "prod=1.36", "--cluster", "newest=1.37", "--kubeconfig-out", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("Serving 2 clusters")
        yield file
        server.terminate()


def test_fresh_cluster_is_ready_for_its_next_minor(
    kubeconfig: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", "--kubeconfig", str(kubeconfig), "--context", "prod", "-o", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["subject"], report["target"], report["clean"]) == ("prod", "1.37", True)
    of_clusters = [each.id for each in checks_of(Profile.READINESS) if not each.needs_more_than_a_cluster]
    assert report["checked"] == of_clusters


def test_ages_of_a_served_cluster_are_reckoned_from_now(kubeconfig: Path) -> None:
    """kubectl computes the ages of events and conditions by the wall's clock."""
    command = [str(kubectl("1.37")), "--kubeconfig", str(kubeconfig), "--context", "prod"]
    command += ["get", "namespace", "default", "-o", "jsonpath={.metadata.creationTimestamp}"]
    created = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    age = WallClock().now() - datetime.fromisoformat(created)
    assert timedelta(0) <= age < timedelta(minutes=5)


def test_cluster_of_the_newest_minor_known_is_incomplete_never_clean(kubeconfig: Path) -> None:
    assert run(["check", "--kubeconfig", str(kubeconfig), "--context", "newest"]) == 3


def test_skipped_minor_and_nonsense_are_told_apart(kubeconfig: Path) -> None:
    where = ["--kubeconfig", str(kubeconfig), "--context", "prod"]
    assert run(["check", *where, "--to", "1.38"]) == 2
    assert run(["check", *where, "--to", "1.99"]) == 4


def test_unknown_context_offers_those_that_exist(
    kubeconfig: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", "--kubeconfig", str(kubeconfig), "--context", "nope"]) == 4
    assert "newest, prod" in capsys.readouterr().err


def test_cluster_that_is_down_is_one_clear_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config"
    cluster = {"name": "down", "cluster": {"server": "https://127.0.0.1:9"}}
    context = {"name": "down", "context": {"cluster": "down", "user": "me"}}
    user = {"name": "me", "user": {"token": "canary-token"}}
    content = {"clusters": [cluster], "contexts": [context], "users": [user], "current-context": "down"}
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", **content}))
    assert run(["check", "--kubeconfig", str(file)]) == 4
    captured = capsys.readouterr()
    assert "127.0.0.1:9" in captured.err
    assert "canary-token" not in captured.err + captured.out
    assert "Traceback" not in captured.err
