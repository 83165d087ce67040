"""Makes the simulated twin of a cluster from its snapshot: every object with its status, uid and owner.

Definitions of custom resources come first, for they decide what can be stored. What the twin cannot
take is listed, never dropped in silence. The controllers start when everything is there, so that they
find a cluster that already runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from seatrial.clock import SimulatedClock
from seatrial.cluster.foreign_text import fit_to_show
from seatrial.cluster.objects import GroupKind, Obj
from seatrial.cluster.snapshot import ResourceList, Snapshot
from seatrial.cluster.version import Version
from seatrial.errors import SeatrialError
from seatrial.providers.simulated import SimulatedProvider
from seatrial.rehearsal.captured_trouble import CapturedTrouble
from seatrial.rehearsal.limits import limits_of
from seatrial.rehearsal.report import NotModelled
from seatrial.rehearsal.timings import LearnedTimings, learn_timings
from seatrial.rehearsal.twin_provider import flavour_of
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers import default_controllers
from seatrial.simulator.eviction import admit_eviction

_CRD = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")
_FIRST = (_CRD, GroupKind("", "Namespace"))
_POD = GroupKind("", "Pod")
_NEVER = frozenset({GroupKind("", "Event"), GroupKind("events.k8s.io", "Event")})
_BROKEN_SHAPE = (KeyError, TypeError, ValueError, AttributeError, IndexError)


@dataclass(frozen=True, slots=True)
class Twin:
    """A simulated cluster and its provider, not started yet: call `start` inside the clock's loop."""

    cluster: SimulatedCluster
    provider: SimulatedProvider
    node_group_label: str
    """The label by which this provider marks the nodes of a group."""
    timings: LearnedTimings
    unready_before: tuple[str, ...]
    """Workloads without a single ready pod in the capture, "shop/web": they stay so."""
    not_modelled: tuple[NotModelled, ...]

    def start(self) -> None:
        self.cluster.start()


def make_twin(snapshot: Snapshot, clock: SimulatedClock, *, name: str = "twin") -> Twin:
    """The twin of a snapshot on `clock`; the same snapshot always gives the same twin."""
    server = Version.parse(snapshot.meta.server_version)
    pods = snapshot.objects(_POD)
    timings, trouble = learn_timings(pods), CapturedTrouble(pods)
    cluster = SimulatedCluster(
        name,
        server.line,
        clock,
        controllers=default_controllers(timings.model),
        faults=trouble,
        admit_eviction=admit_eviction,
        seed=f"twin of {snapshot.meta.uid}",
    )
    left_out = list(_fill(cluster, snapshot))
    flavour, state, unknown = flavour_of(snapshot)
    provider = SimulatedProvider(cluster, flavour, Version.parse(state.version), state.node_groups)
    return Twin(
        cluster=cluster,
        provider=provider,
        node_group_label=flavour.node_group_label,
        timings=timings,
        unready_before=trouble.workloads,
        not_modelled=(*limits_of(snapshot), *unknown, *left_out),
    )


def _fill(cluster: SimulatedCluster, snapshot: Snapshot) -> Iterator[NotModelled]:
    """Store every object; what could not be stored comes out."""
    lists = sorted(snapshot.resources, key=lambda each: _rank(each.group_kind))
    for listed in lists:
        if listed.items and listed.group_kind not in _NEVER:
            yield from _fill_list(cluster, listed)
    _have_system_namespace(cluster, snapshot.meta.uid)


def _fill_list(cluster: SimulatedCluster, listed: ResourceList) -> Iterator[NotModelled]:
    served = cluster.surface.find(*listed.gvr)
    if served is None:
        yield NotModelled(
            f"{len(listed.items)} {listed.gvr} ({listed.gvr.version})",
            f"the simulator does not serve this resource in Kubernetes {cluster.minor}.",
        )
        return
    refused: dict[str, list[str]] = {}
    for obj in _objects_in(listed):
        try:
            cluster.verbs.restore(served.key, obj)
        except SeatrialError as problem:
            refused.setdefault(fit_to_show(problem.what), []).append(_name(obj))
        except _BROKEN_SHAPE:  # an object may hold anything; one that we cannot read must not end it all
            refused.setdefault("it does not have the shape of its kind.", []).append(_name(obj))
    for why, names in refused.items():
        yield NotModelled(f"{listed.kind} {_some(names)}", why)


def _objects_in(listed: ResourceList) -> Iterator[Obj]:
    for item in listed.items:
        yield {"apiVersion": listed.gvr.api_version, "kind": listed.kind, **msgspec.json.decode(item)}


def _have_system_namespace(cluster: SimulatedCluster, uid: str) -> None:
    """A plan knows its cluster by the uid of kube-system, also where namespaces could not be listed."""
    served = cluster.surface.find("", "v1", "namespaces")
    if served is not None and cluster.store.raw(served.key, "", "kube-system") is None and uid:
        namespace = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": "kube-system", "uid": uid},
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Active"},
        }
        cluster.verbs.restore(served.key, namespace)


def _rank(kind: GroupKind) -> int:
    return _FIRST.index(kind) if kind in _FIRST else len(_FIRST)


def _name(obj: Obj) -> str:
    meta = obj.get("metadata") or {}
    namespace, name = meta.get("namespace"), str(meta.get("name") or "")
    return f"{namespace}/{name}" if namespace else name


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
