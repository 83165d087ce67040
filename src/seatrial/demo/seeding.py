"""Gives a simulated cluster what has been running there for long: releases of Helm, and people's apps.

Each chart is rendered once by Helm itself; its objects and Helm's own record of the release are then written
straight into every cluster, as if Helm had installed them there. Helm goes on from such a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from seatrial.charts import HelmClient, read_chart, read_crds, read_values
from seatrial.cluster.helm_release import ChartName, ReleaseRecord, ReleaseStatus, manifest_objects
from seatrial.cluster.objects import GroupVersionKind, Obj
from seatrial.cluster.version import Version
from seatrial.errors import BadInput
from seatrial.fleet.model import Fleet
from seatrial.rehearsal.seed_releases import release_secret, without_hooks
from seatrial.simulator.call import Call
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.store import ResourceKey

_HELM = Call(user="seatrial:demo", manager="helm", field_validation="Strict")
_KUBECTL = Call(user="seatrial:demo", manager="kubectl-client-side-apply", field_validation="Strict")
_INSTALLED = "2025-11-03T10:12:00Z"
_SECRETS = ResourceKey("", "secrets")


@dataclass(frozen=True, slots=True)
class SeededRelease:
    """A release as it is in every cluster before the story begins."""

    record: ReleaseRecord
    crds: tuple[Obj, ...]
    manifest: str


async def render_stack(fleet: Fleet, folder: Path, helm: HelmClient, version: Version) -> list[SeededRelease]:
    """Render the charts of the fleet's stack at their present versions: one call of Helm each."""
    return [
        await _render(
            folder / component.chart,
            [folder / path for path in component.values],
            component.release or component.name,
            component.namespace,
            helm,
            version,
        )
        for component in fleet.stack
    ]


async def _render(
    chart: Path, values: Iterable[Path], release: str, namespace: str, helm: HelmClient, version: Version
) -> SeededRelease:
    info = read_chart(chart)
    rendered = await helm.template(
        chart, read_values(values), release=release, namespace=namespace, kube_version=version
    )
    return SeededRelease(
        record=ReleaseRecord(
            name=release,
            namespace=namespace,
            revision=1,
            status=ReleaseStatus.DEPLOYED,
            chart=ChartName(info.name, info.version, info.app_version, info.kube_version),
            objects=(),
            updated=_INSTALLED,
        ),
        crds=read_crds(chart),
        manifest=without_hooks(rendered),
    )


def seed_release(cluster: SimulatedCluster, seeded: SeededRelease) -> None:
    record = seeded.record
    cluster.verbs.ensure_namespace(record.namespace)
    for crd in seeded.crds:  # Helm puts no mark of its own on what lies in crds/
        create(cluster, crd, _HELM)
    for obj in manifest_objects(seeded.manifest):
        meta = obj.setdefault("metadata", {})
        meta.setdefault("annotations", {}).update(
            {"meta.helm.sh/release-name": record.name, "meta.helm.sh/release-namespace": record.namespace}
        )
        create(cluster, obj, _HELM, namespace=record.namespace)
    cluster.verbs.restore(_SECRETS, release_secret(record, seeded.manifest, description="Install complete"))


def seed_objects(cluster: SimulatedCluster, files: Iterable[Path]) -> None:
    """What people applied by hand; files that are not there hold nothing."""
    for obj in _objects_in(files):
        create(cluster, obj, _KUBECTL)


def _objects_in(files: Iterable[Path]) -> Iterator[Obj]:
    for file in files:
        if file.is_file():
            yield from manifest_objects(file.read_text(encoding="utf-8"))


def create(cluster: SimulatedCluster, obj: Obj, call: Call, *, namespace: str = "default") -> None:
    served = cluster.surface.by_kind(GroupVersionKind.of_object(obj))
    if served is None:
        raise BadInput(
            f"Kubernetes {cluster.minor} serves no {obj.get('apiVersion')} {obj.get('kind')}.",
            where=cluster.name,
        )
    if served.namespaced:
        obj.setdefault("metadata", {}).setdefault("namespace", namespace)
    asked = Call(user=call.user, manager=call.manager, version=served.gvr.api_version)
    cluster.verbs.create(served.key, obj, asked)
