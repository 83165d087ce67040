"""What files say is held against the cluster, and then part of its snapshot."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import NOW, a_node, a_snapshot
from tests.providers.exported import (
    AKS_UPGRADES,
    ARN,
    EKS_VERSIONS,
    GKE_VERSIONS,
    SUBNETS,
    TEMPLATES,
    aks_cluster,
    aks_pool,
    altered,
    eks_client,
    eks_cluster,
    eks_insight,
    eks_node_group,
    eks_summary,
    gke_cluster,
    gke_insight,
    raw,
)

from seatrial.checks.check import Section
from seatrial.checks.registry import all_checks
from seatrial.checks.run import check_snapshot
from seatrial.checks.settings import CheckSettings
from seatrial.cluster.provider_state import NodeGroup, ProviderState, Subnet
from seatrial.cluster.snapshot import Snapshot
from seatrial.cluster.version import Minor
from seatrial.errors import BadInput
from seatrial.providers.exports import Joined, Live, read_exports, with_exports

EKS = a_snapshot(version="v1.36.4-eks-0a1b2c")
GKE = a_snapshot(version="v1.36.3-gke.1100")
PLAIN = a_snapshot(version="v1.36.4")
HOST = "0a1b2c.gr7.eu-west-1.eks.amazonaws.com"


def joined(snapshot: Snapshot, *documents: object, host: str = "") -> Joined:
    files = [(f"{number}.json", read_exports(raw(each), "")) for number, each in enumerate(documents)]
    return with_exports(snapshot, files, Live(host))


def state(snapshot: Snapshot, *documents: object) -> ProviderState:
    found = joined(snapshot, *documents).snapshot.provider
    assert found is not None
    return found


def refusal(snapshot: Snapshot, *documents: object, host: str = "") -> str:
    with pytest.raises(BadInput) as caught:
        joined(snapshot, *documents, host=host)
    return str(caught.value)


def test_what_files_say_is_a_part_of_a_state_that_nobody_was_asked_for() -> None:
    found = state(EKS, eks_cluster(), eks_node_group(), SUBNETS, TEMPLATES, EKS_VERSIONS)
    assert (found.kind, found.version, found.complete, found.support) == ("eks", "1.36.4", False, "standard")
    (group,) = found.node_groups
    assert (group.template_version, group.newest_template_version) == ("7", "9")
    assert found.subnets == (
        Subnet(name="subnet-a", free_addresses=3, zone="eu-west-1a", for_control_plane=True),
    )
    assert found.available_versions == ("1.37.1",)
    assert found.insights is None


def test_what_was_known_stays_where_no_file_speaks_of_it() -> None:
    known = ProviderState(
        kind="eks",
        version="1.36.4",
        node_groups=(
            NodeGroup(name="other", version="1.36.4", size=1, min_size=1, max_size=1),
            NodeGroup(name="workers", version="1.35.0", size=1, min_size=1, max_size=1),
        ),
        available_versions=("1.36.5",),
    )
    found = state(a_snapshot(provider=known), eks_node_group())
    assert [(each.name, each.version) for each in found.node_groups] == [
        ("other", "1.36.4"),
        ("workers", "1.36"),
    ]
    assert (found.available_versions, found.complete) == (("1.36.5",), True)


def test_a_list_gives_way_to_an_insight_told_in_full() -> None:
    listed = {"insights": [eks_summary(), eks_summary("1.38", "PASSING")]}
    found = state(EKS, listed, eks_insight(eks_client())).insights or ()
    assert [(each.removed_in, len(each.clients)) for each in found] == [("1.38", 0), ("1.37", 1)]


def test_the_same_file_twice_counts_once() -> None:
    assert len(state(EKS, eks_insight(eks_client()), eks_insight(eks_client())).insights or ()) == 1


def test_a_list_of_minors_behind_tells_only_of_those_ahead() -> None:
    listed = {"insights": [eks_summary("1.35"), eks_summary("1.36"), eks_summary("1.37")]}
    assert [each.removed_in for each in state(EKS, listed).insights or ()] == ["1.37"]


def test_nodes_are_counted_where_the_provider_does_not_tell_how_many_there_are() -> None:
    labels = {"cloud.google.com/gke-nodepool": "workers"}
    snapshot = a_snapshot(*(a_node(name, labels=labels) for name in "abc"), version="v1.36.3-gke.1100")
    assert [each.size for each in state(snapshot, gke_cluster()).node_groups] == [3]


@pytest.mark.parametrize(
    ("documents", "offered"),
    [
        ((GKE_VERSIONS, gke_cluster()), ("1.36.5-gke.1",)),
        ((GKE_VERSIONS, gke_cluster(releaseChannel={"channel": "RAPID"})), ("1.37.3-gke.300",)),
        ((GKE_VERSIONS,), ("1.36.5-gke.1", "1.37.3-gke.300")),
        ((GKE_VERSIONS, gke_cluster(releaseChannel={})), ("1.36.5-gke.1", "1.37.3-gke.300")),
    ],
)
def test_versions_are_those_of_the_channel_if_it_is_known(
    documents: object, offered: tuple[str, ...]
) -> None:
    assert isinstance(documents, tuple)
    assert state(GKE, *documents).available_versions == offered


def test_insights_of_all_clusters_at_a_place_are_parted() -> None:
    listed = [gke_insight(), gke_insight(cluster="quay")]
    by_context = a_snapshot(version="v1.36.3-gke.1100", cluster="gke_port_europe-west1_harbour")
    alias = a_snapshot(version="v1.36.3-gke.1100", cluster="production")
    assert len(state(by_context, listed).insights or ()) == 1
    assert len(state(GKE, listed).insights or ()) == 1
    assert len(state(alias, listed, gke_cluster()).insights or ()) == 1
    assert state(by_context, [gke_insight(cluster="quay")]).insights == ()
    assert state(alias, []).insights == ()
    assert refusal(alias, listed) == (
        "0.json: this is about harbour and quay, and nothing tells which is production."
        " Give what `gcloud container clusters describe` prints of it, too."
    )


def test_another_providers_file_is_refused() -> None:
    assert "it is about GKE, and harbour is a cluster of EKS" in refusal(EKS, gke_cluster())
    assert "it is about EKS, and harbour is a cluster of AKS" in refusal(
        PLAIN, eks_cluster(), host="harbour-0a1b.hcp.westeurope.azmk8s.io"
    )
    labelled = a_snapshot(a_node("a", labels={"kubernetes.azure.com/agentpool": "x"}))
    assert "it is about EKS, and harbour is a cluster of AKS" in refusal(labelled, SUBNETS)


def test_another_minor_is_refused() -> None:
    assert "it says that harbour runs 1.35, and harbour runs 1.36" in refusal(EKS, eks_cluster("1.35"))
    assert "it says that harbour runs 1.36, and harbour runs 1.35" in refusal(
        a_snapshot(version="v1.35.0"), AKS_UPGRADES
    )
    assert "it is about an upgrade to 1.36, and harbour runs 1.36 already" in refusal(
        EKS, eks_insight(minor="1.36")
    )


def test_one_file_may_hold_all_insights_of_a_cluster() -> None:
    other = {"insight": eks_summary(name="Kubelet version skew")}
    loop = b"".join(map(raw, (other, eks_insight(minor="1.36"), eks_insight(eks_client()))))
    found = with_exports(EKS, [("all.json", read_exports(loop, ""))])
    assert found.notes == ()
    assert found.snapshot.provider is not None
    assert [each.removed_in for each in found.snapshot.provider.insights or ()] == ["1.37"]
    assert joined(EKS, other).notes == (
        "0.json: these insights are about other things than deprecated APIs: nothing reads them.",
    )


def test_another_name_is_refused_where_the_context_tells_it() -> None:
    named = a_snapshot(version="v1.36.4-eks-0a1b2c", cluster=ARN)
    assert joined(named, eks_cluster()).notes == ()
    assert f"it is about quay, and the cluster is harbour ({ARN})" in refusal(named, eks_cluster(name="quay"))
    of_gke = a_snapshot(version="v1.36.3-gke.1100", cluster="gke_port_europe-west1_quay")
    assert "it is about harbour, and the cluster is quay" in refusal(of_gke, gke_cluster())
    of_eksctl = a_snapshot(version="v1.36.4-eks-0a1b2c", cluster="me@quay.eu-west-1.eksctl.io")
    assert "it is about harbour, and the cluster is quay" in refusal(of_eksctl, eks_node_group())


def test_another_address_is_refused_and_the_same_one_proves_it() -> None:
    alias = a_snapshot(version="v1.36.4-eks-0a1b2c", cluster="production")
    assert joined(alias, eks_cluster(), host=HOST).notes == ()
    other = "ffffff.gr7.eu-west-1.eks.amazonaws.com"
    assert f"harbour at {HOST}, and production is reached at {other}" in refusal(
        alias, eks_cluster(), host=other
    )
    note = "0.json is about harbour: taken for production."
    assert joined(alias, eks_cluster(), host="bastion.example").notes == (note,)
    assert joined(alias, eks_cluster()).notes == (note,)


def test_addresses_of_aks_are_compared_too() -> None:
    assert "is reached at quay.hcp.westeurope.azmk8s.io" in refusal(
        PLAIN, aks_cluster(), host="quay.hcp.westeurope.azmk8s.io"
    )
    assert joined(PLAIN, aks_cluster(), host="harbour-0a1b.hcp.westeurope.azmk8s.io").notes == ()


def test_files_about_two_clusters_are_refused_with_both() -> None:
    assert "this file is about quay, and 0.json is about harbour" in refusal(
        PLAIN, eks_cluster(), eks_cluster(name="quay")
    )
    assert joined(PLAIN, aks_cluster(), [aks_pool()], AKS_UPGRADES).notes == ()


@given(st.data())
def test_whatever_is_read_can_be_joined_checked_and_written(data: st.DataObject) -> None:
    document = altered(data)
    snapshot = a_snapshot(a_node("a"), captured_at=NOW)
    checks = [each for each in all_checks() if Section.PROVIDER in each.reads]
    try:
        facts = read_exports(raw(document), "file")
        found = with_exports(snapshot, [("file", facts)]).snapshot
    except BadInput:
        return
    msgspec.msgpack.encode(found.provider)
    check_snapshot(found, Minor(1, 37), checks, CheckSettings(raises_bugs=True))
