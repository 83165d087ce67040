"""What is kept of the documents of gcloud and the Azure CLI."""

from __future__ import annotations

import pytest
from tests.providers.exported import (
    AKS_UPGRADES,
    GKE_VERSIONS,
    aks_cluster,
    aks_pool,
    gke_cluster,
    gke_insight,
    raw,
)

from seatrial.cluster.provider_state import Insight, NodeGroup, PodRange
from seatrial.providers.exports import read_exports
from seatrial.providers.exports.facts import Facts

AKS_WORKERS = NodeGroup(
    name="workers",
    version="1.36.2",
    image="AKSUbuntu-2404gen2containerd-202611.02.0",
    size=7,
    min_size=7,
    max_size=7,
    zones=("1", "2"),
    max_surge=3,
    status="degraded",
)


def read(document: object) -> Facts:
    (facts,) = read_exports(raw(document), "file")
    return facts


def test_gke_cluster() -> None:
    assert read(gke_cluster()) == Facts(
        provider="gke",
        clusters=("harbour",),
        version="1.36.3-gke.1100",
        status="active",
        node_groups=(
            NodeGroup(
                name="workers",
                version="1.36.2-gke.1000",
                image="COS_CONTAINERD",
                size=0,
                min_size=2,
                max_size=8,
                zones=("europe-west1-b", "europe-west1-c"),
                max_surge=0,
                max_unavailable=1,
                status="degraded",
                health=("RESOURCE_EXHAUSTED",),
            ),
        ),
        pod_ranges=(PodRange(cidr="10.4.0.0/20", block_prefix=24, node_groups=("workers",)),),
        channel="REGULAR",
    )


def test_gke_pod_ranges_stay_out_where_the_cluster_has_more_than_are_written() -> None:
    more = {"additionalPodRangesConfig": {"podRangeNames": ["more"]}}
    assert read(gke_cluster(ipAllocationPolicy=more)).pod_ranges == ()


def test_gke_pool_without_settings_adds_one_node_at_a_time() -> None:
    (group,) = read(gke_cluster(nodePools=[{"name": "plain"}])).node_groups
    assert (group.max_surge, group.max_unavailable, group.status) == (1, 0, "active")


def test_gke_versions_come_by_channel() -> None:
    assert read(GKE_VERSIONS) == Facts(
        provider="gke",
        offered={
            "": ("1.37.2-gke.100", "1.36.4-gke.200"),
            "RAPID": ("1.37.3-gke.300",),
            "REGULAR": ("1.36.5-gke.1", "1.36.4-gke.200"),
        },
    )


@pytest.mark.parametrize("wrapped", [True, False])  # `list`, `describe`
def test_gke_insights_come_by_cluster_and_name_no_client(wrapped: bool) -> None:
    insight = Insight(
        kind="deprecated-api",
        name="DEPRECATION_K8S_1_37_API",
        status="warning",
        removed_in="1.37",
        refreshed="2026-11-20T08:00:00+00:00",
    )
    document = [gke_insight()] if wrapped else gke_insight()
    assert read(document) == Facts(provider="gke", insights_of={"harbour": (insight,)})


def test_gke_insights_about_other_things_or_dismissed_are_passed_over() -> None:
    others = [
        gke_insight("DEPRECATION_K8S_SHA_1_CERTIFICATE"),
        gke_insight("DEPRECATION_CONTAINERD_V1_SCHEMA_IMAGES", "quay"),
        gke_insight("PDB_UNPERMISSIVE", "quay"),
        gke_insight(stateInfo={"state": "DISMISSED"}),
    ]
    assert read(others) == Facts(provider="gke", insights_of={"harbour": (), "quay": ()})
    assert read([]) == Facts(provider="gke", insights_of={})


@pytest.mark.parametrize("lifted", [True, False])  # the Azure CLI, the REST API
def test_aks_cluster(lifted: bool) -> None:
    document = aks_cluster()
    if not lifted:
        top = {key: document.pop(key) for key in ("name", "id", "type")}
        document = {**top, "properties": document}
    assert read(document) == Facts(
        provider="aks",
        clusters=("harbour",),
        hosts=("harbour-0a1b.hcp.westeurope.azmk8s.io",),
        version="1.36.2",
        status="active",
        node_groups=(AKS_WORKERS,),
    )


def test_aks_node_pools() -> None:
    found = Facts(provider="aks", clusters=("harbour",), node_groups=(AKS_WORKERS,))
    assert read([aks_pool()]) == read(aks_pool()) == found


@pytest.mark.parametrize(
    ("settings", "surge", "unavailable"),
    [
        ({}, 1, 0),  # a tenth of seven
        (None, 1, 0),
        ({"maxSurge": "2"}, 2, 0),
        ({"maxUnavailable": "1"}, 0, 1),
        ({"maxSurge": "100%"}, 7, 0),
    ],
)
def test_aks_pool_adds_what_its_settings_say(settings: object, surge: int, unavailable: int) -> None:
    (group,) = read([aks_pool(upgradeSettings=settings)]).node_groups
    assert (group.max_surge, group.max_unavailable) == (surge, unavailable)


def test_aks_upgrades_leave_previews_out() -> None:
    assert read(AKS_UPGRADES) == Facts(
        provider="aks", clusters=("harbour",), version="1.36.2", offered={"": ("1.37.1",)}
    )
