"""Two machines, one cluster: a real `apply` dies in the middle of an operation, and another takes over.

The Lease is stale after 60 of our seconds, so the operation is served slowly until then.
"""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.cluster_runs.serve_one import VERSION
from tests.cluster_runs.test_command_line import ROOT, TO, Shell

from seatrial.clock import WallClock
from seatrial.cluster.objects import GroupVersionResource
from seatrial.cluster_runs.lease import LEASES
from seatrial.kube import ReadClient
from seatrial.wiring.providers import provider_for
from seatrial.wiring.reaching import find_reach

pytestmark = [pytest.mark.journey, pytest.mark.slow]
FLEET = f"""\
name: harbour
clusters: [{{name: c1, provider: {{kind: KIND}}, version: "{VERSION.line}", tier: test}}]
releases: [{{name: spring, kubernetes: "{TO}"}}]
strategies: [{{name: careful, stages: [{{name: test, selector: {{tier: test}}}}]}}]
"""
DEPLOYMENTS = GroupVersionResource("apps", "v1", "deployments")
_SLOW, _FAST = 3.0, 300.0


@pytest.fixture(params=["eks", "gke"])
def laptops(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Laptop, Laptop]]:
    """EKS takes tokens that make a start idempotent; with GKE an operation has to be found again."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.cluster_runs.serve_one", str(tmp_path), request.param, str(_SLOW)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    (tmp_path / "fleet.yaml").write_text(FLEET.replace("KIND", request.param))
    assert server.stdout is not None
    assert server.stdout.readline().strip() == "ready"
    try:
        yield Laptop(tmp_path, "one"), Laptop(tmp_path, "two")
    finally:
        server.terminate()
        server.wait(timeout=20)


class Laptop(Shell):
    """With a state of its own: it knows of the other only what the cluster tells."""

    __slots__ = ("name",)

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__(folder)
        object.__setattr__(self, "name", name)

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "SEATRIAL_STATE": str(self.folder / f"state-{self.name}")}


def test_an_apply_takes_over_only_when_stale_and_finds_the_running_operation(
    laptops: tuple[Laptop, Laptop],
) -> None:
    one, two = laptops
    one("plan", "--to", TO, "-o", "one.json")
    two("plan", "--to", TO, "-o", "two.json")
    first = one.start("apply", "one.json", "--yes")
    until(lambda: bool(one.starts), 60)
    assert "is at work on this cluster" in two("apply", "two.json", "--yes", code=4), "it is renewed"
    first.kill()
    first.communicate()
    killed = time.monotonic()
    second = two.start("apply", "two.json", "--yes")
    until(lambda: holder(two).endswith(f"process {second.pid}"), 100)
    assert time.monotonic() - killed > 55, "not before it was stale"
    assert operations(two) == [("control-plane", "running")], "the one that the dead process left"
    assert autoscaler(two) in (0, 1), "put back, and held anew"
    (two.folder / "pace").write_text(str(_FAST))
    out, err = second.communicate(timeout=120)
    assert second.returncode == 0, out + err
    assert [line.split()[0] for line in two.starts] == ["control-plane", "node-group/default"]
    assert autoscaler(two) == 1
    assert holder(two) == ""


def test_a_rollout_waits_for_a_living_apply_and_goes_on_after_it_died(laptops: tuple[Laptop, Laptop]) -> None:
    one, two = laptops
    one("plan", "--to", TO, "-o", "one.json")
    first = one.start("apply", "one.json", "--yes")
    until(lambda: bool(one.starts), 60)
    start = ("--fleet", "fleet.yaml", "--release", "spring", "--strategy", "careful", "--yes")
    second = two.start("rollout", "start", *start)
    until(lambda: "another writer on the cluster" in two("rollout", "list", "-o", "json"), 120)
    assert holder(two).endswith(f"process {first.pid}")
    first.kill()
    first.communicate()
    until(lambda: holder(two).endswith(f"process {second.pid}"), 200)
    (two.folder / "pace").write_text(str(_FAST))
    out, err = second.communicate(timeout=120)
    assert second.returncode == 0, out + err
    assert [line.split()[0] for line in two.starts] == ["control-plane", "node-group/default"]
    assert autoscaler(two) == 1
    assert b"HoldAutoscaler" in stored_plan(two), "it was put back before the cluster was looked at"


def until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.5)


def holder(laptop: Laptop) -> str:
    return str(look(laptop, LEASES, "seatrial")["spec"]["holderIdentity"])


def autoscaler(laptop: Laptop) -> int:
    return int(look(laptop, DEPLOYMENTS, "ca")["spec"]["replicas"])


def look(laptop: Laptop, gvr: GroupVersionResource, name: str) -> dict[str, Any]:
    async def found() -> dict[str, Any]:
        async with reach(laptop).connected(WallClock()) as session:
            return await ReadClient(session).get(gvr, name, "kube-system")

    return asyncio.run(found())


def operations(laptop: Laptop) -> list[tuple[str, str]]:
    async def found() -> list[tuple[str, str]]:
        async with reach(laptop).connected(WallClock()) as session:
            operations = await (await provider_for(session)).operations()
            return [(each.target, str(each.state)) for each in operations]

    return asyncio.run(found())


def stored_plan(laptop: Laptop) -> bytes:
    with closing(sqlite3.connect(laptop.folder / f"state-{laptop.name}" / "seatrial.db")) as db:
        return bytes(db.execute("select document from plans").fetchone()[0])


def reach(laptop: Laptop) -> Any:
    return find_reach(laptop.folder / "kubeconfig", "c1", environment={})
