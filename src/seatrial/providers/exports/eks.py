"""A cluster of EKS, its node groups and the versions on offer, as the AWS CLI prints them.

Documented: EKS API reference, Cluster, VpcConfigResponse, UpgradePolicyResponse, Nodegroup,
NodegroupScalingConfig, NodegroupUpdateConfig, LaunchTemplateSpecification, Issue, ClusterVersionInformation;
the AWS CLI reference prints the same objects below `cluster`, `nodegroup` and `clusterVersions`. How a node
group is updated: EKS user guide, "Understand each phase of node updates". All read 2026-11-22.

Of a cluster's address only the host is looked at, to see whose file it is; nothing of it is kept.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec

from seatrial.cluster.provider_state import NodeGroup
from seatrial.providers.exports.facts import Count, Facts, Format, VersionText, Word, has, share

CLUSTER = "aws eks describe-cluster --name NAME --output json"
NODE_GROUP = "aws eks describe-nodegroup --cluster-name NAME --nodegroup-name GROUP --output json"
VERSIONS = "aws eks describe-cluster-versions --output json"
_STATES = {
    "ACTIVE": "active",
    "DEGRADED": "degraded",
    "FAILED": "degraded",
    "CREATE_FAILED": "degraded",
    "DELETE_FAILED": "degraded",
}
"""Any other state is one of being changed."""


class _Network(msgspec.Struct, frozen=True, rename="camel"):
    subnet_ids: tuple[Word, ...] = ()


class _Policy(msgspec.Struct, frozen=True, rename="camel"):
    support_type: Word = ""


class _Cluster(msgspec.Struct, frozen=True, rename="camel"):
    name: Word
    version: VersionText
    status: Word = "ACTIVE"
    endpoint: Word = ""
    resources_vpc_config: _Network = _Network()
    upgrade_policy: _Policy = _Policy()


class _ClusterDocument(msgspec.Struct, frozen=True):
    cluster: _Cluster


class _Scaling(msgspec.Struct, frozen=True, rename="camel"):
    min_size: Count = 0
    max_size: Count = 0
    desired_size: Count = 0


class _Update(msgspec.Struct, frozen=True, rename="camel"):
    max_unavailable: Count = 0
    max_unavailable_percentage: Count = 0
    update_strategy: Word = "DEFAULT"


class _Template(msgspec.Struct, frozen=True):
    id: Word = ""
    name: Word = ""
    version: Word = ""


class _Issue(msgspec.Struct, frozen=True):
    code: Word = ""


class _Health(msgspec.Struct, frozen=True):
    issues: tuple[_Issue, ...] = ()


class _NodeGroup(msgspec.Struct, frozen=True, rename="camel"):
    nodegroup_name: Word
    cluster_name: Word
    version: VersionText = ""
    status: Word = "ACTIVE"
    ami_type: Word = ""
    scaling_config: _Scaling = _Scaling()
    update_config: _Update = _Update()
    launch_template: _Template = _Template()
    subnets: tuple[Word, ...] = ()
    health: _Health = _Health()


class _NodeGroupDocument(msgspec.Struct, frozen=True):
    nodegroup: _NodeGroup


class _Version(msgspec.Struct, frozen=True, rename="camel"):
    cluster_version: VersionText
    kubernetes_patch_version: VersionText = ""
    version_status: Word = ""


class _VersionsDocument(msgspec.Struct, frozen=True, rename="camel"):
    cluster_versions: tuple[_Version, ...]


def _cluster(document: Any) -> Facts:
    cluster = msgspec.convert(document, _ClusterDocument).cluster
    host = _host(cluster.endpoint)
    return Facts(
        provider="eks",
        clusters=(cluster.name,),
        hosts=(host,) if host else (),
        version=cluster.version,
        status=_state(cluster.status),
        support=cluster.upgrade_policy.support_type.lower(),
        control_plane_subnets=cluster.resources_vpc_config.subnet_ids,
    )


def _host(endpoint: str) -> str:
    try:
        return urlsplit(endpoint).hostname or ""
    except ValueError:
        return ""


def _node_group(document: Any) -> Facts:
    group = msgspec.convert(document, _NodeGroupDocument).nodegroup
    template = group.launch_template.id or group.launch_template.name
    return Facts(
        provider="eks",
        clusters=(group.cluster_name,),
        node_groups=(_as_node_group(group),),
        template_of={group.nodegroup_name: template} if template else {},
    )


def _as_node_group(group: _NodeGroup) -> NodeGroup:
    size, update = group.scaling_config.desired_size, group.update_config
    at_once = update.max_unavailable or share(f"{update.max_unavailable_percentage}%", size) or 1
    minimal = update.update_strategy == "MINIMAL"  # ends old nodes before it begins new ones
    return NodeGroup(
        name=group.nodegroup_name,
        version=group.version,
        image=group.ami_type,
        size=size,
        min_size=group.scaling_config.min_size,
        max_size=group.scaling_config.max_size,
        architecture="arm64" if "ARM_64" in group.ami_type else "amd64",
        # at least: it is twice the number of zones where that is more, and nobody tells the zones here
        max_surge=0 if minimal else at_once,
        max_unavailable=at_once if minimal else 0,
        status=_state(group.status),
        health=tuple(each.code for each in group.health.issues if each.code),
        own_image=group.ami_type == "CUSTOM",
        template_version=group.launch_template.version,
        subnets=group.subnets,
    )


def _versions(document: Any) -> Facts:
    found = msgspec.convert(document, _VersionsDocument).cluster_versions
    return Facts(
        provider="eks",
        offered={
            "": tuple(
                each.kubernetes_patch_version or each.cluster_version
                for each in found
                if each.version_status != "UNSUPPORTED"
            )
        },
    )


def _state(status: str) -> str:
    return _STATES.get(status, "updating")


FORMATS = (
    Format(CLUSTER, lambda document: has(document, "cluster"), _cluster),
    Format(NODE_GROUP, lambda document: has(document, "nodegroup"), _node_group),
    Format(VERSIONS, lambda document: has(document, "clusterVersions"), _versions),
)
