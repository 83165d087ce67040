"""A cluster of AKS, its node pools and the versions on offer, as the Azure CLI prints them.

Documented: AKS REST API, Managed Clusters - Get (ManagedCluster, ManagedClusterAgentPoolProfile,
AgentPoolUpgradeSettings), Managed Clusters - Get Upgrade Profile (ManagedClusterPoolUpgradeProfile) and Agent
Pools - List; the Azure CLI prints them with `properties` lifted to the top: AKS documentation, "Upgrade an
AKS cluster", shows it for `az aks get-upgrades` and `az aks upgrade`. How many nodes an upgrade adds: the
same page, "Customize node surge upgrade". All read 2026-11-22.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from seatrial.cluster.provider_state import NodeGroup
from seatrial.providers.exports.facts import Count, Facts, Format, VersionText, Word, has, share

CLUSTER = "az aks show --resource-group GROUP --name NAME --output json"
UPGRADES = "az aks get-upgrades --resource-group GROUP --name NAME --output json"
POOLS = "az aks nodepool list --resource-group GROUP --cluster-name NAME --output json"
_NAME_IN_ID = re.compile(r"/managedClusters/([^/]+)", re.IGNORECASE)
_DEFAULT_SURGE = "10%"
_STATES = {"Succeeded": "active", "Failed": "degraded", "Canceled": "degraded"}
"""Any other state is one of being changed."""


class _Surge(msgspec.Struct, frozen=True, rename="camel"):
    max_surge: Word = ""
    max_unavailable: Word = ""


class _Pool(msgspec.Struct, frozen=True, rename="camel"):
    name: Word
    id: Word = ""
    count: Count = 0
    min_count: Count = 0
    max_count: Count = 0
    orchestrator_version: VersionText = ""
    current_orchestrator_version: VersionText = ""
    node_image_version: Word = ""
    provisioning_state: Word = "Succeeded"
    availability_zones: tuple[Word, ...] = ()
    upgrade_settings: _Surge = _Surge()


class _Cluster(msgspec.Struct, frozen=True, rename="camel"):
    name: Word
    kubernetes_version: VersionText = ""
    current_kubernetes_version: VersionText = ""
    provisioning_state: Word = "Succeeded"
    fqdn: Word = ""
    private_fqdn: Word = ""
    agent_pool_profiles: tuple[_Pool, ...] = ()


class _Upgrade(msgspec.Struct, frozen=True, rename="camel"):
    kubernetes_version: VersionText
    is_preview: bool = False


class _ControlPlane(msgspec.Struct, frozen=True, rename="camel"):
    kubernetes_version: VersionText
    upgrades: tuple[_Upgrade, ...] = ()


class _Upgrades(msgspec.Struct, frozen=True, rename="camel"):
    control_plane_profile: _ControlPlane
    id: Word = ""


def _cluster(document: Any) -> Facts:
    cluster = msgspec.convert(_lifted(document), _Cluster)
    return Facts(
        provider="aks",
        clusters=(cluster.name,),
        hosts=tuple(each for each in (cluster.fqdn, cluster.private_fqdn) if each),
        version=cluster.current_kubernetes_version or cluster.kubernetes_version,
        status=_state(cluster.provisioning_state),
        node_groups=tuple(map(_node_group, cluster.agent_pool_profiles)),
    )


def _upgrades(document: Any) -> Facts:
    found = msgspec.convert(_lifted(document), _Upgrades)
    control_plane = found.control_plane_profile
    return Facts(
        provider="aks",
        clusters=_name_in(found.id),
        version=control_plane.kubernetes_version,
        offered={
            "": tuple(each.kubernetes_version for each in control_plane.upgrades if not each.is_preview)
        },
    )


def _pools(document: Any) -> Facts:
    listed = document if isinstance(document, list) else [document]
    pools = msgspec.convert([_lifted(each) for each in listed], tuple[_Pool, ...])
    return Facts(
        provider="aks",
        clusters=tuple(dict.fromkeys(name for each in pools for name in _name_in(each.id))),
        node_groups=tuple(map(_node_group, pools)),
    )


def _node_group(pool: _Pool) -> NodeGroup:
    surge = pool.upgrade_settings
    unavailable = share(surge.max_unavailable, pool.count)
    # without a surge of its own a pool has the default, but where it does without some nodes instead
    added = share(surge.max_surge or ("0" if unavailable else _DEFAULT_SURGE), pool.count)
    return NodeGroup(
        name=pool.name,
        version=pool.current_orchestrator_version or pool.orchestrator_version,
        image=pool.node_image_version,
        size=pool.count,
        min_size=pool.min_count or pool.count,
        max_size=pool.max_count or pool.count,
        zones=pool.availability_zones,
        architecture="arm64" if "arm64" in pool.node_image_version.lower() else "amd64",
        max_surge=added,
        max_unavailable=unavailable,
        status=_state(pool.provisioning_state),
    )


def _lifted(document: Any) -> Any:
    """The REST API keeps most below `properties`; the Azure CLI mostly lifts it."""
    if isinstance(document, dict) and isinstance(document.get("properties"), dict):
        return {**document, **document["properties"]}
    return document


def _name_in(id: str) -> tuple[str, ...]:
    found = _NAME_IN_ID.search(id)
    return (found[1],) if found else ()


def _state(state: str) -> str:
    return _STATES.get(state, "updating")


def _is_pool(document: Any) -> bool:
    return has(document, "name", "type") and str(document["type"]).lower().endswith("/agentpools")


def _is_cluster(document: Any) -> bool:
    return has(document, "name", "type") and str(document["type"]).lower().endswith("/managedclusters")


FORMATS = (
    Format(CLUSTER, _is_cluster, _cluster),
    Format(UPGRADES, lambda document: has(_lifted(document), "controlPlaneProfile"), _upgrades),
    Format(
        POOLS,
        lambda document: (
            bool(document) and all(map(_is_pool, document))
            if isinstance(document, list)
            else _is_pool(document)
        ),
        _pools,
    ),
)
