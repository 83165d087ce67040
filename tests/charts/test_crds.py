from __future__ import annotations

from typing import Any

import pytest
from tests.charts.fake_cluster import FakeCluster

from seatrial.charts.crds import FIELD_MANAGER, apply_crds, crds_in_manifest
from seatrial.clock import SimulatedClock
from seatrial.cluster.objects import Obj
from seatrial.errors import BadInput, Conflict, TemporaryError


def crd(*versions: str, api: str = "apiextensions.k8s.io/v1", stored: Any = None, **annotations: str) -> Obj:
    made: Obj = {
        "apiVersion": api,
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.com", "annotations": annotations},
        "spec": {"versions": [{"name": version} for version in versions]},
    }
    return {**made, "status": {"storedVersions": stored}} if stored else made


def apply(cluster: FakeCluster, new: Obj, **settings: Any) -> tuple[tuple[str, ...], float]:
    clock = SimulatedClock()
    names = clock.run(apply_crds([new], cluster, cluster, clock, **settings))
    return names, clock.monotonic()


def test_new_crd_is_applied_by_the_server_and_awaited() -> None:
    cluster = FakeCluster()
    assert apply(cluster, crd("v1")) == (("things.example.com",), 0.0)
    assert cluster.applied == [("things.example.com", FIELD_MANAGER, True)]


def test_version_still_stored_must_not_vanish_and_nothing_is_applied() -> None:
    cluster = FakeCluster(("customresourcedefinitions", crd("v1alpha1", stored=["v1alpha1", "v1"])))
    with pytest.raises(Conflict, match="v1alpha1"):
        apply(cluster, crd("v1"))
    assert cluster.applied == []


def test_version_that_is_added_is_no_conflict() -> None:
    cluster = FakeCluster(("customresourcedefinitions", crd("v1alpha1", stored=["v1alpha1"])))
    assert apply(cluster, crd("v1", "v1alpha1"), force=False)[0] == ("things.example.com",)
    assert cluster.applied == [("things.example.com", FIELD_MANAGER, False)]


def test_crd_that_a_release_owns_is_left_to_helm() -> None:
    live = crd("v1", stored=["v1"], **{"meta.helm.sh/release-name": "things"})
    cluster = FakeCluster(("customresourcedefinitions", live))
    assert apply(cluster, crd("v1")) == ((), 0.0)
    assert cluster.applied == []


def test_crd_of_an_api_that_is_gone_is_refused() -> None:
    with pytest.raises(BadInput, match="v1beta1"):
        apply(FakeCluster(), crd("v1", api="apiextensions.k8s.io/v1beta1"))


def test_crd_that_is_never_established_is_given_up_in_time() -> None:
    with pytest.raises(TemporaryError, match="30 seconds"):
        apply(FakeCluster(establishes=False), crd("v1"), patience=30.0)


def test_crds_that_templates_render_are_found_in_the_manifest() -> None:
    manifest = "kind: ConfigMap\n---\nkind: CustomResourceDefinition\nmetadata: {name: a}\n"
    assert [each["metadata"]["name"] for each in crds_in_manifest(manifest)] == ["a"]
