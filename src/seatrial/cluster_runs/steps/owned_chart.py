"""Looks how far a chart is that somebody else applies: by its Helm release, or by what was rendered from it.

Flux keeps Helm releases. Argo CD renders charts and keeps none: there the Application says what is in
place, and the labels that charts put on their workloads.
"""

from __future__ import annotations

from seatrial.cluster.objects import GroupVersionResource, Obj
from seatrial.cluster.release_state import Absent, Deployed
from seatrial.cluster_runs.ports import Charts, Reading
from seatrial.cluster_runs.steps.baseline import unready_workloads
from seatrial.errors import SeatrialError
from seatrial.plan import UpgradeChart, WaitForChart
from seatrial.plan.owners import INSTANCE, chart_label_is, find_application, in_place

_WORKLOADS = (("deployments", "Deployment"), ("statefulsets", "StatefulSet"), ("daemonsets", "DaemonSet"))
_APPLICATIONS = GroupVersionResource("argoproj.io", "v1alpha1", "applications")


async def chart_is_at(action: UpgradeChart, reading: Reading, charts: Charts) -> bool:
    """Whether its owner has brought the chart to the planned version."""
    state = await charts.state(action.release, action.namespace)
    if not isinstance(state, Absent):
        return isinstance(state, Deployed) and state.version == action.to_version
    application = find_application(await _applications(reading), action.namespace, action.release)
    if application is not None and in_place(application, action.namespace, action.release):
        return in_place(application, action.namespace, action.release) == action.to_version
    found = [obj for _, obj in await _rendered(reading, action.namespace, action.release)]
    return bool(found) and all(chart_label_is(obj, action.to_version) for obj in found)


async def owned_not_ready(action: WaitForChart, reading: Reading, charts: Charts) -> tuple[str, ...]:
    """What of the chart is not ready, one sentence each."""
    if not isinstance(await charts.state(action.release, action.namespace), Absent):
        return await charts.not_ready(action.release, action.namespace)
    return tuple(
        reason
        for kind, obj in await _rendered(reading, action.namespace, action.release)
        for _, reason in unready_workloads([obj], kind)
    )


async def _rendered(reading: Reading, namespace: str, release: str) -> list[tuple[str, Obj]]:
    """Workloads that carry the release's name, each with its kind."""
    found = []
    for resource, kind in _WORKLOADS:
        gvr = GroupVersionResource("apps", "v1", resource)
        for obj in await reading.list_objects(gvr, namespace, label_selector=f"{INSTANCE}={release}"):
            if ((obj.get("metadata") or {}).get("labels") or {}).get(INSTANCE) == release:
                found.append((kind, obj))
    return found


async def _applications(reading: Reading) -> list[Obj]:
    """Of Argo CD; none where it is not served or may not be read."""
    try:
        return await reading.list_objects(_APPLICATIONS)
    except SeatrialError:
        return []
