"""Gives the twin the Helm releases that a portable snapshot names but does not hold.

A portable snapshot has no manifests and no values. Charts and values come from the Stack: the installed
version, rendered by Helm itself, becomes the record that Helm compares the upgrade with. A release
whose installed version is not at hand stays out, and its steps are not modelled.
"""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from seatrial.cluster.helm_release import RECORD_PREFIX, ReleaseRecord, manifest_objects
from seatrial.cluster.objects import Obj
from seatrial.cluster.release_state import deployed
from seatrial.errors import SeatrialError
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.store import ResourceKey

_SECRETS = ResourceKey("", "secrets")
_HOOK = "helm.sh/hook"


@dataclass(frozen=True, slots=True)
class InstalledChart:
    """The chart that a release was made from, as the Stack has it."""

    namespace: str
    release: str
    version: str
    chart: Path
    values: tuple[bytes, ...] = ()
    """Text of the values files, later ones win."""


_SEPARATOR = re.compile(r"^---(?:[ \t].*)?$", re.MULTILINE)
Render = Callable[[InstalledChart], Awaitable[str]]
"""Renders a chart for the twin's version; raises `SeatrialError`."""


async def seed_releases(
    cluster: SimulatedCluster,
    records: Iterable[ReleaseRecord],
    wanted: frozenset[tuple[str, str]],
    installed: Iterable[InstalledChart],
    render: Render,
) -> frozenset[tuple[str, str]]:
    """Write a record for each wanted release that has none with a manifest; returns those left without."""
    charts = {(each.namespace, each.release, each.version): each for each in installed}
    missing = set()
    for record in deployed(records):
        if record.key not in wanted or record.manifest:
            continue
        chart = charts.get((*record.key, record.chart.version))
        try:
            manifest = await render(chart) if chart else None
        except SeatrialError:
            manifest = None
        if manifest is None:
            missing.add(record.key)
        else:
            _write(cluster, record, manifest)
    return frozenset(missing | (wanted - {record.key for record in deployed(records)}))


def release_secret(
    record: ReleaseRecord, manifest: str, *, description: str = "Seeded for a rehearsal"
) -> Obj:
    """Helm's own form of a record: base64 of gzip of JSON in a Secret, whose data are base64 again."""
    now = record.updated or "2026-01-01T00:00:00Z"
    body = {
        "name": record.name,
        "namespace": record.namespace,
        "version": record.revision,
        "info": {
            "first_deployed": now,
            "last_deployed": now,
            "deleted": "",
            "description": description,
            "status": "deployed",
        },
        "chart": {
            "metadata": {
                "apiVersion": "v2",
                "name": record.chart.name,
                "version": record.chart.version,
                "appVersion": record.chart.app_version,
            },
            "templates": [],
            "values": {},
        },
        "config": {},
        "manifest": manifest,
        "hooks": [],
    }
    packed = base64.b64encode(gzip.compress(msgspec.json.encode(body), mtime=0))
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": f"{RECORD_PREFIX}{record.name}.v{record.revision}",
            "namespace": record.namespace,
            "labels": {
                "name": record.name,
                "owner": "helm",
                "status": "deployed",
                "version": str(record.revision),
            },
        },
        "type": "helm.sh/release.v1",
        "data": {"release": base64.b64encode(packed).decode()},
    }


def without_hooks(rendered: str) -> str:
    """A manifest as Helm records it: hooks are kept apart from it.

    The texts stay as they are: Helm reads YAML 1.1, where 0755 is a number and `on` is true.
    """
    texts = (text.strip("\n") for text in _SEPARATOR.split(rendered))
    kept = [text for text in texts if any(not _is_hook(obj) for obj in manifest_objects(text))]
    return "".join(f"---\n{text}\n" for text in kept)


def _write(cluster: SimulatedCluster, record: ReleaseRecord, manifest: str) -> None:
    """In place of every record of that release, whose data are tokens."""
    prefix = f"{RECORD_PREFIX}{record.name}.v"
    for kind in ("secrets", "configmaps"):
        key = ResourceKey("", kind)
        for old in list(cluster.store.records(key, record.namespace)):
            if old.name.startswith(prefix):
                cluster.store.remove(key, record.namespace, old.name)
    cluster.verbs.restore(_SECRETS, release_secret(record, without_hooks(manifest)))


def _is_hook(obj: Obj) -> bool:
    return _HOOK in ((obj.get("metadata") or {}).get("annotations") or {})
