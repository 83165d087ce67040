"""What an older Seatrial began, and left when it was killed, this one finishes: nothing twice, nothing lost.

The golden state was written by the code of that time, over the same simulated clusters.
"""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tests.reliability.harness import Harness, Kill, with_harness
from tests.reliability.judging import Verdict, judge
from tests.reliability.world import DEPLOYMENTS, World

from seatrial.cluster.version import Version
from seatrial.plan import JOURNAL_FORMAT, PLAN_FORMAT
from seatrial.rollout.document import ROLLOUT_FORMAT
from seatrial.rollout.events import EVENT_FORMAT
from seatrial.store.sql import open_store
from seatrial.store.tables import SCHEMA_VERSION

pytestmark = pytest.mark.journey
GOLDEN = Path(__file__).parent / "golden" / "interrupted-1.sql"
FROM, TO = Version(1, 36, 4), Version(1, 37, 1)


def test_a_rollout_that_format_1_left_unfinished_is_finished(tmp_path: Path) -> None:
    formats = (SCHEMA_VERSION, PLAN_FORMAT, JOURNAL_FORMAT, ROLLOUT_FORMAT, EVENT_FORMAT)
    # rollout format 3 adds only windows, which are optional; tests/rollout/golden has one of each format
    assert formats == (2, 2, 2, 3, 2), "record what the code before leaves, and finish that here too"

    async def main(harness: Harness) -> tuple[Verdict, dict[str, Any]]:
        world = World(harness.clock, tmp_path / "trial", 1, version=FROM)
        world.begin(harness.server)
        write_golden(world.folder / "state" / "seatrial.db")
        await as_it_was_left(world)
        async with harness.lane() as lane:
            code = await harness.life(world, harness.job(world, harness.helms[0]), Kill(), lane)
        said = world.folder / "said"
        assert code == 0, said.read_text()
        store = open_store(world.folder / "state" / "seatrial.db")
        verdict = await judge(world, store, None)
        await store.close()
        world.end(harness.server)
        return verdict, {name: site.provider.starts for name, site in world.sites.items()}

    verdict, starts = with_harness(tmp_path, main)
    assert verdict == Verdict()
    upgraded = [("control-plane", str(TO)), ("node-group/default", str(TO))]
    assert starts == {"eks": upgraded, "gke": upgraded}


def write_golden(database: Path) -> None:
    with sqlite3.connect(database) as db:
        db.executescript(GOLDEN.read_text())
    db.close()


async def as_it_was_left(world: World) -> None:
    """Both clusters were fixed and held; the control plane of one was at work."""
    for site in world.sites.values():
        for namespace, name, replicas in (("kube-system", "ca", 0), ("default", "till", 3)):
            site.cluster.verbs.modify(DEPLOYMENTS, namespace, name, _scaled(replicas))
    token = hashlib.sha256(b"spring-1.eks.1.1\ncontrol-plane\n1").hexdigest()[:32]
    begun = await world.sites["eks"].provider.start_control_plane_upgrade(TO, token=token)
    assert begun.id == "eks-eks-1-1", "the id that the journal holds"


def _scaled(replicas: int) -> Any:
    def change(deployment: dict[str, Any]) -> None:
        deployment["spec"]["replicas"] = replicas

    return change
