"""Contract: create, update, delete, with the API server's own refusals."""

from __future__ import annotations

from tests.simulator.api.objects import config_map, deployment
from tests.simulator.api.world import World


def test_created_objects_get_a_uid_a_version_and_defaults(world: World, deployments: str) -> None:
    reply = world("POST", deployments, deployment())
    assert reply.code == 201
    meta, spec = reply.body["metadata"], reply.body["spec"]
    assert meta["uid"]
    assert meta["resourceVersion"].isdigit()
    assert meta["generation"] == 1
    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
    }
    assert spec["template"]["spec"]["containers"][0]["imagePullPolicy"] == "IfNotPresent"


def test_a_second_object_of_that_name_already_exists(world: World, maps: str) -> None:
    world("POST", maps, config_map("one"))
    reply = world("POST", maps, config_map("one"))
    assert (reply.code, reply.reason) == (409, "AlreadyExists")
    assert reply.message == 'configmaps "one" already exists'


def test_generated_names_start_with_their_prefix(world: World, maps: str) -> None:
    body = config_map("unused")
    body["metadata"] = {"generateName": "made-"}
    name = world("POST", maps, body).body["metadata"]["name"]
    assert name.startswith("made-")
    assert len(name) == 10


def test_a_missing_namespace_is_not_found(world: World) -> None:
    reply = world("POST", "/api/v1/namespaces/nowhere/configmaps", config_map("one"))
    assert (reply.code, reply.message) == (404, 'namespaces "nowhere" not found')


def test_a_bad_name_is_invalid_with_its_field(world: World, maps: str) -> None:
    reply = world("POST", maps, config_map("No_Good"))
    assert (reply.code, reply.reason) == (422, "Invalid")
    assert reply.body["details"]["causes"][0]["field"] == "metadata.name"


def test_an_update_with_a_stale_version_conflicts(world: World, maps: str) -> None:
    first = world("POST", maps, config_map("one")).body
    changed = {**first, "data": {"a": "c"}}
    assert world("PUT", f"{maps}/one", changed).code == 200
    reply = world("PUT", f"{maps}/one", changed)
    assert (reply.code, reply.reason) == (409, "Conflict")
    assert reply.message == (
        'Operation cannot be fulfilled on configmaps "one": the object has been modified; please apply your'
        " changes to the latest version and try again"
    )


def test_an_update_without_a_version_overwrites(world: World, maps: str) -> None:
    world("POST", maps, config_map("one"))
    assert world("PUT", f"{maps}/one", config_map("one", {"x": "y"})).body["data"] == {"x": "y"}


def test_an_update_that_changes_nothing_keeps_the_version(world: World, maps: str) -> None:
    first = world("POST", maps, config_map("one")).body
    assert world("PUT", f"{maps}/one", first).body["metadata"] == first["metadata"]


def test_generation_rises_with_the_spec_only(world: World, deployments: str) -> None:
    world("POST", deployments, deployment())
    labelled = world("PATCH", f"{deployments}/web", {"metadata": {"labels": {"a": "b"}}}, kind="merge").body
    assert labelled["metadata"]["generation"] == 1
    scaled = world("PATCH", f"{deployments}/web", {"spec": {"replicas": 3}}, kind="merge").body
    assert scaled["metadata"]["generation"] == 2


def test_status_is_written_through_its_subresource_only(world: World, deployments: str) -> None:
    body = {**deployment(), "status": {"replicas": 7}}
    assert world("POST", deployments, body).body.get("status", {}).get("replicas") in (None, 0)
    world("PATCH", f"{deployments}/web", {"status": {"replicas": 7}}, kind="merge")
    assert world("GET", f"{deployments}/web").body.get("status", {}).get("replicas") in (None, 0)
    change = {"status": {"observedGeneration": 1}, "spec": {"replicas": 9}}
    world("PATCH", f"{deployments}/web/status", change, kind="merge")
    assert world("GET", f"{deployments}/web").body["spec"]["replicas"] == 1


def test_an_immutable_field_is_invalid(world: World, deployments: str) -> None:
    world("POST", deployments, deployment())
    change = {
        "spec": {
            "selector": {"matchLabels": {"app": "other"}},
            "template": {"metadata": {"labels": {"app": "other"}}},
        }
    }
    reply = world("PATCH", f"{deployments}/web", change, kind="merge")
    assert (reply.code, reply.reason) == (422, "Invalid")
    assert "field is immutable" in reply.message


def test_unknown_fields_are_refused_warned_of_or_dropped(world: World, maps: str) -> None:
    odd = {**config_map("one"), "odd": 1}
    strict = world("POST", f"{maps}?fieldValidation=Strict", odd)
    assert (strict.code, strict.message.split(": ", 1)[1]) == (
        400,
        'strict decoding error: unknown field "odd"',
    ) or strict.message == 'strict decoding error: unknown field "odd"'
    warned = world("POST", f"{maps}?fieldValidation=Warn", odd)
    assert warned.warnings == ('unknown field "odd"',)
    assert "odd" not in warned.body


def test_a_dry_run_stores_nothing(world: World, maps: str) -> None:
    assert world("POST", f"{maps}?dryRun=All", config_map("one")).code == 201
    assert world("GET", f"{maps}/one").code == 404


def test_finalizers_hold_a_deleted_object(world: World, maps: str) -> None:
    world("POST", maps, config_map("one", finalizers=["example.com/hold"]))
    held = world("DELETE", f"{maps}/one")
    assert held.body["metadata"]["deletionTimestamp"]
    assert world("GET", f"{maps}/one").code == 200
    world("PATCH", f"{maps}/one", {"metadata": {"finalizers": None}}, kind="merge")
    assert world("GET", f"{maps}/one").code == 404


def test_a_delete_for_another_uid_conflicts(world: World, maps: str) -> None:
    world("POST", maps, config_map("one"))
    options = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": "other"}}
    assert world("DELETE", f"{maps}/one", options).code == 409
    assert world("DELETE", f"{maps}/one").body["status"] == "Success"


def test_a_collection_is_deleted_by_label(world: World, maps: str) -> None:
    world("POST", maps, config_map("one", labels={"x": "y"}))
    world("POST", maps, config_map("two"))
    world("DELETE", f"{maps}?labelSelector=x%3Dy")
    assert world("GET", f"{maps}/one").code == 404
    assert world("GET", f"{maps}/two").code == 200


def test_scale_reads_and_writes_the_count_alone(world: World, deployments: str) -> None:
    world("POST", deployments, deployment())
    scale = world("GET", f"{deployments}/web/scale").body
    assert (scale["kind"], scale["spec"]["replicas"]) == ("Scale", 1)
    scale["spec"]["replicas"] = 4
    assert world("PUT", f"{deployments}/web/scale", scale).body["spec"]["replicas"] == 4
    assert world("GET", f"{deployments}/web").body["spec"]["replicas"] == 4
    assert world("PUT", f"{deployments}/web/scale", scale).code == 409


def test_limits_of_size_and_label_syntax(world: World, maps: str) -> None:
    long = world("POST", maps, config_map("long", annotations={"a": "x" * 262145}))
    assert (long.code, long.body["details"]["causes"][0]["field"]) == (422, "metadata.annotations")
    big = world("POST", maps, config_map("big", {"a": "x" * 1048577}))
    assert big.code == 422
    odd = world("POST", maps, config_map("odd", labels={"a": "no spaces"}))
    assert (odd.code, odd.body["details"]["causes"][0]["field"]) == (422, "metadata.labels")
