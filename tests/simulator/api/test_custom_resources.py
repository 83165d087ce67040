"""Contract: what a CustomResourceDefinition makes the API serve."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from tests.simulator.api.objects import crd
from tests.simulator.api.world import World

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@pytest.fixture
def widgets(world: World, namespace: str) -> Iterator[str]:
    body = crd(f"{namespace}.example.com")
    assert world("POST", CRDS, body).code == 201
    url = f"/apis/{namespace}.example.com/v1/namespaces/{namespace}/widgets"
    for _ in range(50):
        if world("GET", url).code == 200:
            break
        time.sleep(0.1)
    yield url
    world("DELETE", f"{CRDS}/{body['metadata']['name']}")


def widget(url: str, name: str = "w", **spec: object) -> dict[str, object]:
    group = url.split("/")[2]
    return {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": name}, "spec": spec}


def test_a_definition_is_established_and_discovered(world: World, widgets: str) -> None:
    group = widgets.split("/")[2]
    conditions = world("GET", f"{CRDS}/widgets.{group}").body["status"]["conditions"]
    assert {c["type"]: c["status"] for c in conditions} == {"NamesAccepted": "True", "Established": "True"}
    resources = world("GET", f"/apis/{group}/v1").body["resources"]
    assert [r["name"] for r in resources] == ["widgets", "widgets/status", "widgets/scale"] or [
        r["name"] for r in resources
    ] == ["widgets", "widgets/scale", "widgets/status"]


def test_custom_objects_are_defaulted_and_pruned(world: World, widgets: str) -> None:
    body = widget(widgets, size=2, odd=1)
    created = world("POST", f"{widgets}?fieldValidation=Ignore", body)
    assert created.code == 201
    assert created.body["spec"] == {"size": 2, "color": "red"}


def test_custom_objects_are_judged_by_their_schema(world: World, widgets: str) -> None:
    reply = world("POST", widgets, widget(widgets, size=0))
    assert (reply.code, reply.reason) == (422, "Invalid")
    assert reply.message == (
        f'Widget.{widgets.split("/")[2]} "w" is invalid: spec.size: Invalid value: 0: spec.size in body'
        " should be greater than or equal to 1"
    )
    missing = world("POST", widgets, widget(widgets))
    assert missing.body["details"]["causes"][0]["field"] == "spec.size"


def test_an_update_may_keep_what_a_stricter_schema_forbids_but_not_add_to_it(
    world: World, widgets: str
) -> None:
    assert world("POST", widgets, widget(widgets, size=2)).code == 201
    definition = f"{CRDS}/widgets.{widgets.split('/')[2]}"
    stricter = world("GET", definition).body
    for version in stricter["spec"]["versions"]:
        version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["size"]["minimum"] = 5
    assert world("PUT", definition, stricter).code == 200
    for _ in range(50):
        if world("POST", f"{widgets}?dryRun=All", widget(widgets, "other", size=2)).code == 422:
            break
        time.sleep(0.1)
    kept = world("PATCH", f"{widgets}/w", {"spec": {"color": "blue"}}, kind="merge")
    assert (kept.code, kept.body["spec"]) == (200, {"size": 2, "color": "blue"})
    changed = world("PATCH", f"{widgets}/w", {"spec": {"size": 3}}, kind="merge")
    assert (changed.code, changed.body["details"]["causes"][0]["field"]) == (422, "spec.size")


def test_every_served_version_shows_the_same_object(world: World, widgets: str) -> None:
    world("POST", widgets, widget(widgets, size=2))
    old = world("GET", widgets.replace("/v1/", "/v1beta1/") + "/w")
    assert old.body["apiVersion"].endswith("/v1beta1")
    assert old.warnings != ()


def test_status_and_scale_of_custom_objects(world: World, widgets: str) -> None:
    created = world("POST", widgets, {**widget(widgets, size=2), "status": {"size": 9}}).body
    assert "status" not in created
    world("PATCH", f"{widgets}/w/status", {"status": {"size": 2}}, kind="merge")
    scale = world("GET", f"{widgets}/w/scale").body
    assert (scale["spec"], scale["status"]["replicas"]) == ({"replicas": 2}, 2)
    world("PATCH", f"{widgets}/w/scale", {"spec": {"replicas": 5}}, kind="merge")
    after = world("GET", f"{widgets}/w").body
    assert (after["spec"]["size"], after["metadata"]["generation"]) == (5, 2)


def test_an_update_of_a_custom_object_needs_its_version(world: World, widgets: str) -> None:
    world("POST", widgets, widget(widgets, size=2))
    reply = world("PUT", f"{widgets}/w", widget(widgets, size=3))
    assert reply.code == 422
    assert "metadata.resourceVersion" in reply.message


def test_a_strategic_patch_of_a_custom_object_is_not_supported(world: World, widgets: str) -> None:
    world("POST", widgets, widget(widgets, size=2))
    assert world("PATCH", f"{widgets}/w", {"spec": {"size": 3}}, kind="strategic").code == 415


def test_printer_columns_fill_the_table(world: World, widgets: str) -> None:
    world("POST", widgets, widget(widgets, size=2))
    accept = "application/json;as=Table;v=v1;g=meta.k8s.io"
    table = world("GET", widgets, accept=accept).body
    assert [row["cells"] for row in table["rows"]] == [["w", 2]]


def test_deleting_the_definition_deletes_its_objects(world: World, widgets: str) -> None:
    world("POST", widgets, widget(widgets, size=2))
    world("DELETE", f"{CRDS}/widgets.{widgets.split('/')[2]}")
    for _ in range(50):
        if world("GET", widgets).code == 404:
            break
        time.sleep(0.1)
    assert world("GET", widgets).code == 404


def test_a_definition_with_a_wrong_name_is_invalid(world: World) -> None:
    body = crd("other.example.com")
    body["metadata"]["name"] = "gadgets.other.example.com"
    reply = world("POST", CRDS, body)
    assert reply.code == 422
    assert 'must be spec.names.plural+"."+spec.group' in reply.message
