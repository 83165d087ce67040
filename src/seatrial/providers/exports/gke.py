"""A cluster of GKE, the versions on offer and the insights about deprecated APIs, as gcloud prints them.

Documented: GKE API v1, Cluster, NodePool, UpgradeSettings, ReleaseChannel, NodeNetworkConfig, StatusCondition
and ServerConfig; Recommender API v1, Insight; GKE documentation, "View deprecation insights and
recommendations" (the subtypes, and which minor drops what); `gcloud … --format=json` prints the API's own
objects. All read 2026-11-22.

What an insight's `content` holds is documented nowhere, so no client is named from it: the audit log does
that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec

from seatrial.cluster.provider_state import Insight, NodeGroup, PodRange
from seatrial.providers.exports.facts import Count, Facts, Format, Timestamp, VersionText, Word, has, moment

CLUSTER = "gcloud container clusters describe NAME --location LOCATION --format=json"
VERSIONS = "gcloud container get-server-config --location LOCATION --format=json"
INSIGHTS = (
    "gcloud recommender insights list --insight-type=google.container.DiagnosisInsight --location=LOCATION"
    " --format=json"
)
_TYPE = "/insightTypes/google.container.DiagnosisInsight/"
_SUBTYPE = re.compile(r"^DEPRECATION_K8S_([0-9]+)_([0-9]+)_(?:V1BETA1_)?API$")
"""The insights about API versions; others of DEPRECATION_… are about certificates, images and the like."""
_TARGET = re.compile(r"/clusters/([^/]+)$")
_STATES = {"RUNNING": "active", "ERROR": "degraded", "DEGRADED": "degraded", "RUNNING_WITH_ERROR": "degraded"}
"""Any other state is one of being changed."""
Prefix = Annotated[int, msgspec.Meta(ge=0, le=128)]


class _Surge(msgspec.Struct, frozen=True, rename="camel"):
    """The API leaves out what is 0."""

    max_surge: Count = 0
    max_unavailable: Count = 0
    strategy: Word = "SURGE"


class _Scaling(msgspec.Struct, frozen=True, rename="camel"):
    enabled: bool = False
    min_node_count: Count = 0
    max_node_count: Count = 0


class _Config(msgspec.Struct, frozen=True, rename="camel"):
    image_type: Word = ""


class _PoolNetwork(msgspec.Struct, frozen=True):
    pod_block: Word = msgspec.field(name="podIpv4CidrBlock", default="")


class _Condition(msgspec.Struct, frozen=True, rename="camel"):
    code: Word = ""
    canonical_code: Word = ""


class _Pool(msgspec.Struct, frozen=True, rename="camel"):
    name: Word
    version: VersionText = ""
    status: Word = "RUNNING"
    locations: tuple[Word, ...] = ()
    config: _Config = _Config()
    autoscaling: _Scaling = _Scaling()
    upgrade_settings: _Surge = _Surge(max_surge=1)
    network_config: _PoolNetwork = _PoolNetwork()
    conditions: tuple[_Condition, ...] = ()
    block_prefix: Prefix = msgspec.field(name="podIpv4CidrSize", default=0)


class _Channel(msgspec.Struct, frozen=True):
    channel: Word = ""


class _Addresses(msgspec.Struct, frozen=True, rename="camel"):
    additional_pod_ranges_config: dict[str, Any] = {}


class _Cluster(msgspec.Struct, frozen=True, rename="camel"):
    name: Word
    current_master_version: VersionText
    status: Word = "RUNNING"
    node_pools: tuple[_Pool, ...] = ()
    release_channel: _Channel = _Channel()
    pods: Word = msgspec.field(name="clusterIpv4Cidr", default="")
    ip_allocation_policy: _Addresses = _Addresses()


class _ChannelVersions(msgspec.Struct, frozen=True, rename="camel"):
    channel: Word
    valid_versions: tuple[VersionText, ...] = ()


class _ServerConfig(msgspec.Struct, frozen=True, rename="camel"):
    valid_master_versions: tuple[VersionText, ...]
    channels: tuple[_ChannelVersions, ...] = ()


class _State(msgspec.Struct, frozen=True):
    state: Word = "ACTIVE"


class _Insight(msgspec.Struct, frozen=True, rename="camel"):
    name: Word
    insight_subtype: Word
    target_resources: tuple[Word, ...] = ()
    last_refresh_time: Timestamp = ""
    state_info: _State = _State()


def _cluster(document: Any) -> Facts:
    cluster = msgspec.convert(document, _Cluster)
    return Facts(
        provider="gke",
        clusters=(cluster.name,),
        version=cluster.current_master_version,
        status=_state(cluster.status),
        node_groups=tuple(map(_node_group, cluster.node_pools)),
        pod_ranges=tuple(_pod_ranges(cluster)),
        channel=cluster.release_channel.channel,
    )


def _node_group(pool: _Pool) -> NodeGroup:
    zones = len(pool.locations) or 1
    surge = pool.upgrade_settings
    return NodeGroup(
        name=pool.name,
        version=pool.version,
        image=pool.config.image_type,
        size=0,  # nobody tells; the cluster's own nodes are counted
        min_size=pool.autoscaling.min_node_count * zones,
        max_size=pool.autoscaling.max_node_count * zones,
        zones=pool.locations,
        max_surge=surge.max_surge if surge.strategy == "SURGE" else 1,
        max_unavailable=surge.max_unavailable if surge.strategy == "SURGE" else 0,
        status=_state(pool.status),
        health=tuple(code for each in pool.conditions if (code := each.canonical_code or each.code)),
    )


def _pod_ranges(cluster: _Cluster) -> Iterator[PodRange]:
    """None where the cluster has more ranges than are written here: then they would look used up."""
    if cluster.ip_allocation_policy.additional_pod_ranges_config:
        return
    pools: dict[tuple[str, int], list[str]] = {}
    for pool in cluster.node_pools:
        cidr = pool.network_config.pod_block or cluster.pods
        if cidr and pool.block_prefix:
            pools.setdefault((cidr, pool.block_prefix), []).append(pool.name)
    for (cidr, prefix), names in pools.items():
        yield PodRange(cidr=cidr, block_prefix=prefix, node_groups=tuple(names))


def _versions(document: Any) -> Facts:
    config = msgspec.convert(document, _ServerConfig)
    channels = {each.channel: each.valid_versions for each in config.channels}
    return Facts(provider="gke", offered={"": config.valid_master_versions, **channels})


def _insights(document: Any) -> Facts:
    listed = document if isinstance(document, list) else [document]
    found = msgspec.convert(listed, tuple[_Insight, ...])
    clusters = dict.fromkeys(name for each in found for name in _targets(each))
    return Facts(provider="gke", insights_of={name: tuple(_of_cluster(found, name)) for name in clusters})


def _targets(insight: _Insight) -> Iterator[str]:
    return (named[1] for each in insight.target_resources if (named := _TARGET.search(each)))


def _of_cluster(found: tuple[_Insight, ...], name: str) -> Iterator[Insight]:
    return (one for each in found if name in _targets(each) for one in _as_insight(each))


def _as_insight(insight: _Insight) -> Iterator[Insight]:
    """One for all APIs of a minor; none for what is not about them, or was dismissed."""
    about = _SUBTYPE.match(insight.insight_subtype)
    if about is not None and insight.state_info.state != "DISMISSED":
        yield Insight(
            kind="deprecated-api",
            name=insight.insight_subtype,
            status="warning",
            removed_in=f"{about[1]}.{about[2]}",
            refreshed=moment(insight.last_refresh_time),
        )


def _is_insight(document: Any) -> bool:
    return has(document, "name", "insightSubtype") and _TYPE in str(document["name"])


def _state(status: str) -> str:
    return _STATES.get(status, "updating")


FORMATS = (
    Format(CLUSTER, lambda document: has(document, "name", "currentMasterVersion"), _cluster),
    Format(VERSIONS, lambda document: has(document, "validMasterVersions"), _versions),
    Format(
        INSIGHTS,
        lambda document: (
            all(map(_is_insight, document))  # none found is an empty list
            if isinstance(document, list)
            else _is_insight(document)
        ),
        _insights,
    ),
)
