from __future__ import annotations

from pathlib import Path, PurePath

import pytest

from seatrial.errors import NotFound
from seatrial.fleet.load import parse_fleet
from seatrial.fleet.model import ClusterSpec, Selector
from seatrial.fleet.resolve import Ownership, ResolvedComponent, resolve
from seatrial.fleet.stages import selects

FLEET = parse_fleet((Path(__file__).parent / "golden/format-1.yaml").read_text(), source="golden")


def test_a_component_gets_its_chart_values_and_owner_from_the_most_specific_place() -> None:
    target = resolve(FLEET, "test-eu", "spring", PurePath("/fleet"))
    assert target.components == (
        ResolvedComponent(
            name="ingress",
            namespace="web",
            release="ingress-web",
            chart="/fleet/charts/ingress-2",
            values=("/fleet/values/all.yaml", "/fleet/values/two.yaml", "/fleet/values/test.yaml"),
            owner=Ownership(how="direct", declared=True),
            changes=True,
        ),
        ResolvedComponent(
            name="dns",
            namespace="infra",
            release="dns",
            chart="/fleet/charts/dns",
            owner=Ownership(how="observe", by="flux"),
        ),
    )


def test_a_cluster_gets_its_owners_and_names() -> None:
    target = resolve(FLEET, "test-eu", "spring")
    assert (target.context, target.provider_id, target.kubernetes) == ("shop-test-eu", "shop-test", "1.34")
    assert target.control_plane == Ownership(how="handoff", by="terraform")
    assert target.node_group("karpenter") == Ownership(how="observe")
    assert target.node_group("blue") == Ownership(how="handoff")
    plain = resolve(FLEET, "prod-eu", "spring")
    assert (plain.context, plain.provider_id, plain.control_plane) == ("prod-eu", "prod-eu", Ownership())


@pytest.mark.parametrize(
    ("cluster", "release", "said"),
    [
        ("test-ue", "spring", "the fleet has no cluster 'test-ue'; did you mean 'test-eu'?"),
        ("test-eu", "autumn", "the fleet has no release 'autumn'; known are spring."),
    ],
)
def test_unknown_names_say_what_there_is(cluster: str, release: str, said: str) -> None:
    with pytest.raises(NotFound) as caught:
        resolve(FLEET, cluster, release)
    assert caught.value.what == said


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({}, True),
        ({"tier": "test"}, True),
        ({"tier": ("production", "test"), "ring": "canary"}, True),
        ({"tier": "test", "ring": "late"}, False),
        ({"missing": "x"}, False),
        ({"provider": "eks", "region": "eu-west-1", "name": "test-eu"}, True),
    ],
)
def test_a_selector_fits_when_every_label_does(selector: Selector, expected: bool) -> None:
    cluster: ClusterSpec = FLEET.clusters[0]
    assert selects(selector, cluster) is expected
