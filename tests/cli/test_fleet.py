from __future__ import annotations

import json
from pathlib import Path

import pytest

from seatrial.cli.main import run

GOLDEN = Path(__file__).parents[1] / "fleet/golden/format-1.yaml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The golden fleet with everything that it names."""
    for chart in ("ingress-1", "ingress-2", "dns"):
        (tmp_path / "charts" / chart).mkdir(parents=True)
    (tmp_path / "values").mkdir()
    for values in ("all", "two", "test"):
        (tmp_path / f"values/{values}.yaml").touch()
    (tmp_path / "fleet.yaml").write_text(GOLDEN.read_text())
    return tmp_path / "fleet.yaml"


def test_a_sound_file_is_counted(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fleet", "validate", str(file)]) == 0
    assert capsys.readouterr().out == (
        f"{file}: 2 clusters, 2 components, 1 release, 1 strategy: nothing wrong with it.\n"
    )


def test_problems_are_printed_with_their_lines_and_exit_4(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(file.read_text().replace("tier: test", "tier: tset").replace("kind: gke", "kind: gek"))
    assert run(["fleet", "validate", str(file)]) == 4
    assert capsys.readouterr().err == (
        f"Error: {file}:8: clusters[0].tier: 'tset' is not one of 'test', 'non-production' or 'production'\n"
        f"{file}:23: clusters[1].provider.kind: 'gek' is not one of"
        " 'eks', 'gke', 'aks', 'kapsule' or 'simulated'\n"
        "2 problems.\n"
        "  → Correct the file and try again.\n"
    )


def test_show_names_the_clusters_of_each_stage(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fleet", "show", str(file)]) == 0
    shown = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["test", "2", "1", "0", "failed", "1d12h", "test-eu"] in shown
    assert ["production", "1", "1", "failed", "0s", "a", "person", "prod-eu"] in shown


def test_show_as_json_is_the_file_with_its_defaults(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fleet", "show", str(file), "-o", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    owner = shown["clusters"][1]["owners"]["controlPlane"]
    assert (owner["how"], owner["by"], owner["repository"]) == ("direct", "", "")


def test_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fleet", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Seatrial fleet file"
