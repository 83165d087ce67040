"""Charts travel through the state, and arrive as they were approved or not at all."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import msgspec
import pytest
from tests.rollout.builders import rollout

from seatrial.errors import BadFormat
from seatrial.fleet.resolve import ResolvedComponent
from seatrial.rollout.document import Rollout, RolloutStage
from seatrial.rollout_runs.inputs import check_inputs, freeze_inputs
from seatrial.store.memory import MemoryStore
from seatrial.workers.charts import fetch_charts, share_charts


def a_rollout(chart: Path, values: Path) -> Rollout:
    component = ResolvedComponent(
        name="web", release="web", namespace="web", chart=str(chart), values=(str(values),)
    )
    made = rollout(RolloutStage(name="test", clusters=("t1",)))
    clusters = tuple(
        msgspec.structs.replace(
            cluster, target=msgspec.structs.replace(cluster.target, components=(component,))
        )
        for cluster in made.clusters
    )
    return msgspec.structs.replace(made, clusters=clusters)


@pytest.fixture
def frozen(tmp_path: Path) -> tuple[Rollout, Path]:
    chart = tmp_path / "web"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("name: web\nversion: 1.0.0\n")
    (chart / "templates" / "web.yaml").write_text("kind: ConfigMap\n")
    values = tmp_path / "values.yaml"
    values.write_text("password: canary\n")
    here = tmp_path / "here"
    return freeze_inputs(a_rollout(chart, values), here), here


async def test_a_chart_arrives_on_another_machine_and_a_values_file_stays_where_it_is(
    frozen: tuple[Rollout, Path], tmp_path: Path
) -> None:
    of, here = frozen
    store = MemoryStore()
    await share_charts(store, of, here)
    there = tmp_path / "there"
    await fetch_charts(store, of.cluster("t1"), there)
    await fetch_charts(store, of.cluster("t1"), there)
    check_inputs(of.cluster("t1"), there)
    assert sorted(path.name for path in there.rglob("*") if path.is_file()) == ["Chart.yaml", "web.yaml"]
    assert b"canary" not in b"".join(store._inputs.values())


@pytest.mark.parametrize("kind", ["altered", "truncated", "a link", "a path out of the folder"])
async def test_a_chart_that_is_not_the_approved_one_is_refused(
    frozen: tuple[Rollout, Path], tmp_path: Path, kind: str
) -> None:
    of, here = frozen
    store = MemoryStore()
    await share_charts(store, of, here)
    ((digest, content),) = store._inputs.items()
    match kind:
        case "altered":
            content = packed("web/Chart.yaml", b"name: evil\n")
        case "truncated":
            content = content[:50]
        case "a link":
            content = packed("web", b"", link="/etc/passwd")
        case _:
            content = packed("../../../escaped", b"out")
    store._inputs[digest] = content
    there = tmp_path / "there"
    with pytest.raises(BadFormat):
        await fetch_charts(store, of.cluster("t1"), there)
    assert [path for path in there.rglob("*") if not path.is_dir()] == []
    assert not list(tmp_path.rglob("escaped"))


def packed(name: str, content: bytes, link: str = "") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        if link:
            member.type, member.linkname = tarfile.SYMTYPE, link
        archive.addfile(member, io.BytesIO(content))
    return out.getvalue()
