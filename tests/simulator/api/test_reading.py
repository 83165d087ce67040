"""Contract: get, list in chunks, selectors, Tables, watch."""

from __future__ import annotations

import pytest
from tests.simulator.api.objects import config_map
from tests.simulator.api.world import World

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


def _names(body: dict) -> list[str]:
    return [
        item["metadata"]["name"] for item in body["items"] if item["metadata"]["name"] != "kube-root-ca.crt"
    ]


@pytest.fixture
def three(world: World, maps: str) -> str:
    for name, labels in (("a", {"tier": "front"}), ("b", {"tier": "back"}), ("c", {})):
        world("POST", maps, config_map(name, labels=labels))
    return maps


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("tier%3Dfront", ["a"]),
        ("tier%21%3Dfront", ["b", "c"]),
        ("tier+in+%28front%2Cback%29", ["a", "b"]),
        ("tier+notin+%28front%29", ["b", "c"]),
        ("%21tier", ["c"]),
        ("tier", ["a", "b"]),
    ],
)
def test_labels_select(world: World, three: str, selector: str, names: list[str]) -> None:
    assert _names(world("GET", f"{three}?labelSelector={selector}").body) == names


def test_fields_select_by_name_and_refuse_what_cannot_be_selected(world: World, three: str) -> None:
    assert _names(world("GET", f"{three}?fieldSelector=metadata.name%3Db").body) == ["b"]
    assert _names(world("GET", f"{three}?fieldSelector=metadata.name%21%3Db").body) == ["a", "c"]
    reply = world("GET", f"{three}?fieldSelector=data.a%3Db")
    assert reply.code == 400


def test_a_list_comes_in_chunks(world: World, three: str) -> None:
    first = world("GET", f"{three}?limit=2&fieldSelector=metadata.name%21%3Dkube-root-ca.crt").body
    assert _names(first) == ["a", "b"]
    token = first["metadata"]["continue"]
    rest = world("GET", f"{three}?limit=2&fieldSelector=metadata.name%21%3Dkube-root-ca.crt&continue={token}")
    assert _names(rest.body) == ["c"]
    assert "continue" not in rest.body["metadata"]


def test_a_table_has_columns_and_cells(world: World, three: str) -> None:
    table = world("GET", f"{three}/a", accept=TABLE).body
    assert table["kind"] == "Table"
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert table["rows"][0]["cells"][:2] == ["a", 1]
    assert table["rows"][0]["object"]["kind"] == "PartialObjectMetadata"


def test_metadata_alone_can_be_had(world: World, three: str) -> None:
    accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
    listed = world("GET", three, accept=accept).body
    assert listed["kind"] == "PartialObjectMetadataList"
    assert all("data" not in item for item in listed["items"])


def test_a_watch_without_a_version_starts_with_what_is_there(world: World, three: str) -> None:
    events = world.watch(f"{three}?watch=1&timeoutSeconds=1&labelSelector=tier")
    assert [(e["type"], e["object"]["metadata"]["name"]) for e in events] == [("ADDED", "a"), ("ADDED", "b")]


def test_a_watch_resumes_after_a_version_and_selectors_turn_changes(world: World, three: str) -> None:
    seen = world("GET", three).body["metadata"]["resourceVersion"]
    world("PATCH", f"{three}/a", {"metadata": {"labels": {"tier": "back"}}}, kind="merge")
    world("PATCH", f"{three}/c", {"metadata": {"labels": {"tier": "front"}}}, kind="merge")
    world("PATCH", f"{three}/c", {"data": {"x": "y"}}, kind="merge")
    world("DELETE", f"{three}/c")
    url = f"{three}?watch=1&timeoutSeconds=1&resourceVersion={seen}&labelSelector=tier%3Dfront"
    events = [(e["type"], e["object"]["metadata"]["name"]) for e in world.watch(url)]
    assert events == [("DELETED", "a"), ("ADDED", "c"), ("MODIFIED", "c"), ("DELETED", "c")]


def test_initial_events_end_with_a_marked_bookmark(world: World, three: str) -> None:
    url = (
        f"{three}?watch=1&timeoutSeconds=1&sendInitialEvents=true&allowWatchBookmarks=true"
        "&resourceVersionMatch=NotOlderThan&labelSelector=tier"
    )
    *added, last = world.watch(url)
    assert [event["type"] for event in added] == ["ADDED", "ADDED"]
    assert last["type"] == "BOOKMARK"
    assert last["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_initial_events_without_the_match_are_invalid(world: World, three: str) -> None:
    reply = world("GET", f"{three}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true")
    assert reply.code == 422


def test_a_path_that_is_not_served_is_not_found(world: World) -> None:
    reply = world("GET", "/apis/extensions/v1beta1/ingresses")
    assert reply.code == 404
