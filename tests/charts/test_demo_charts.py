"""Our own charts, rendered by both Helm majors for every Kubernetes version that they claim."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import ryaml
from tests.tools import helm

import seatrial
from seatrial.catalog import Served, api_catalog
from seatrial.charts.helm_binary import examine_helm
from seatrial.charts.helm_client import HelmClient
from seatrial.charts.read_chart import read_chart
from seatrial.clock import WallClock
from seatrial.cluster.constraints import kube_version_allows
from seatrial.cluster.helm_release import manifest_objects
from seatrial.cluster.objects import GroupVersionKind
from seatrial.cluster.version import Minor, Version
from seatrial.errors import PermanentError

CHARTS = Path(seatrial.__file__).parent / "demo" / "charts"
FOLDERS = sorted(CHARTS.glob("*/*"))
MINORS = [Minor(1, minor) for minor in range(29, 38)]
_USED = re.compile(r"(?:\$|\.root|\s|\()\.Values\.([\w.]+)")


def name(chart: Path) -> str:
    return f"{chart.parent.name}-{chart.name}"


@pytest.mark.parametrize("chart", FOLDERS, ids=name)
def test_chart_lies_where_its_name_and_version_say(chart: Path) -> None:
    info = read_chart(chart)
    assert (info.name, info.version, info.missing_dependencies) == (chart.parent.name, chart.name, ())


@pytest.mark.parametrize("chart", FOLDERS, ids=name)
def test_every_value_that_templates_use_has_a_default_and_none_is_unused(chart: Path) -> None:
    used = {path for file in (chart / "templates").iterdir() for path in _USED.findall(file.read_text())}
    values: Any = ryaml.loads((chart / "values.yaml").read_text())
    for path in used:
        at = values
        for part in path.split("."):
            assert part in at, path
            at = at[part]
    assert {path.split(".")[0] for path in used} == set(values)


def test_charts_differ_as_the_demo_needs() -> None:
    facts = {name(chart): read_chart(chart) for chart in FOLDERS}
    assert facts["cert-keeper-1.6.0"].crds[0].versions == ("v1alpha1",)
    assert facts["cert-keeper-2.0.0"].crds[0].served == ("v1", "v1alpha1")
    assert facts["db-migrator-3.2.0"].hooks == ("post-upgrade", "pre-upgrade")
    waiting = [chart for chart, info in facts.items() if info.waits_in_helm]
    assert waiting == ["db-migrator-3.1.0", "db-migrator-3.2.0"]
    target = Version(1, 32)
    refused = [chart for chart, info in facts.items() if not kube_version_allows(info.kube_version, target)]
    assert refused == ["metrics-relay-0.9.0"]


async def client(major: str, tmp_path: Path) -> HelmClient:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    binary = await examine_helm(helm(major), environment=environment)
    return HelmClient(binary, tmp_path / "none", "none", WallClock(), tmp_path, environment)


@pytest.mark.journey
@pytest.mark.parametrize("major", ["3", "4"])
@pytest.mark.parametrize("chart", FOLDERS, ids=name)
async def test_chart_renders_only_served_apis_on_each_minor_that_it_claims(
    chart: Path, major: str, tmp_path: Path
) -> None:
    driver = await client(major, tmp_path)
    claimed = [
        minor for minor in MINORS if kube_version_allows(read_chart(chart).kube_version, Version(*minor))
    ]
    assert claimed
    for minor in {claimed[0], claimed[-1]}:
        rendered = await driver.template(
            chart, [], release="demo", namespace="infra", kube_version=Version(*minor), is_upgrade=True
        )
        objects = manifest_objects(rendered)
        assert objects
        for obj in objects:
            kind = GroupVersionKind.of_object(obj)
            assert api_catalog().served(kind, minor) is Served.YES, f"{kind} on {minor}"


@pytest.mark.journey
@pytest.mark.parametrize("major", ["3", "4"])
async def test_old_metrics_relay_is_refused_on_the_target_with_a_way_out(major: str, tmp_path: Path) -> None:
    driver = await client(major, tmp_path)
    with pytest.raises(PermanentError, match="incompatible with Kubernetes") as refused:
        await driver.template(
            CHARTS / "metrics-relay" / "0.9.0",
            [],
            release="demo",
            namespace="infra",
            kube_version=Version(1, 32),
        )
    assert "version of the chart" in refused.value.next_step


@pytest.mark.journey
@pytest.mark.parametrize("major", ["3", "4"])
def test_helm_lint_finds_no_error_in_any_chart(major: str, tmp_path: Path) -> None:
    answer = subprocess.run(
        [str(helm(major)), "lint", *map(str, FOLDERS)],
        env={"HOME": str(tmp_path), "HELM_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"{len(FOLDERS)} chart(s) linted, 0 chart(s) failed" in answer.stdout


@pytest.mark.journey
@pytest.mark.parametrize("major", ["3", "4"])
def test_packaged_chart_has_the_digest_of_its_folder(major: str, tmp_path: Path) -> None:
    for chart in FOLDERS:
        subprocess.run(
            [str(helm(major)), "package", str(chart), "--destination", str(tmp_path)],
            env={"HOME": str(tmp_path), "HELM_CACHE_HOME": str(tmp_path)},
            capture_output=True,
            check=True,
        )
        assert read_chart(tmp_path / f"{name(chart)}.tgz") == read_chart(chart)
