"""Contract: the four kinds of patch."""

from __future__ import annotations

from tests.simulator.api.objects import config_map, deployment
from tests.simulator.api.world import World


def test_a_strategic_patch_merges_containers_by_name(world: World, deployments: str) -> None:
    world("POST", deployments, deployment())
    sidecar = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "side:1"}]}}}}
    patched = world("PATCH", f"{deployments}/web", sidecar, kind="strategic").body
    names = [c["name"] for c in patched["spec"]["template"]["spec"]["containers"]]
    assert sorted(names) == ["side", "web"]


def test_a_json_patch_whose_test_fails_changes_nothing(world: World, maps: str) -> None:
    world("POST", maps, config_map("one"))
    patch = [{"op": "test", "path": "/data/a", "value": "no"}, {"op": "remove", "path": "/data/a"}]
    assert world("PATCH", f"{maps}/one", patch, kind="json-patch").code == 422
    assert world("GET", f"{maps}/one").body["data"] == {"a": "b"}


def test_an_apply_creates_then_owns_its_fields(world: World, maps: str) -> None:
    url = f"{maps}/one?fieldManager=me"
    created = world("PATCH", url, config_map("one"), kind="apply")
    assert created.code == 201
    [entry] = created.body["metadata"]["managedFields"]
    assert (entry["manager"], entry["operation"]) == ("me", "Apply")
    assert entry["fieldsV1"] == {"f:data": {"f:a": {}}}


def test_an_apply_over_anothers_field_conflicts_unless_forced(world: World, maps: str) -> None:
    world("PATCH", f"{maps}/one?fieldManager=me", config_map("one"), kind="apply")
    other = config_map("one", {"a": "mine"})
    reply = world("PATCH", f"{maps}/one?fieldManager=you", other, kind="apply")
    assert reply.code == 409
    assert reply.message == 'Apply failed with 1 conflict: conflict with "me": .data.a'
    assert reply.body["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "me"', "field": ".data.a"}
    ]
    forced = world("PATCH", f"{maps}/one?fieldManager=you&force=true", other, kind="apply")
    assert forced.body["data"] == {"a": "mine"}


def test_an_apply_without_a_manager_is_invalid(world: World, maps: str) -> None:
    assert world("PATCH", f"{maps}/one", config_map("one"), kind="apply").code in (400, 422)


def test_an_apply_takes_away_what_it_no_longer_names(world: World, maps: str) -> None:
    url = f"{maps}/one?fieldManager=me"
    world("PATCH", url, config_map("one", {"a": "1", "b": "2"}), kind="apply")
    assert world("PATCH", url, config_map("one", {"a": "1"}), kind="apply").body["data"] == {"a": "1"}


def test_a_patch_with_a_stale_version_conflicts(world: World, maps: str) -> None:
    first = world("POST", maps, config_map("one")).body["metadata"]["resourceVersion"]
    world("PATCH", f"{maps}/one", {"data": {"a": "c"}}, kind="merge")
    stale = {"metadata": {"resourceVersion": first}, "data": {"a": "d"}}
    assert world("PATCH", f"{maps}/one", stale, kind="merge").code == 409
