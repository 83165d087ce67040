from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.rollout.builders import rollout

from seatrial.errors import BadInput, Conflict
from seatrial.fleet.resolve import ResolvedComponent, ResolvedTarget
from seatrial.rollout.document import Rollout, RolloutStage
from seatrial.rollout_runs.inputs import check_inputs, freeze_inputs, target_in


@pytest.fixture
def of(tmp_path: Path) -> Rollout:
    chart = tmp_path / "fleet/ingress"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("name: ingress\nversion: 1.0.0\n")
    (chart / "templates/web.yaml").write_text("kind: Service\n")
    (tmp_path / "fleet/values.yaml").write_text("replicas: 2\n")
    plain = rollout(RolloutStage(name="test", clusters=("t1", "t2")))
    return msgspec.structs.replace(
        plain, clusters=tuple(with_ingress(plain, n, tmp_path) for n in ("t1", "t2"))
    )


def with_ingress(of: Rollout, name: str, folder: Path) -> object:
    cluster = of.cluster(name)
    component = ResolvedComponent(
        name="ingress",
        namespace="web",
        release="ingress",
        chart=str(folder / "fleet/ingress"),
        values=(str(folder / "fleet/values.yaml"),),
    )
    target: ResolvedTarget = msgspec.structs.replace(cluster.target, components=(component,))
    return msgspec.structs.replace(cluster, target=target)


def test_editing_a_chart_does_not_change_what_a_running_rollout_installs(of: Rollout, tmp_path: Path) -> None:
    state = tmp_path / "state"
    frozen = freeze_inputs(of, state)
    (tmp_path / "fleet/ingress/templates/web.yaml").write_text("kind: Changed\n")
    check_inputs(frozen.cluster("t1"), state)
    chart = Path(target_in(frozen.cluster("t1"), state).components[0].chart)
    assert (chart / "templates/web.yaml").read_text() == "kind: Service\n"
    assert chart.name == "ingress"


def test_a_values_file_that_changed_is_refused_and_never_copied(of: Rollout, tmp_path: Path) -> None:
    state = tmp_path / "state"
    frozen = freeze_inputs(of, state)
    (tmp_path / "fleet/values.yaml").write_text("replicas: 3\n")
    with pytest.raises(Conflict, match="it has changed since the rollout was started"):
        check_inputs(frozen.cluster("t2"), state)
    assert not [path for path in state.rglob("*") if path.name == "values.yaml"]


def test_the_revision_follows_the_content_not_the_folder_of_the_state(of: Rollout, tmp_path: Path) -> None:
    first = freeze_inputs(of, tmp_path / "a").cluster("t1").revision
    assert freeze_inputs(of, tmp_path / "b").cluster("t1").revision == first
    (tmp_path / "fleet/ingress/Chart.yaml").write_text("name: ingress\nversion: 1.0.1\n")
    assert freeze_inputs(of, tmp_path / "c").cluster("t1").revision != first


def test_a_chart_that_vanished_is_named(of: Rollout, tmp_path: Path) -> None:
    (tmp_path / "fleet/values.yaml").unlink()
    with pytest.raises(BadInput, match=r"values\.yaml: it cannot be read: no such file"):
        freeze_inputs(of, tmp_path / "state")
