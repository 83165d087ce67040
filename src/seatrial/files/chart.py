"""Renders a chart as Helm would for the target, and says which template each object is from.

The chart itself stands among the objects (as kind `helm.sh/v2 Chart`), so that checks can ask which
Kubernetes it says that it supports. A library chart holds nothing to install.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
import ryaml
from msgspec.structs import replace

from seatrial.catalog import api_catalog
from seatrial.charts import HelmBinary, HelmClient
from seatrial.charts.chart_files import read_chart_files
from seatrial.clock import WallClock
from seatrial.cluster.constraints import kube_version_allows
from seatrial.cluster.manifests import CHART, Manifest, ManifestProblem, Manifests, parse_manifests
from seatrial.cluster.version import Minor, Version
from seatrial.errors import BadInput, SeatrialError

_SOURCE = re.compile(r"^# Source: (?P<file>\S.*?)[ \t\r]*$", re.MULTILINE)
_DOCUMENT = re.compile(r"^---[ \t\r]*$", re.MULTILINE)
_NAMESPACE = "default"


async def render_chart(
    chart: Path, helm: HelmBinary | SeatrialError, target: Minor, values: Sequence[bytes]
) -> Manifests:
    """What Helm would apply, CustomResourceDefinitions and hooks included."""
    try:
        files = read_chart_files(chart)
        meta = _meta(files["Chart.yaml"])
    except SeatrialError as problem:
        return _not_rendered(chart, problem.what, problem.next_step)
    if meta.get("type") == "library":
        return Manifests(files=1)
    itself = _chart_itself(chart, meta, files["Chart.yaml"])
    crds = [parse_manifests(text, f"{chart}/{name}") for name, text in _crd_files(files)]
    known = Manifests(
        (itself, *(each for read in crds for each in read.found)),
        tuple(each for read in crds for each in read.problems),
        1,
    )
    if not _supports(meta, target):
        why = f"it says that it does not support Kubernetes {target}, so Helm does not render it."
        return _and(known, _not_rendered(chart, why, "Use a version of the chart that supports it."))
    if isinstance(helm, SeatrialError):
        return _and(known, _not_rendered(chart, helm.what, helm.next_step))
    try:
        text = await _rendered(chart, str(meta["name"]), helm, target, values)
    except SeatrialError as problem:
        next_step = problem.next_step or "Correct it, or give what it needs with --values."
        return _and(known, _not_rendered(chart, problem.what, next_step))
    return _and(known, _taken_apart(text, chart))


async def _rendered(chart: Path, name: str, helm: HelmBinary, target: Minor, values: Sequence[bytes]) -> str:
    with tempfile.TemporaryDirectory(prefix="seatrial-") as scratch:  # made with mode 0700
        client = HelmClient(
            binary=helm,
            kubeconfig=Path(os.devnull),
            context="",
            clock=WallClock(),
            run_dir=Path(scratch),
            environment={**os.environ, "HOME": scratch},
        )
        return await client.template(
            chart,
            values,
            release=name,
            namespace=_NAMESPACE,
            kube_version=Version(*target, 0),
            api_versions=api_versions(target),
        )


def api_versions(target: Minor) -> tuple[str, ...]:
    """What a cluster of the target serves with default flags, as charts ask for it."""
    served = [each.gvk for each in api_catalog().kinds(target) if each.on_by_default]
    named = {each.api_version for each in served} | {f"{each.api_version}/{each.kind}" for each in served}
    return tuple(sorted(named))


def _meta(chart_yaml: bytes) -> Mapping[str, Any]:
    try:
        meta: Any = ryaml.loads(chart_yaml.decode("utf-8-sig"))
    except ValueError:
        meta = None
    if not isinstance(meta, dict) or not isinstance(meta.get("name"), str):
        raise BadInput("its Chart.yaml is not valid, or has no name.", next_step="Correct it.")
    return meta


def _chart_itself(chart: Path, meta: Mapping[str, Any], raw: bytes) -> Manifest:
    lines = raw.decode("utf-8", "replace").split("\n")
    line = next((at for at, text in enumerate(lines, 1) if text.startswith("kubeVersion:")), 1)
    asked = {key: meta[key] for key in ("version", "kubeVersion") if isinstance(meta.get(key), str)}
    return Manifest(
        gvk=CHART,
        namespace="",
        name=meta["name"],
        file=f"{chart}/Chart.yaml",
        line=line,
        raw=msgspec.json.encode(asked),
    )


def _supports(meta: Mapping[str, Any], target: Minor) -> bool:
    wanted = meta.get("kubeVersion")
    try:
        return not isinstance(wanted, str) or kube_version_allows(wanted, Version(*target, 0))
    except BadInput:
        return True  # Helm has its own words for that


def _crd_files(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """crds/a.yaml, charts/dep/crds/a.yaml: Helm installs them, and renders no template in them."""
    for name, content in files.items():
        parts = PurePosixPath(name).parts
        while len(parts) > 2 and parts[0] == "charts":
            parts = parts[2:]
        if len(parts) > 1 and parts[0] == "crds" and name.endswith((".yaml", ".yml", ".json")):
            yield name, content.decode("utf-8", "replace")


def _taken_apart(text: str, chart: Path) -> Manifests:
    found: list[Manifest] = []
    problems: list[ManifestProblem] = []
    for document in _DOCUMENT.split(text):
        source = _SOURCE.search(document)
        file = f"{chart}/{source['file'].partition('/')[2]}" if source else str(chart)
        read = parse_manifests(document, file)
        found += (replace(each, line=0) for each in read.found)
        problems += (replace(each, line=0) for each in read.problems)
    return Manifests(tuple(found), tuple(problems))


def _not_rendered(chart: Path, why: str, next_step: str) -> Manifests:
    problem = ManifestProblem(
        file=str(chart), what=f"this chart was not rendered: {why}", next_step=next_step
    )
    return Manifests((), (problem,), 1)


def _and(one: Manifests, other: Manifests) -> Manifests:
    return Manifests((*one.found, *other.found), (*one.problems, *other.problems), 1)
