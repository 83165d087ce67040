"""The facts that steps rely on: their names, and how what was observed is written down.

Written in one way by planning and by the look right before a step acts, so that equal means equal.
Pod churn, leases and autoscaled counts are no facts; a new budget over pods that must move is one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec

from seatrial.cluster.objects import Obj
from seatrial.cluster.release_state import Absent, Deployed, Failed, Pending, ReleaseState
from seatrial.errors import BadFormat
from seatrial.plan.steps import Fact

_CONTROL_PLANE = "control-plane/version"
_BUDGETS = "budgets"
_NO_PODS = " (no pods)"
_RELEASE_NAME = "meta.helm.sh/release-name"
_RELEASE_NAMESPACE = "meta.helm.sh/release-namespace"


@dataclass(frozen=True, slots=True)
class NodeGroupVersion:
    node_group: str


@dataclass(frozen=True, slots=True)
class ChartVersion:
    namespace: str
    release: str


@dataclass(frozen=True, slots=True)
class Replicas:
    resource: str
    namespace: str
    name: str


About = Literal["control-plane", "budgets"] | NodeGroupVersion | ChartVersion | Replicas


def control_plane_fact(version: str) -> Fact:
    return Fact(name=_CONTROL_PLANE, value=version)


def node_group_fact(name: str, version: str) -> Fact:
    return Fact(name=f"node-group/{name}/version", value=version)


def chart_fact(namespace: str, release: str, version: str) -> Fact:
    """`version` is empty where the release is not installed."""
    return Fact(name=f"chart/{namespace}/{release}/version", value=version)


def release_value(state: ReleaseState) -> str:
    """A chart's fact: its version, and whether Helm calls it anything but deployed."""
    match state:
        case Absent():
            return ""
        case Deployed(version=version):
            return version
        case Failed(version=version):
            return f"{version} (failed)"
        case Pending(version=version, status=status):
            return f"{version} ({status.value})"


def budgets_fact(value: str) -> Fact:
    """`value` as `budgets_value` writes it."""
    return Fact(name=_BUDGETS, value=value)


def replicas_fact(resource: str, namespace: str, name: str, replicas: int) -> Fact:
    """Only for a step that changes them: elsewhere counts may change freely."""
    return Fact(name=f"replicas/{resource}/{namespace}/{name}", value=str(replicas))


def fact_about(name: str) -> About:
    """What a fact's name speaks of; raise `BadFormat` for one that this Seatrial does not know."""
    match name.split("/"):
        case ["control-plane", "version"]:
            return "control-plane"
        case ["budgets"]:
            return "budgets"
        case ["node-group", *group, "version"] if group:
            return NodeGroupVersion("/".join(group))
        case ["chart", namespace, release, "version"]:
            return ChartVersion(namespace, release)
        case ["replicas", resource, namespace, name]:
            return Replicas(resource, namespace, name)
        case _:
            raise BadFormat(
                f"the plan relies on {name!r}, which this Seatrial cannot observe.",
                next_step="Make the plan again with this version.",
            )


def budgets_value(budgets: Iterable[Obj], releases: Collection[tuple[str, str]]) -> str:
    """Every disruption budget with its terms, sorted, "; " between them; marked where it covers no pods.

    Those of `releases` (namespace, name) are left out: the plan's own chart upgrades may change them.
    """
    return "; ".join(sorted(_terms(each) for each in budgets if not _belongs(each, releases)))


def budgets_by_name(value: str) -> dict[str, str]:
    """NAMESPACE/NAME → terms of each budget in a fact's value that covers pods."""
    found = (each.partition(" ") for each in value.split("; ") if each and not each.endswith(_NO_PODS))
    return {name: terms for name, _, terms in found}


def known_budgets(value: str) -> dict[str, str]:
    """As `budgets_by_name`, with those that cover no pods: they may come to cover some by mere scaling."""
    found = (each.removesuffix(_NO_PODS).partition(" ") for each in value.split("; ") if each)
    return {name: terms for name, _, terms in found}


def _terms(budget: Obj) -> str:
    meta, spec = budget.get("metadata") or {}, budget.get("spec") or {}
    selector = msgspec.json.encode(spec.get("selector"), order="sorted").decode()
    limits = [f"{key} {spec[key]}" for key in ("minAvailable", "maxUnavailable") if spec.get(key) is not None]
    covers = bool((budget.get("status") or {}).get("expectedPods", 1))
    said = f"{meta.get('namespace')}/{meta.get('name')} {' '.join(limits)} over {selector}"
    return said if covers else said + _NO_PODS


def _belongs(budget: Obj, releases: Collection[tuple[str, str]]) -> bool:
    annotations = (budget.get("metadata") or {}).get("annotations") or {}
    return (annotations.get(_RELEASE_NAMESPACE), annotations.get(_RELEASE_NAME)) in releases
