"""What a chart on disk is and brings along, found without running Helm."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import ryaml

from seatrial.charts.chart_files import digest, read_chart_files
from seatrial.cluster.helm_release import manifest_objects
from seatrial.cluster.objects import Obj
from seatrial.errors import BadFormat, BadInput
from seatrial.fleet.chart_info import TEMPLATED_HOOK, ChartCrd, ChartDependency, ChartInfo

_HOOK = re.compile(r"""helm\.sh/hook["']?\s*:\s*(?P<events>.+)""")
_EVENTS = frozenset(
    f"{when}-{what}" for when in ("pre", "post") for what in ("install", "upgrade", "delete", "rollback")
) | {"test"}
_MANIFESTS = (".yaml", ".yml", ".json")


def read_chart(path: Path) -> ChartInfo:
    """Read a chart's folder or .tgz; raise `BadInput` or `NotFound` when it is not a usable chart."""
    files = read_chart_files(path)
    meta = _yaml_mapping(files["Chart.yaml"], path, "Chart.yaml")
    name, version = meta.get("name"), meta.get("version")
    if not isinstance(name, str) or not isinstance(version, str):
        raise BadInput(
            "its Chart.yaml has no name or no version.", where=str(path), next_step="Fetch the chart again."
        )
    return ChartInfo(
        name=name,
        version=version,  # as written: Helm records it so, and the two are compared
        digest=digest(files),
        app_version=str(meta.get("appVersion") or ""),
        kube_version=str(meta.get("kubeVersion") or ""),
        crds=tuple(_describe_crd(crd) for crd in _crds_in(files, path)),
        hooks=_hooks(files),
        dependencies=_dependencies(meta, files, path),
    )


def read_crds(path: Path) -> tuple[Obj, ...]:
    """The CustomResourceDefinitions in the `crds` folders of a chart and of its subcharts."""
    return _crds_in(read_chart_files(path), path)


def _crds_in(files: Mapping[str, bytes], path: Path) -> tuple[Obj, ...]:
    found: dict[str, Obj] = {}
    for name, content in files.items():
        if not _is_crd_file(PurePosixPath(name)):
            continue
        try:
            objects = manifest_objects(content.decode("utf-8-sig"))
        except (UnicodeDecodeError, BadFormat):
            raise BadInput(
                "this file of CustomResourceDefinitions is not valid YAML.",
                where=f"{path}/{name}",
                next_step="Fetch the chart again.",
            ) from None
        for obj in objects:
            crd_name = str((obj.get("metadata") or {}).get("name") or "")
            if obj.get("kind") == "CustomResourceDefinition" and crd_name:
                found.setdefault(crd_name, obj)  # the parent's comes first by name, as in Helm
    return tuple(found.values())


def _is_crd_file(path: PurePosixPath) -> bool:
    """crds/a.yaml, crds/sub/a.yaml, charts/dep/crds/a.yaml; not templates/crds/a.yaml."""
    parts = path.parts
    while len(parts) > 2 and parts[0] == "charts":
        parts = parts[2:]
    return len(parts) > 1 and parts[0] == "crds" and path.suffix in _MANIFESTS


def _describe_crd(crd: Obj) -> ChartCrd:
    spec = crd.get("spec") or {}
    versions = [each for each in spec.get("versions") or () if isinstance(each, dict)]
    if not versions and spec.get("version"):  # v1beta1, gone since 1.22
        versions = [{"name": spec["version"], "served": True, "storage": True}]
    return ChartCrd(
        name=str((crd.get("metadata") or {}).get("name")),
        versions=tuple(str(each.get("name")) for each in versions),
        served=tuple(str(each.get("name")) for each in versions if each.get("served")),
        storage=next((str(each.get("name")) for each in versions if each.get("storage")), ""),
    )


def _hooks(files: Mapping[str, bytes]) -> tuple[str, ...]:
    events: set[str] = set()
    for name, content in files.items():
        if "templates" not in PurePosixPath(name).parts:
            continue
        for found in _HOOK.finditer(content.decode(errors="replace")):
            for event in re.split(r"[\s,\"']+", found["events"].split(" #")[0].strip("\"' ")):
                if event in _EVENTS:
                    events.add(event)
                elif "{{" in event:
                    events.add(TEMPLATED_HOOK)
    return tuple(sorted(events))


def _dependencies(
    meta: Mapping[str, Any], files: Mapping[str, bytes], path: Path
) -> tuple[ChartDependency, ...]:
    declared = meta.get("dependencies")
    if declared is None and "requirements.yaml" in files:  # charts of Helm 2's time
        declared = _yaml_mapping(files["requirements.yaml"], path, "requirements.yaml").get("dependencies")
    present = set(_names_of_subcharts(files))
    return tuple(
        ChartDependency(
            name=str(each.get("name") or ""),
            version=str(each.get("version") or ""),
            condition=str(each.get("condition") or ""),
            present=str(each.get("name") or "") in present,
        )
        for each in declared or ()
        if isinstance(each, dict)
    )


def _names_of_subcharts(files: Mapping[str, bytes]) -> Iterator[str]:
    for name, content in files.items():
        parts = PurePosixPath(name).parts
        if len(parts) == 3 and parts[0] == "charts" and parts[2] == "Chart.yaml":
            yield parts[1]
            try:
                meta: Any = ryaml.loads(content.decode())
            except ValueError:
                continue
            if isinstance(meta, dict) and meta.get("name"):
                yield str(meta["name"])


def _yaml_mapping(content: bytes, path: Path, name: str) -> Mapping[str, Any]:
    try:
        loaded: Any = ryaml.loads(content.decode("utf-8-sig"))
    except ValueError:  # UnicodeDecodeError is one too
        loaded = None
    if not isinstance(loaded, dict):
        raise BadInput(f"its {name} is not valid YAML.", where=str(path), next_step="Fetch the chart again.")
    return loaded
