"""Charts as the real Helm renders them for the target, each object at its template."""

import subprocess
from pathlib import Path

import pytest
from tests.files.test_finding import laid_out
from tests.tools import helm

from seatrial.charts import HelmBinary
from seatrial.charts.helm_binary import examine_helm
from seatrial.cluster.manifests import CHART, Manifests
from seatrial.cluster.version import Minor
from seatrial.errors import NotFound
from seatrial.files.chart import api_versions, render_chart

pytestmark = pytest.mark.journey

TARGET = Minor(1, 36)
BUDGET = """\
apiVersion: policy/v1{{ if not (.Capabilities.APIVersions.Has "policy/v1") }}beta1{{ end }}
kind: PodDisruptionBudget
metadata: {name: {{ .Release.Name }}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: made-for-{{ .Capabilities.KubeVersion.Minor }}}
data: {colour: {{ .Values.colour }}}
"""
CHART_FILES = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\nkubeVersion: '>=1.25.0-0'\n",
    "web/values.yaml": "colour: blue\n",
    "web/crds/ship.yaml": (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: ships}\n"
    ),
    "web/templates/all.yaml": BUDGET,
    "web/templates/hook.yaml": (
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: hook, annotations: {helm.sh/hook: pre-upgrade}}\n"
    ),
    "web/charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 0.1.0\n",
    "web/charts/db/templates/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: db}\n",
}


@pytest.fixture(params=["3", "4"])
async def binary(request: pytest.FixtureRequest) -> HelmBinary:
    return await examine_helm(helm(request.param), environment={"PATH": ""})


def objects(read: Manifests, root: Path) -> list[tuple[str, str, str]]:
    return sorted((str(each.gvk), each.name, each.location.removeprefix(f"{root}/")) for each in read.found)


EXPECTED = [
    ("apiextensions.k8s.io/v1 CustomResourceDefinition", "ships", "web/crds/ship.yaml:1"),
    ("batch/v1 Job", "hook", "web/templates/hook.yaml"),
    ("helm.sh/v2 Chart", "web", "web/Chart.yaml:4"),
    ("policy/v1 PodDisruptionBudget", "web", "web/templates/all.yaml"),
    ("v1 ConfigMap", "made-for-36", "web/templates/all.yaml"),
    ("v1 Pod", "db", "web/charts/db/templates/pod.yaml"),
]


async def test_objects_are_as_helm_renders_them_for_the_target(binary: HelmBinary, tmp_path: Path) -> None:
    laid_out(tmp_path, CHART_FILES)
    read = await render_chart(tmp_path / "web", binary, TARGET, ())
    assert read.problems == ()
    assert objects(read, tmp_path) == EXPECTED


async def test_an_archive_gives_the_same(binary: HelmBinary, tmp_path: Path) -> None:
    laid_out(tmp_path, CHART_FILES)
    subprocess.run([binary.path, "package", "web"], cwd=tmp_path, check=True, capture_output=True)
    read = await render_chart(tmp_path / "web-1.0.0.tgz", binary, TARGET, ())
    as_folder = [(gvk, name, at.replace("web/", "web-1.0.0.tgz/", 1)) for gvk, name, at in EXPECTED]
    # Helm writes Chart.yaml anew
    without_line = [each[:2] for each in objects(read, tmp_path)]
    assert without_line == [each[:2] for each in as_folder]


async def test_values_are_used_and_no_value_is_in_the_message(binary: HelmBinary, tmp_path: Path) -> None:
    laid_out(tmp_path, CHART_FILES)
    read = await render_chart(tmp_path / "web", binary, TARGET, (b"colour: red\n", b"colour: green\n"))
    assert [each.document["data"] for each in read.found if each.gvk.kind == "ConfigMap"] == [
        {"colour": "green"}
    ]
    broken = {"web/templates/all.yaml": '{{ fail (printf "bad password %s" .Values.password) }}\n'}
    laid_out(tmp_path, broken)
    read = await render_chart(tmp_path / "web", binary, TARGET, (b"password: canary-5f0c-token\n",))
    (problem,) = read.problems
    assert problem.what.startswith("this chart was not rendered: helm template failed: ")
    assert "bad password" in problem.what
    assert "canary" not in problem.what
    assert {each.gvk.kind for each in read.found} == {"Chart", "CustomResourceDefinition"}


async def test_chart_that_excludes_the_target_is_not_rendered(binary: HelmBinary, tmp_path: Path) -> None:
    laid_out(
        tmp_path, {**CHART_FILES, "web/Chart.yaml": "name: web\nversion: 1.0.0\nkubeVersion: <1.30.0-0\n"}
    )
    read = await render_chart(tmp_path / "web", binary, TARGET, ())
    assert [each.what for each in read.problems] == [
        "this chart was not rendered: it says that it does not support Kubernetes 1.36,"
        " so Helm does not render it."
    ]
    (chart,) = [each for each in read.found if each.gvk == CHART]
    assert chart.location == f"{tmp_path}/web/Chart.yaml:3"


async def test_missing_dependency_is_said_as_helm_says_it(binary: HelmBinary, tmp_path: Path) -> None:
    meta = CHART_FILES["web/Chart.yaml"] + (
        "dependencies: [{name: cache, version: 1.x, repository: 'https://example.com'}]\n"
    )
    laid_out(tmp_path, {**CHART_FILES, "web/Chart.yaml": meta})
    (problem,) = (await render_chart(tmp_path / "web", binary, TARGET, ())).problems
    assert "missing in charts/ directory: cache" in problem.what
    assert problem.next_step == "Run `helm dependency build` in the chart's folder."


async def test_library_holds_nothing_to_check(binary: HelmBinary, tmp_path: Path) -> None:
    laid_out(tmp_path, {"lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n"})
    assert await render_chart(tmp_path / "lib", binary, TARGET, ()) == Manifests(files=1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "its Chart.yaml is not valid"),
        ("version: 1.0.0\n", "its Chart.yaml is not valid, or has no name"),
        ("name: web\n", "helm template failed"),
    ],
)
async def test_broken_chart_is_one_problem(text: str, said: str, binary: HelmBinary, tmp_path: Path) -> None:
    laid_out(tmp_path, {"web/Chart.yaml": text, "web/templates/a.yaml": "a: b\n"})
    (problem,) = (await render_chart(tmp_path / "web", binary, TARGET, ())).problems
    assert said in problem.what
    assert problem.next_step


async def test_without_helm_the_definitions_are_still_read(tmp_path: Path) -> None:
    laid_out(tmp_path, CHART_FILES)
    missing = NotFound("no helm was found on PATH.", next_step="Install Helm.")
    read = await render_chart(tmp_path / "web", missing, TARGET, ())
    assert [(each.what, each.next_step) for each in read.problems] == [
        ("this chart was not rendered: no helm was found on PATH.", "Install Helm.")
    ]
    assert [each.gvk.kind for each in read.found] == ["Chart", "CustomResourceDefinition"]


async def test_archive_that_is_none_is_one_problem(tmp_path: Path) -> None:
    (tmp_path / "web.tgz").write_text("no archive")
    missing = NotFound("no helm was found on PATH.")
    (problem,) = (await render_chart(tmp_path / "web.tgz", missing, TARGET, ())).problems
    assert "it is not a chart archive, or it is damaged" in problem.what


def test_a_chart_can_ask_for_what_the_target_serves() -> None:
    assert {"policy/v1", "policy/v1/PodDisruptionBudget", "v1", "v1/Pod"} <= set(api_versions(TARGET))
    assert not {"policy/v1beta1", "extensions/v1beta1"} & set(api_versions(TARGET))
    assert "policy/v1beta1" in api_versions(Minor(1, 24))
