"""What of a folder is read as it is, and what Kustomize and Helm render."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from seatrial.errors import BadInput
from seatrial.files.finding import Found, find

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"


def laid_out(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def seen(root: Path, found: Found) -> tuple[list[str], list[str], list[str]]:
    """Files, kustomizations and charts, relative to the folder."""

    def relative(paths: Sequence[str | Path]) -> list[str]:
        return [str(Path(path).relative_to(root)) for path in paths]

    return relative(found.files), relative(found.kustomizations), relative(found.charts)


OVERLAYS = {
    "base/kustomization.yaml": "resources: [web.yaml]\n",
    "base/web.yaml": POD,
    "base/forgotten.yaml": POD,
    "overlays/prod/kustomization.yaml": "resources: [../../base]\npatches: [{path: patch.yaml}]\n",
    "overlays/prod/patch.yaml": POD,
    "overlays/test/kustomization.yml": "bases: [../../base/]\n",
    "loose.yaml": POD,
}


def test_overlays_are_rendered_and_what_they_build_on_is_part_of_them(tmp_path: Path) -> None:
    laid_out(tmp_path, OVERLAYS)
    files, kustomizations, _ = seen(tmp_path, find([tmp_path]))
    assert kustomizations == ["overlays/prod", "overlays/test"]
    assert files == ["loose.yaml", "base/forgotten.yaml"]


def test_named_folder_is_rendered_also_where_another_builds_on_it(tmp_path: Path) -> None:
    laid_out(tmp_path, OVERLAYS)
    assert seen(tmp_path, find([tmp_path / "base"])) == (["base/forgotten.yaml"], ["base"], [])
    named = find([tmp_path / "base" / "kustomization.yaml", tmp_path / "overlays"])
    assert seen(tmp_path, named)[1] == ["base", "overlays/prod", "overlays/test"]


def test_component_is_rendered_where_it_is_taken_in_and_read_as_it_is_elsewhere(tmp_path: Path) -> None:
    part = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [extra.yaml]\n"
    laid_out(tmp_path, {"part/kustomization.yaml": part, "part/extra.yaml": POD})
    assert seen(tmp_path, find([tmp_path])) == (["part/extra.yaml"], [], [])
    laid_out(tmp_path, {"app/kustomization.yaml": "components: [../part]\n"})
    assert seen(tmp_path, find([tmp_path])) == ([], ["app"], [])


def test_kustomizations_in_a_circle_are_rendered_so_that_kustomize_complains(tmp_path: Path) -> None:
    laid_out(
        tmp_path,
        {"a/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "resources: [../a]\n"},
    )
    assert seen(tmp_path, find([tmp_path]))[1] == ["a"]


def test_kustomization_of_flux_is_a_manifest(tmp_path: Path) -> None:
    flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\n"
    laid_out(tmp_path, {"kustomization.yaml": flux})
    assert seen(tmp_path, find([tmp_path])) == (["kustomization.yaml"], [], [])


def test_chart_is_one_thing_whatever_lies_in_it(tmp_path: Path) -> None:
    laid_out(
        tmp_path,
        {
            "web/Chart.yaml": "name: web\n",
            "web/values.yaml": "a: 1\n",
            "web/charts/db/Chart.yaml": "name: db\n",
            "web/templates/a.yaml": POD,
            "archive.tgz": "no archive",
        },
    )
    assert seen(tmp_path, find([tmp_path])) == ([], [], ["web"])
    assert seen(tmp_path, find([tmp_path / "archive.tgz"])) == ([], [], ["archive.tgz"])


def test_generators_take_files_in_too(tmp_path: Path) -> None:
    text = "configMapGenerator:\n- name: x\n  files: [dash.json, named=other.yaml]\n"
    laid_out(tmp_path, {"kustomization.yaml": text, "dash.json": "{}", "other.yaml": POD, "own.yaml": POD})
    assert seen(tmp_path, find([tmp_path])) == (["own.yaml"], ["."], [])


def test_file_that_is_named_beside_its_folder_is_read_once(tmp_path: Path) -> None:
    laid_out(tmp_path, {"a.yaml": POD, "b.yaml": POD})
    found = find([tmp_path, tmp_path / "a.yaml", tmp_path / "." / "a.yaml"])
    assert (found.named, found.files) == ([tmp_path / "a.yaml"], [str(tmp_path / "b.yaml")])


def test_links_in_a_circle_are_left_to_the_reader(tmp_path: Path) -> None:
    laid_out(tmp_path, {"kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": POD})
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    assert find([tmp_path]).files == [str(tmp_path / "loop.yaml")]


@pytest.mark.parametrize("text", ["{", "- a\n", "resources: 3\n", "", "\x00", "resources: [{a: b}, ~]\n"])
def test_odd_kustomization_is_left_to_kustomize(text: str, tmp_path: Path) -> None:
    laid_out(tmp_path, {"kustomization.yaml": text})
    found = find([tmp_path])
    assert len(found.kustomizations) + len(found.files) == 1


def test_path_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file or folder"):
        find([tmp_path / "nowhere"])


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems hold no such name")
def test_a_name_that_is_not_utf_8_is_told_and_costs_nothing_else(tmp_path: Path) -> None:
    odd = [os.fsdecode(b"caf\xe9.yaml"), os.fsdecode(b"caf\xe9/pod.yaml"), os.fsdecode(b"ch\xe9/Chart.yaml")]
    laid_out(tmp_path, {"pod.yaml": POD, **dict.fromkeys(odd, POD)})
    found = find([tmp_path])
    assert seen(tmp_path, found) == (["pod.yaml"], [], [])
    assert [(each.file, each.what) for each in found.problems] == [
        (f"{tmp_path}/{name}", "its name is not text in UTF-8: it was not checked.")
        for name in ("caf\ufffd.yaml", "caf\ufffd/pod.yaml", "ch\ufffd")
    ]
    with pytest.raises(BadInput, match="its name is not text in UTF-8") as refused:
        find([tmp_path / odd[0]])
    assert refused.value.where == f"{tmp_path}/caf\ufffd.yaml"
