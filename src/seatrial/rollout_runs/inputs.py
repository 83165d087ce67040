"""A rollout's charts and values files, held still while it runs for weeks.

Charts are copied beside the state, under their digest. Values files may hold secrets, so they are not
copied: their digest is kept, and a cluster is not started with one that has changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec

from seatrial.charts.chart_files import read_chart_files
from seatrial.errors import BadInput, Conflict
from seatrial.fleet.resolve import ResolvedComponent, ResolvedTarget
from seatrial.private_folder import make_private
from seatrial.rollout.document import Rollout, RolloutCluster, with_target


def freeze_inputs(rollout: Rollout, folder: Path) -> Rollout:
    """Copy the charts into `folder` and note each digest; raise `BadInput` for what cannot be read."""
    freezer = _Freezer(folder)
    return msgspec.structs.replace(
        rollout, clusters=tuple(freezer.freeze(cluster) for cluster in rollout.clusters)
    )


def check_inputs(cluster: RolloutCluster, folder: Path) -> None:
    """Raise `Conflict` when a chart or values file is not what was approved."""
    for path, expected in cluster.inputs.items():
        try:
            found = digest_of(folder / path)
        except BadInput as error:
            raise Conflict(error.what, where=error.where, next_step=_PUT_BACK) from None
        if found != expected:
            raise Conflict(
                "it has changed since the rollout was started.", where=str(folder / path), next_step=_PUT_BACK
            )


def target_in(cluster: RolloutCluster, folder: Path) -> ResolvedTarget:
    """The cluster's target with the charts that `freeze_inputs` put into `folder`."""
    components = tuple(
        msgspec.structs.replace(component, chart=str(folder / component.chart))
        for component in cluster.target.components
    )
    return msgspec.structs.replace(cluster.target, components=components)


_PUT_BACK = "Put back what was there, or start a new rollout with what is there now."


class _Freezer:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._charts: dict[str, tuple[str, str]] = {}
        self._values: dict[str, str] = {}

    def freeze(self, cluster: RolloutCluster) -> RolloutCluster:
        inputs: dict[str, str] = {}
        components = tuple(self._component(component, inputs) for component in cluster.target.components)
        target = msgspec.structs.replace(cluster.target, components=components)
        return with_target(cluster, target, inputs)

    def _component(self, component: ResolvedComponent, inputs: dict[str, str]) -> ResolvedComponent:
        if component.chart not in self._charts:
            self._charts[component.chart] = self._copy(Path(component.chart))
        chart, digest = self._charts[component.chart]
        inputs[chart] = digest
        values = tuple(str(Path(path).absolute()) for path in component.values)
        for path in values:
            if path not in self._values:
                self._values[path] = digest_of(Path(path))
            inputs[path] = self._values[path]
        return msgspec.structs.replace(component, chart=chart, values=values)

    def _copy(self, chart: Path) -> tuple[str, str]:
        """Where in the folder the chart now is, and its digest."""
        read_chart_files(chart)  # refuses what leaves the chart or never ends, before it is copied
        digest = digest_of(chart)
        kept = Path("charts") / digest[:16] / chart.name
        whole = self._folder / kept
        if not whole.exists():
            draft = self._folder / f"charts/.{digest[:16]}.{os.getpid()}"
            shutil.rmtree(draft, ignore_errors=True)
            make_private(draft)
            if chart.is_dir():
                shutil.copytree(chart, draft / chart.name)
            else:
                shutil.copyfile(chart, draft / chart.name)
            draft.rename(whole.parent)
        return str(kept), digest


def digest_of(path: Path) -> str:
    """SHA-256 over a file, or over the names and contents of a folder's files in order."""
    total = hashlib.sha256()
    try:
        for file in _files(path):
            name = file.relative_to(path).as_posix() if file != path else ""
            content = file.read_bytes()
            total.update(f"{len(name)} {len(content)} {name}".encode())
            total.update(content)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise BadInput(
            f"it cannot be read: {reason}.", where=str(path), next_step="Correct the path in the fleet file."
        ) from None
    return total.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path, followlinks=True):
        folders.sort()
        for name in sorted(names):
            yield Path(folder) / name
