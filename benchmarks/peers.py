"""The other tools that answer part of the question, as they are called; those on PATH take part.

They are run offline: none downloads rules or schemas, or asks for updates. kubepug's table of APIs comes
from the network, so it gets one made of our catalogue, in its own format; kubeconform gets the schemas that
we validate with ourselves.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import msgspec

from seatrial.catalog import api_catalog
from seatrial.cluster.version import Minor

Command = list[str]


@dataclass(frozen=True, slots=True)
class Peer:
    name: str
    version: str
    """The commit that was compared, and its date."""
    on_files: Callable[[Path, Minor], Command] | None = None
    """The command that checks all files of a flat folder for a target."""
    on_cluster: Callable[[Path, Minor], Command] | None = None
    """The same for the current context of a kubeconfig."""
    takes: str = ""
    """What of the cluster it looks at, where that is not plain from its name."""

    @property
    def binary(self) -> str | None:
        return shutil.which(self.name.split()[0])


def peers_found() -> tuple[Peer, ...]:
    return tuple(each for each in PEERS if each.binary)


def write_kubepug_table(file: Path) -> Path:
    """Our catalogue in the form of kubepug's generated table."""

    def minor(value: Minor | None) -> dict[str, int]:
        return {"version_major": value.major, "version_minor": value.minor} if value else {}

    rows = [
        {
            "group": each.gvk.group,
            "version": each.gvk.version,
            "kind": each.gvk.kind,
            "introduced_version": minor(each.introduced),
            "deprecated_version": minor(each.deprecated or each.removed),
            "removed_version": minor(each.removed),
        }
        for each in api_catalog()
        if each.deprecated or each.removed
    ]
    file.write_bytes(msgspec.json.encode(rows))
    return file


def _pluto_files(folder: Path, target: Minor) -> Command:
    return ["pluto", "detect-files", "-d", str(folder), "-t", f"k8s=v{target}.0", "-o", "json"]


def _pluto_cluster(kubeconfig: Path, target: Minor) -> Command:
    reach = ["--kubeconfig", str(kubeconfig)]
    return ["pluto", "detect-api-resources", *reach, "-t", f"k8s=v{target}.0", "-o", "json"]


def _pluto_helm(kubeconfig: Path, target: Minor) -> Command:
    reach = ["--kubeconfig", str(kubeconfig)]
    return ["pluto", "detect-helm", *reach, "-t", f"k8s=v{target}.0", "-o", "json"]


def _kubent_files(folder: Path, target: Minor) -> Command:
    files = sorted(map(str, folder.iterdir()))
    named = [part for file in files for part in ("-f", file)]
    return ["kubent", "-c=false", "--helm3=false", "-t", f"{target}.0", "-o", "json", *named]


def _kubent_cluster(kubeconfig: Path, target: Minor) -> Command:
    return ["kubent", "-k", str(kubeconfig), "-t", f"{target}.0", "-o", "json"]


def _kubepug_files(folder: Path, target: Minor) -> Command:
    return ["kubepug", "--input-file", str(folder), *_kubepug(folder.parent, target)]


def _kubepug_cluster(kubeconfig: Path, target: Minor) -> Command:
    return ["kubepug", "--kubeconfig", str(kubeconfig), *_kubepug(kubeconfig.parent, target)]


def _kubepug(folder: Path, target: Minor) -> Command:
    table = write_kubepug_table(folder / "kubepug.json")
    return ["--database", str(table), "--k8s-version", f"v{target}.0", "--format", "json"]


def _popeye_cluster(kubeconfig: Path, target: Minor) -> Command:
    return ["popeye", "--kubeconfig", str(kubeconfig), "-A", "--out", "json", "--logs", "none"]


def _kubeconform_files(folder: Path, target: Minor) -> Command:
    schemas = write_kubeconform_schemas(folder.parent / "schemas", target)
    place = f"{schemas}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
    wanted = ["-kubernetes-version", f"{target}.0", "-schema-location", place, "-ignore-missing-schemas"]
    return ["kubeconform", *wanted, str(folder)]


def write_kubeconform_schemas(folder: Path, target: Minor) -> Path:
    """The schemas of kubernetes-validate, with what leads into the network pointing to files instead."""
    package = find_spec("kubernetes_validate")
    assert package is not None
    assert package.origin is not None
    folder.mkdir(exist_ok=True)
    for schema in (Path(package.origin).parent / "kubernetes-json-schema" / f"v{target}.0-local").iterdir():
        text = schema.read_text().replace('"$id":', '"x-id":')
        text = text.replace('"/api/_definitions.json', '"_definitions.json')
        (folder / schema.name).write_text(text)
    return folder


PEERS: Sequence[Peer] = (
    Peer("pluto", "dd5ec8c (2026-04-27)", _pluto_files, _pluto_cluster, "what kubectl apply remembered"),
    Peer("pluto detect-helm", "dd5ec8c (2026-04-27)", None, _pluto_helm, "Helm releases"),
    Peer("kubent", "2366d92 (2025-01-11)", _kubent_files, _kubent_cluster, "kinds that its rules name"),
    Peer("kubepug", "b6a5e04 (2025-08-20)", _kubepug_files, _kubepug_cluster, "APIs of its table"),
    Peer("popeye", "5d07838 (2025-04-14)", None, _popeye_cluster, "health, not upgrades"),
    Peer("kubeconform", "v0.7.0", _kubeconform_files),
)
