"""Kustomizations as the real kubectl renders them, each object at the line where it is written."""

from pathlib import Path

import pytest
from tests.files.test_finding import laid_out
from tests.tools import kubectl

from seatrial.cluster.manifests import Manifests
from seatrial.files.kustomize import find_kubectl, render_kustomization

pytestmark = pytest.mark.journey

WEB = """\
apiVersion: v1
kind: Service
metadata: {name: web}
---
# the budget
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 1}
"""
FILES = {
    "base/kustomization.yaml": "resources: [web.yaml]\nconfigMapGenerator: [{name: cm, literals: [a=b]}]\n",
    "base/web.yaml": WEB,
    "prod/kustomization.yaml": (
        "namePrefix: prod-\nnamespace: shop\nresources: [../base]\npatches:\n- path: patch.yaml\n"
    ),
    "prod/patch.yaml": (
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec: {minAvailable: 5}\n"
    ),
}


def objects(read: Manifests) -> list[tuple[str, str]]:
    return sorted((str(each.ref), each.location) for each in read.found)


@pytest.mark.parametrize("minor", ["1.29", "1.37"])
async def test_objects_are_as_rendered_and_where_they_are_written(minor: str, tmp_path: Path) -> None:
    laid_out(tmp_path, FILES)
    read = await render_kustomization(tmp_path / "prod", kubectl(minor))
    base = tmp_path / "base"
    (generated,) = [str(each.ref) for each in read.found if each.gvk.kind == "ConfigMap"]
    assert read.problems == ()
    assert objects(read) == [
        (generated, f"{base}/kustomization.yaml"),
        ("shop/poddisruptionbudget/prod-web", f"{base}/web.yaml:6"),
        ("shop/service/prod-web", f"{base}/web.yaml:1"),
    ]
    (budget,) = [each.document for each in read.found if each.gvk.kind == "PodDisruptionBudget"]
    assert budget["spec"] == {"minAvailable": 5}
    assert "annotations" not in budget["metadata"]


async def test_what_cannot_be_rendered_is_said_and_its_files_are_read(tmp_path: Path) -> None:
    laid_out(tmp_path, {"kustomization.yaml": "resources: [web.yaml, missing.yaml]\n", "web.yaml": WEB})
    read = await render_kustomization(tmp_path, kubectl("1.37"))
    (problem,) = read.problems
    assert problem.what.startswith("this kustomization was not rendered: kubectl kustomize failed: ")
    assert "missing.yaml" in problem.what
    assert problem.next_step == f"Run it by hand: kubectl kustomize {tmp_path}"
    assert [each.location for each in read.found] == [f"{tmp_path}/web.yaml:1", f"{tmp_path}/web.yaml:6"]


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://example.com/web.yaml",
        "https://github.com/example/repo//deploy?ref=v1",
        "git@github.com:example/repo.git",
        "github.com/example/repo/deploy",
        "ssh://git@example.com/repo",
    ],
)
async def test_nothing_is_fetched(elsewhere: str, tmp_path: Path) -> None:
    laid_out(
        tmp_path,
        {
            "prod/kustomization.yaml": "resources: [../base]\n",
            "base/kustomization.yaml": f"resources: ['{elsewhere}', web.yaml]\n",
            "base/web.yaml": WEB,
        },
    )
    read = await render_kustomization(tmp_path / "prod", kubectl("1.37"))
    assert [each.what for each in read.problems] == [
        "this kustomization was not rendered: it builds on something elsewhere"
        f" ({elsewhere}), and nothing is fetched."
    ]
    assert len(read.found) == 2


@pytest.mark.parametrize(
    "text",
    [
        "helmCharts: [{name: web, repo: 'https://example.com'}]\n",
        "transformers: [plugin.yaml]\n",
        "resources: [../outside.yaml]\n",
    ],
)
async def test_nothing_that_could_harm_is_run_or_read(text: str, tmp_path: Path) -> None:
    plugin = (
        "apiVersion: example.com/v1\nkind: Harm\nmetadata:\n  name: x\n  annotations:\n"
        "    config.kubernetes.io/function: 'exec: {path: ./harm}'\n"
    )
    laid_out(
        tmp_path,
        {
            "outside.yaml": WEB,
            "in/kustomization.yaml": text,
            "in/plugin.yaml": plugin,
            "in/harm": "#!/bin/sh\ntouch harmed\n",
        },
    )
    (tmp_path / "in/harm").chmod(0o755)
    read = await render_kustomization(tmp_path / "in", kubectl("1.37"))
    assert len(read.problems) == 1
    assert not list(tmp_path.rglob("harmed"))


async def test_without_kubectl_the_files_are_read_as_they_are(tmp_path: Path) -> None:
    laid_out(tmp_path, FILES)
    read = await render_kustomization(tmp_path / "prod", None)
    assert [(each.what, each.next_step) for each in read.problems] == [
        (
            "this kustomization was not rendered: it needs kubectl, and none was found.",
            "Install kubectl, and put it on PATH.",
        )
    ]
    assert objects(read) == [
        ("poddisruptionbudget/web", f"{tmp_path}/base/web.yaml:6"),
        ("service/web", f"{tmp_path}/base/web.yaml:1"),
    ]


def test_kubectl_on_path_comes_first(tmp_path: Path) -> None:
    own = tmp_path / "kubectl"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    assert find_kubectl({"PATH": str(tmp_path)}, tmp_path) == own
