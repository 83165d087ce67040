"""What is kept of the documents of the AWS CLI."""

from __future__ import annotations

import pytest
from tests.providers.exported import (
    EKS_VERSIONS,
    SUBNETS,
    TEMPLATES,
    eks_client,
    eks_cluster,
    eks_insight,
    eks_node_group,
    eks_summary,
    raw,
)

from seatrial.cluster.provider_state import Insight, InsightClient, NodeGroup, Subnet
from seatrial.providers.exports import read_exports
from seatrial.providers.exports.facts import Facts

WHOLE = Insight(
    kind="deprecated-api",
    name="Deprecated APIs removed in Kubernetes v1.37",
    status="error",
    removed_in="1.37",
    refreshed="2026-11-21T05:00:00+00:00",
)


def read(document: object) -> Facts:
    (facts,) = read_exports(raw(document), "file")
    return facts


def test_insight_names_each_client() -> None:
    assert read(eks_insight(eks_client())) == Facts(
        provider="eks",
        before="1.37",
        insights=(
            Insight(
                kind="deprecated-api",
                name="Deprecated APIs removed in Kubernetes v1.37",
                status="error",
                api="/apis/networking.k8s.io/v1beta1/ipaddresses",
                replacement="/apis/networking.k8s.io/v1/ipaddresses",
                removed_in="1.37",
                refreshed="2026-11-21T05:00:00+00:00",
                clients=(
                    InsightClient(
                        user_agent="deployer/v1.4 (linux/amd64)",
                        requests=12,
                        last_request="2026-11-20T10:00:00+00:00",
                    ),
                ),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("moment", "read_as"),
    [
        (1732183200.0, "2024-11-21T10:00:00+00:00"),  # version 1 of the AWS CLI
        (1732183200, "2024-11-21T10:00:00+00:00"),
        ("2024-11-21T10:00:00", "2024-11-21T10:00:00+00:00"),
        ("yesterday", ""),
        (1e30, ""),
    ],
)
def test_moments_are_read_as_either_version_of_the_cli_prints_them(moment: object, read_as: str) -> None:
    (insight,) = read(eks_insight(eks_client(last=moment), refreshed=moment)).insights or ()
    assert (insight.refreshed, insight.clients[0].last_request) == (read_as, read_as)


@pytest.mark.parametrize(
    ("agent", "kept"),
    [
        ("Go-http-client/2.0", "Go-http-client/2.0"),
        ("\x1b[2Jkubectl/v1.2\r\n  x", "?[2Jkubectl/v1.2?? x"),
        ("sync/1.0 token=hunter2", "sync/1.0 …"),
        (f"sync/1.0 {'a' * 65}", "sync/1.0 …"),
    ],
)
def test_what_clients_call_themselves_is_cleaned(agent: str, kept: str) -> None:
    (insight,) = read(eks_insight(eks_client(agent))).insights or ()
    assert insight.clients[0].user_agent == kept


def test_a_list_tells_of_insights_about_apis_alone_and_that_it_names_nobody() -> None:
    other = eks_summary(name="Kubelet version skew")
    fine = eks_summary("1.38", "PASSING")
    found = read({"insights": [eks_summary(), other, fine], "nextToken": None})
    assert [each.name for each in found.insights or ()] == [
        "Deprecated APIs removed in Kubernetes v1.37",
        "Deprecated APIs removed in Kubernetes v1.38",
    ]
    assert found.note.startswith(
        "a list names no clients; of Deprecated APIs removed in Kubernetes v1.37 they"
    )
    assert read({"insights": [fine]}).note == ""


def test_an_insight_about_something_else_is_said_to_be_of_no_use() -> None:
    document = {
        "insight": {
            **eks_summary(name="Kubelet version skew"),
            "resources": [],
            "categorySpecificSummary": {},
        }
    }
    found = read(document)
    assert (found.insights, found.before, found.useless) == ((), "", True)


def test_an_insight_tells_its_cluster_where_it_names_resources_of_it() -> None:
    document = eks_insight()
    document["insight"]["resources"] = [
        {"arn": "arn:aws:eks:eu-west-1:111122223333:addon/harbour/coredns/0a"}
    ]
    assert read(document).clusters == ("harbour",)


def test_cluster() -> None:
    assert read(eks_cluster()) == Facts(
        provider="eks",
        clusters=("harbour",),
        hosts=("0a1b2c.gr7.eu-west-1.eks.amazonaws.com",),
        version="1.36",
        status="active",
        support="standard",
        control_plane_subnets=("subnet-a", "subnet-b"),
    )


def test_node_group() -> None:
    assert read(eks_node_group()) == Facts(
        provider="eks",
        clusters=("harbour",),
        node_groups=(
            NodeGroup(
                name="workers",
                version="1.36",
                image="AL2023_ARM_64_STANDARD",
                size=5,
                min_size=2,
                max_size=8,
                architecture="arm64",
                max_surge=2,
                status="degraded",
                health=("AsgInstanceLaunchFailures",),
                template_version="7",
                subnets=("subnet-a",),
            ),
        ),
        template_of={"workers": "lt-0a"},
    )


def test_node_group_that_is_updated_without_more_nodes_or_has_an_image_of_its_owner() -> None:
    update = {"maxUnavailable": 2, "updateStrategy": "MINIMAL"}
    (group,) = read(eks_node_group(updateConfig=update, amiType="CUSTOM", status="UPDATING")).node_groups
    assert (group.max_surge, group.max_unavailable) == (0, 2)
    assert (group.own_image, group.status) == (True, "updating")


def test_versions_subnets_and_launch_templates() -> None:
    assert read(EKS_VERSIONS) == Facts(provider="eks", offered={"": ("1.37.1", "1.36")})
    assert read(SUBNETS) == Facts(
        provider="eks", subnets=(Subnet(name="subnet-a", free_addresses=3, zone="eu-west-1a"),)
    )
    assert read(TEMPLATES) == Facts(provider="eks", newest_of={"lt-0a": "9", "workers": "9"})
