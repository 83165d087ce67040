"""The catalogue of built-in kinds: consistent in itself, and equal to the published schemas."""

import json
from importlib.resources import files

import pytest

from seatrial.catalog import Served, addon_catalog, api_catalog, releases
from seatrial.cluster.objects import GroupKind, GroupVersionKind
from seatrial.cluster.version import Minor

CATALOG = api_catalog()
INGRESS_V1BETA1 = GroupVersionKind("networking.k8s.io", "v1beta1", "Ingress")


def test_each_kind_is_introduced_before_it_is_deprecated_before_it_is_removed() -> None:
    wrong = [
        str(entry.gvk)
        for entry in CATALOG
        if (entry.deprecated and entry.deprecated < entry.introduced)
        or (entry.removed and entry.removed <= (entry.deprecated or entry.introduced))
    ]
    assert wrong == []


def test_each_replacement_is_a_kind_that_the_horizon_still_serves() -> None:
    wrong = [
        str(entry.gvk)
        for entry in CATALOG
        if entry.replacement and CATALOG.served(entry.replacement, CATALOG.horizon) is not Served.YES
    ]
    assert wrong == []


def test_a_removal_past_the_horizon_is_a_plan_and_an_earlier_one_is_done() -> None:
    for entry in CATALOG:
        if entry.removed is not None:
            assert entry.removal_is_planned == (entry.removed > CATALOG.horizon), entry.gvk


def test_every_kind_has_a_resource_or_is_only_a_subresource() -> None:
    assert [str(entry.gvk) for entry in CATALOG if not entry.resource and not entry.subresource_of] == []


@pytest.mark.parametrize("minor", range(25, 38))
def test_what_a_minor_serves_equals_its_published_schemas(minor: int) -> None:
    folder = files("kubernetes_validate") / "kubernetes-json-schema" / f"v1.{minor}.0-local"
    definitions = json.loads((folder / "_definitions.json").read_bytes())["$defs"]
    published = set()
    for schema in definitions.values():
        properties = schema.get("properties", {})
        if "metadata" not in properties:
            continue
        for mark in schema.get("x-kubernetes-group-version-kind", ()):
            published.add(GroupVersionKind(mark["group"], mark["version"], mark["kind"]))
    published = {
        gvk
        for gvk in published
        if not gvk.kind.endswith("List")
        and gvk.kind not in {"DeleteOptions", "Status", "WatchEvent"}
        and gvk.group not in {"apiregistration.k8s.io", "apiextensions.k8s.io"}
    }
    served = {
        entry.gvk
        for entry in CATALOG.kinds(Minor(1, minor))
        if "schemas" in entry.sources or entry.resource
        if entry.gvk.group not in {"apiregistration.k8s.io", "apiextensions.k8s.io"}
    }
    assert published == served


def test_removed_version_is_served_up_to_the_minor_before() -> None:
    assert CATALOG.served(INGRESS_V1BETA1, Minor(1, 21)) is Served.YES
    assert CATALOG.served(INGRESS_V1BETA1, Minor(1, 22)) is Served.NO
    assert CATALOG.served(INGRESS_V1BETA1, Minor(1, 13)) is Served.NO
    entry = CATALOG.lifecycle(INGRESS_V1BETA1)
    assert entry is not None
    assert entry.replacement == GroupVersionKind("networking.k8s.io", "v1", "Ingress")
    assert CATALOG.deprecated(INGRESS_V1BETA1, Minor(1, 19))
    assert not CATALOG.deprecated(INGRESS_V1BETA1, Minor(1, 18))
    assert not CATALOG.deprecated(INGRESS_V1BETA1, Minor(1, 22))


def test_past_the_horizon_is_unknown_but_what_is_gone_stays_gone() -> None:
    past = CATALOG.horizon.plus(1)
    assert CATALOG.served(GroupVersionKind("apps", "v1", "Deployment"), past) is Served.UNKNOWN
    assert CATALOG.served(GroupVersionKind("apps", "v1", "Novelty"), past) is Served.UNKNOWN
    assert CATALOG.served(INGRESS_V1BETA1, past) is Served.NO
    assert list(CATALOG.kinds(past)) == []


def test_addon_is_unknown_and_a_version_that_never_was_is_not_served() -> None:
    snapshot = GroupVersionKind("snapshot.storage.k8s.io", "v1", "VolumeSnapshot")
    assert CATALOG.served(snapshot, Minor(1, 30)) is Served.UNKNOWN
    assert CATALOG.served(GroupVersionKind("apps", "v7", "Deployment"), Minor(1, 30)) is Served.NO


def test_new_betas_are_off_by_default_since_1_24_and_old_ones_stay_on() -> None:
    def on(group: str, version: str, kind: str) -> bool:
        entry = CATALOG.lifecycle(GroupVersionKind(group, version, kind))
        assert entry is not None
        return entry.on_by_default

    assert on("apps", "v1", "Deployment")
    assert on("policy", "v1beta1", "PodDisruptionBudget")
    assert on("flowcontrol.apiserver.k8s.io", "v1beta3", "FlowSchema")
    assert not on("resource.k8s.io", "v1beta1", "ResourceClaim")
    assert not on("resource.k8s.io", "v1alpha3", "ResourceClaim")


def test_versions_of_a_kind_are_found_by_group_and_kind() -> None:
    versions = [
        entry.gvk.version
        for entry in CATALOG.versions_of(GroupKind("autoscaling", "HorizontalPodAutoscaler"))
    ]
    assert sorted(versions) == ["v1", "v2", "v2alpha1", "v2beta1", "v2beta2"]


def test_removed_in_lists_what_a_minor_drops() -> None:
    assert {str(entry.gvk) for entry in CATALOG.removed_in(Minor(1, 32))} >= {
        "flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema"
    }


def test_addons_know_when_their_component_dropped_a_version() -> None:
    issuer = addon_catalog().lifecycle(GroupVersionKind("cert-manager.io", "v1beta1", "Issuer"))
    assert issuer is not None
    assert (issuer.component, issuer.deprecated_in, issuer.removed_in) == ("cert-manager", "v1.4.0", "v1.6.0")
    assert len(addon_catalog().components) == 28
    assert addon_catalog().of_component("cert-manager")


def test_apis_and_releases_were_gathered_on_the_same_day() -> None:
    assert CATALOG.gathered == releases().gathered
