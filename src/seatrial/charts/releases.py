"""Reads a cluster's Helm releases through the API, without Helm and without asking for values."""

from __future__ import annotations

from seatrial.charts.reader import Reader
from seatrial.cluster.helm_release import (
    RECORD_SELECTOR,
    BrokenRecord,
    ReleaseRecord,
    read_releases,
)
from seatrial.cluster.objects import GroupVersionResource, Obj

SECRETS = GroupVersionResource("", "v1", "secrets")
CONFIG_MAPS = GroupVersionResource("", "v1", "configmaps")


async def list_release_records(
    reader: Reader, namespace: str | None = None
) -> tuple[tuple[ReleaseRecord, ...], tuple[BrokenRecord, ...]]:
    """Every revision of every release; broken records are in the second tuple.

    Both of Helm's stores are read: HELM_DRIVER is a setting of whoever installed, not of the cluster.
    """
    return read_releases(await _records(reader, namespace, RECORD_SELECTOR))


async def release_records(reader: Reader, release: str, namespace: str) -> tuple[ReleaseRecord, ...]:
    """The revisions of one release, oldest first; see `helm_release.release_state` for where it stands."""
    records, _ = read_releases(await _records(reader, namespace, f"{RECORD_SELECTOR},name={release}"))
    return records


async def _records(reader: Reader, namespace: str | None, selector: str) -> list[Obj]:
    stored = await reader.list_objects(SECRETS, namespace, label_selector=selector)
    return stored + await reader.list_objects(CONFIG_MAPS, namespace, label_selector=selector)
