from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.errors import BadInput
from seatrial.schemas import PatchDoesNotApply, json_patch, merge_patch, strategic_merge_patch

from .objects import CONFIG_MAP, DEPLOYMENT, SERVICE, builtin, config_map, deployment

scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab", max_size=3)
values = st.recursive(
    scalars,
    lambda v: st.lists(v, max_size=3) | st.dictionaries(st.sampled_from("abcd"), v, max_size=4),
    max_leaves=12,
)
objects = st.dictionaries(st.sampled_from("abcd"), values, max_size=4)


def without_nulls(value):
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return value


def diff(before, after):
    """The RFC 7386 patch from one null-free object to another."""
    patch = {key: None for key in before if key not in after}
    for key, value in after.items():
        if key not in before:
            patch[key] = value
        elif isinstance(value, dict) and isinstance(before[key], dict):
            patch[key] = diff(before[key], value)
        elif before[key] != value or type(before[key]) is not type(value):
            patch[key] = value
    return patch


@given(objects)
def test_an_empty_merge_patch_changes_nothing(obj):
    assert merge_patch(obj, {}) == obj


@given(objects, objects)
def test_a_merge_patch_twice_is_a_merge_patch_once(obj, patch):
    once = merge_patch(obj, patch)
    assert merge_patch(once, patch) == once


@given(objects, objects)
def test_a_difference_applied_as_merge_patch_gives_the_other(one, other):
    one, other = without_nulls(one), without_nulls(other)
    assert merge_patch(one, diff(one, other)) == other


def test_a_merge_patch_that_is_no_object_is_bad_input():
    with pytest.raises(BadInput, match="has to be a JSON object"):
        merge_patch({}, [1])


def test_json_patch_changes_a_copy():
    before = config_map(a="1")
    after = json_patch(
        before,
        [{"op": "test", "path": "/data/a", "value": "1"}, {"op": "add", "path": "/data/b", "value": "2"}],
    )
    assert (after, before) == (config_map(a="1", b="2"), config_map(a="1"))


@pytest.mark.parametrize(
    ("ops", "error", "where"),
    [
        ([{"op": "test", "path": "/data/a", "value": "2"}], PatchDoesNotApply, "/data/a"),
        ([{"op": "remove", "path": "/data/x"}], PatchDoesNotApply, "/data/x"),
        ([{"op": "add", "path": "/x/y/z", "value": 1}], PatchDoesNotApply, "/x/y/z"),
        ([{"op": "jump", "path": "/data"}], BadInput, "/data"),
        ([{"op": "add", "path": "data", "value": 1}], BadInput, "data"),
        ({"op": "add"}, BadInput, ""),
        ([{"op": "replace", "path": "", "value": 3}], PatchDoesNotApply, ""),
    ],
)
def test_json_patches_that_make_no_sense(ops, error, where):
    with pytest.raises(error) as caught:
        json_patch(config_map(a="1"), ops)
    assert caught.value.where == where


def containers(obj):
    return obj["spec"]["template"]["spec"]["containers"]


def pod_patch(**spec):
    return {"spec": {"template": {"spec": spec}}}


def test_strategic_merge_finds_list_items_by_their_key():
    patch = pod_patch(
        containers=[
            {
                "name": "web",
                "image": "web:2",
                "env": [{"name": "B", "value": None}, {"name": "C", "value": "3"}],
            },
            {"name": "side", "image": "side:1"},
        ]
    )
    web, side = containers(strategic_merge_patch(deployment(), patch, DEPLOYMENT))
    assert web["image"] == "web:2"
    assert web["env"] == [{"name": "A", "value": "1"}, {"name": "B"}, {"name": "C", "value": "3"}]
    assert side == {"name": "side", "image": "side:1"}


def test_strategic_merge_replaces_atomic_lists_and_removes_nulls():
    before = deployment()
    containers(before)[0]["args"] = ["a", "b"]
    patch = pod_patch(containers=[{"name": "web", "args": ["c"], "ports": None}])
    [web] = containers(strategic_merge_patch(before, patch, DEPLOYMENT))
    assert web["args"] == ["c"]
    assert "ports" not in web


def test_patch_delete_removes_an_item_and_patch_replace_the_rest():
    patch = pod_patch(containers=[{"name": "web", "env": [{"name": "A", "$patch": "delete"}]}])
    [web] = containers(strategic_merge_patch(deployment(), patch, DEPLOYMENT))
    assert web["env"] == [{"name": "B", "value": "2"}]
    patch = pod_patch(containers=[{"name": "new", "image": "n"}, {"$patch": "replace"}])
    assert containers(strategic_merge_patch(deployment(), patch, DEPLOYMENT)) == [
        {"name": "new", "image": "n"}
    ]
    patch = {"data": {"$patch": "replace", "z": "26"}}
    assert strategic_merge_patch(config_map(a="1"), patch, CONFIG_MAP) == config_map(z="26")


def test_retain_keys_drops_what_the_patch_does_not_name():
    before = deployment(strategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}})
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    assert strategic_merge_patch(before, patch, DEPLOYMENT)["spec"]["strategy"] == {"type": "Recreate"}
    with pytest.raises(BadInput, match="does not name 'type'"):
        strategic_merge_patch(
            before, {"spec": {"strategy": {"$retainKeys": [], "type": "Recreate"}}}, DEPLOYMENT
        )


def test_element_order_is_the_patchs_and_the_servers_items_stay():
    before = deployment()
    containers(before)[0]["env"] = [{"name": n} for n in "ABCD"]
    patch = pod_patch(
        containers=[
            {
                "name": "web",
                "$setElementOrder/env": [{"name": "D"}, {"name": "A"}, {"name": "N"}],
                "env": [{"name": "N"}],
            }
        ]
    )
    [web] = containers(strategic_merge_patch(before, patch, DEPLOYMENT))
    assert [one["name"] for one in web["env"]] == ["B", "C", "D", "A", "N"]
    assert list(web) == list(containers(before)[0])


def test_primitive_lists_merge_and_lose_single_values():
    pod = builtin("v1", "Node")
    before = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n", "finalizers": ["a", "b"]}}
    patch = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["c"]}}
    assert strategic_merge_patch(before, patch, pod)["metadata"]["finalizers"] == ["b", "c"]


def test_an_item_without_its_merge_key_is_bad_input_with_its_place():
    with pytest.raises(BadInput) as caught:
        strategic_merge_patch(deployment(), pod_patch(containers=[{"image": "x"}]), DEPLOYMENT)
    assert (caught.value.where, "merge key 'name'" in caught.value.what) == (
        "spec.template.spec.containers",
        True,
    )


@pytest.mark.parametrize(
    "patch", [{"$patch": "jump"}, {"spec": {"ports": [{"port": 1, "$patch": "x"}]}}, [], 3]
)
def test_patches_that_make_no_sense(patch):
    service = {"apiVersion": "v1", "kind": "Service", "spec": {"ports": [{"port": 80}]}}
    with pytest.raises(BadInput):
        strategic_merge_patch(service, patch, SERVICE)


def test_the_object_and_the_patch_stay_as_they_were():
    before, patch = deployment(), pod_patch(containers=[{"name": "web", "env": [{"name": "Z"}]}])
    strategic_merge_patch(before, patch, DEPLOYMENT)
    assert (before, patch) == (deployment(), pod_patch(containers=[{"name": "web", "env": [{"name": "Z"}]}]))
