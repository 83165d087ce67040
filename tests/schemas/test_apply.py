from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.errors import BadInput
from seatrial.schemas import ApplyConflict, clone, server_side_apply, track_update
from seatrial.schemas.apply import LAST_APPLIED

from .objects import CONFIG_MAP, DEPLOYMENT, LATER, NOW, SERVICE, config_map, custom, deployment, widget


def apply(live, applied, manager="helm", *, force=False, schema=CONFIG_MAP, now=NOW, subresource=""):
    return server_side_apply(
        live, applied, manager=manager, force=force, schema=schema, now=now, subresource=subresource
    )


def create(obj, manager="kubectl-create", schema=CONFIG_MAP):
    return track_update(None, obj, manager=manager, api_version=obj["apiVersion"], schema=schema, now=NOW)


def update(old, new, manager="controller", schema=CONFIG_MAP, now=LATER, **more):
    return track_update(
        old, new, manager=manager, api_version=new["apiVersion"], schema=schema, now=now, **more
    )


def owners(obj):
    return {
        (entry["manager"], entry["operation"]): entry["fieldsV1"]
        for entry in obj["metadata"].get("managedFields", ())
    }


def bare(obj):
    copy = clone(obj)
    copy["metadata"].pop("managedFields", None)
    return copy


def test_the_first_apply_creates_and_owns_what_it_names():
    made = apply(None, config_map(a="1"))
    assert made == {
        **config_map(a="1"),
        "metadata": {
            "name": "c",
            "managedFields": [
                {
                    "manager": "helm",
                    "operation": "Apply",
                    "apiVersion": "v1",
                    "time": "2025-03-01T12:00:00Z",
                    "fieldsType": "FieldsV1",
                    "fieldsV1": {"f:data": {"f:a": {}}},
                }
            ],
        },
    }


def test_applying_the_same_later_changes_nothing_at_all():
    made = apply(None, deployment(), schema=DEPLOYMENT)
    assert apply(made, deployment(), schema=DEPLOYMENT, now=LATER) == made


def test_what_is_no_longer_applied_is_removed():
    made = apply(None, config_map(a="1", b="2"))
    assert bare(apply(made, config_map(b="2"))) == config_map(b="2")


def test_a_field_that_somebody_else_owns_too_stays():
    made = apply(apply(None, config_map(a="1", b="2")), config_map(a="1"), "other")
    left = apply(made, config_map(b="2"))
    assert bare(left) == config_map(a="1", b="2")
    assert owners(left) == {
        ("helm", "Apply"): {"f:data": {"f:b": {}}},
        ("other", "Apply"): {"f:data": {"f:a": {}}},
    }


def test_another_value_for_anothers_field_is_a_conflict_that_names_it():
    live = create(deployment(), schema=DEPLOYMENT)
    with pytest.raises(ApplyConflict) as caught:
        apply(live, deployment(replicas=5), schema=DEPLOYMENT)
    error = caught.value
    mark = '"kubectl-create" using apps/v1 at 2025-03-01T12:00:00Z'
    assert error.what == f"Apply failed with 1 conflict: conflict with {mark}: .spec.replicas"
    assert [(one.message, one.path) for one in error.conflicts] == [
        (f"conflict with {mark}", ".spec.replicas")
    ]


def test_several_conflicts_are_listed_by_manager():
    live = apply(create(deployment(), schema=DEPLOYMENT), deployment(), "argo", schema=DEPLOYMENT)
    with pytest.raises(ApplyConflict) as caught:
        apply(live, deployment(replicas=5, image="web:9"), schema=DEPLOYMENT)
    assert caught.value.what == (
        "Apply failed with 4 conflicts: "
        'conflicts with "argo":\n'
        "- .spec.replicas\n"
        '- .spec.template.spec.containers[name="web"].image\n'
        'conflicts with "kubectl-create" using apps/v1 at 2025-03-01T12:00:00Z:\n'
        "- .spec.replicas\n"
        '- .spec.template.spec.containers[name="web"].image'
    )


def test_force_takes_the_field_over():
    live = create(config_map(a="1", b="2"))
    taken = apply(live, config_map(a="9"), force=True)
    assert bare(taken) == config_map(a="9", b="2")
    assert owners(taken) == {
        ("helm", "Apply"): {"f:data": {"f:a": {}}},
        ("kubectl-create", "Update"): {"f:data": {".": {}, "f:b": {}}},
    }


def test_the_same_value_is_shared_without_conflict():
    live = apply(create(config_map(a="1")), config_map(a="1"))
    assert owners(live) == {
        ("helm", "Apply"): {"f:data": {"f:a": {}}},
        ("kubectl-create", "Update"): {"f:data": {".": {}, "f:a": {}}},
    }


def test_an_object_that_nobody_tracked_belongs_to_before_first_apply():
    with pytest.raises(ApplyConflict, match='conflict with "before-first-apply" using v1'):
        apply(config_map(a="1"), config_map(a="2"))
    assert bare(apply(config_map(a="1", b="2"), config_map(a="1"))) == config_map(a="1", b="2")


def test_an_autoscaler_keeps_the_replicas_that_the_chart_leaves_out():
    chart = deployment()
    del chart["spec"]["replicas"]
    live = apply(None, chart, schema=DEPLOYMENT)
    scaled = clone(live)
    scaled["spec"]["replicas"] = 7
    scaled = update(live, scaled, "hpa", DEPLOYMENT, subresource="scale")
    again = apply(scaled, {**chart, "spec": {**chart["spec"], "minReadySeconds": 3}}, schema=DEPLOYMENT)
    assert (again["spec"]["replicas"], again["spec"]["minReadySeconds"]) == (7, 3)


def test_a_removed_container_goes_even_when_the_server_defaulted_fields_in_it():
    applied = deployment()
    applied["spec"]["template"]["spec"]["containers"].append({"name": "side", "image": "s"})
    live = apply(None, applied, schema=DEPLOYMENT)
    live["spec"]["template"]["spec"]["containers"][1]["imagePullPolicy"] = "Always"  # owned by nobody
    left = apply(live, deployment(), schema=DEPLOYMENT)
    assert [one["name"] for one in left["spec"]["template"]["spec"]["containers"]] == ["web"]


def test_ports_without_a_protocol_are_the_tcp_ports():
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s"},
        "spec": {"ports": [{"port": 80, "name": "http"}]},
    }
    live = apply(None, service, schema=SERVICE)
    live["spec"]["ports"][0]["protocol"] = "TCP"
    service["spec"]["ports"][0]["name"] = "web"
    assert apply(live, service, schema=SERVICE)["spec"]["ports"] == [
        {"port": 80, "name": "web", "protocol": "TCP"}
    ]


def test_a_list_that_names_one_key_twice_is_bad_input():
    applied = deployment()
    applied["spec"]["template"]["spec"]["containers"].append({"name": "web"})
    with pytest.raises(BadInput, match="two items with the same key"):
        apply(None, applied, schema=DEPLOYMENT)
    with pytest.raises(BadInput, match="omits all of its keys"):
        apply(None, deployment() | {"spec": {"template": {"spec": {"containers": [{}]}}}}, schema=DEPLOYMENT)


def test_an_apply_may_not_carry_managed_fields():
    with pytest.raises(BadInput, match="must be nil"):
        apply(None, apply(None, config_map(a="1")))


def test_another_order_of_items_alone_is_no_change():
    live = apply(None, {**config_map(), "metadata": {"name": "c", "finalizers": ["a", "b"]}})
    again = {**config_map(), "metadata": {"name": "c", "finalizers": ["b", "a"]}}
    assert apply(live, again, now=LATER) == live


def test_sets_merge_value_by_value():
    live = apply(None, {**config_map(), "metadata": {"name": "c", "finalizers": ["a", "b"]}})
    live = apply(live, {**config_map(), "metadata": {"name": "c", "finalizers": ["z"]}}, "other")
    assert live["metadata"]["finalizers"] == ["a", "b", "z"]
    live = apply(live, {**config_map(), "metadata": {"name": "c", "finalizers": ["b"]}})
    assert live["metadata"]["finalizers"] == ["b", "z"]


def test_atomic_lists_have_one_owner():
    schema = custom(
        {"type": "object", "properties": {"args": {"type": "array", "items": {"type": "string"}}}}
    )
    live = apply(None, widget({"args": ["a"]}), schema=schema)
    with pytest.raises(ApplyConflict, match=r"\.spec\.args$|\.spec\.args "):
        apply(live, widget({"args": ["a", "b"]}), "other", schema=schema)
    assert apply(live, widget({"args": ["b"]}), "other", force=True, schema=schema)["spec"] == {"args": ["b"]}


def test_fields_without_a_schema_merge_key_by_key():
    schema = custom({"type": "object", "x-kubernetes-preserve-unknown-fields": True})
    live = apply(
        apply(None, widget({"a": {"x": 1}}), schema=schema), widget({"a": {"y": 2}}), "o", schema=schema
    )
    assert live["spec"] == {"a": {"x": 1, "y": 2}}


def test_kubectl_goes_over_from_client_side_apply_without_force():
    old = config_map(a="1")
    text = msgspec.json.encode(old).decode()
    live = create(
        {**old, "metadata": {"name": "c", "annotations": {LAST_APPLIED: text}}}, "kubectl-client-side-apply"
    )
    taken = apply(live, config_map(a="2"), "kubectl")
    assert taken["data"] == {"a": "2"}
    assert msgspec.json.decode(taken["metadata"]["annotations"][LAST_APPLIED])["data"] == {"a": "2"}
    with pytest.raises(ApplyConflict):
        apply(live, config_map(a="2"), "helm")


def test_an_update_takes_what_it_changes_from_everyone():
    live = apply(None, config_map(a="1", b="2"))
    changed = update(live, {**live, "data": {"a": "9", "b": "2"}})
    assert owners(changed) == {
        ("controller", "Update"): {"f:data": {"f:a": {}}},
        ("helm", "Apply"): {"f:data": {"f:b": {}}},
    }


def test_an_update_that_changes_nothing_keeps_every_entry():
    live = create(config_map(a="1"))
    same = clone(live)
    same["metadata"]["resourceVersion"] = "7"
    assert update(live, same) == same


def test_an_update_with_one_empty_entry_forgets_all_owners():
    live = create(config_map(a="1"))
    reset = clone(live)
    reset["metadata"]["managedFields"] = [{}]
    assert owners(update(live, reset)) == {}


def test_an_update_that_cannot_be_tracked_is_still_an_update():
    live = create(deployment(), schema=DEPLOYMENT)
    odd = clone(live)
    odd["spec"]["template"]["spec"]["containers"][0]["env"] = [{"value": "nameless"}]
    assert update(live, odd, schema=DEPLOYMENT) == odd


def test_only_ten_updaters_are_remembered():
    live = create(config_map())
    for number in range(14):
        new = clone(live)
        new.setdefault("data", {})[f"k{number}"] = "x"
        live = update(live, new, f"m{number:02}", now=NOW.replace(minute=number))
    names = [entry["manager"] for entry in live["metadata"]["managedFields"]]
    assert len(names) == 10
    assert names.count("ancient-changes") == 1


# Objects for properties: a deployment whose parts may be there or not.
names = st.sampled_from(["a", "b", "c"])
few = st.sampled_from(["1", "2"])


@st.composite
def workloads(draw):
    containers = []
    for name in draw(st.lists(names, unique=True, max_size=3)):
        container = {"name": name}
        if draw(st.booleans()):
            container["image"] = draw(few)
        if draw(st.booleans()):
            container["env"] = [
                {"name": each, "value": draw(few)} for each in draw(st.lists(names, unique=True, max_size=2))
            ]
        if draw(st.booleans()):
            container["args"] = draw(st.lists(few, max_size=2))
        containers.append(container)
    spec = {"template": {"spec": {"containers": containers}}}
    if draw(st.booleans()):
        spec["replicas"] = draw(st.integers(1, 2))
    obj = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "w"}, "spec": spec}
    labels = draw(st.dictionaries(names, few, max_size=3))
    if labels:
        obj["metadata"]["labels"] = labels
    finalizers = draw(st.lists(names, unique=True, max_size=2))
    if finalizers:
        obj["metadata"]["finalizers"] = finalizers
    return obj


def unordered(value):
    """Associative lists in one order, for comparing what is there."""
    if isinstance(value, dict):
        return {key: each if key == "args" else unordered(each) for key, each in no_empties(value).items()}
    return sorted(map(unordered, value), key=str) if isinstance(value, list) else value


def no_empties(value):
    """Server-side apply does not promise to keep or drop containers that became empty."""
    if isinstance(value, dict):
        inner = {key: no_empties(each) for key, each in value.items()}
        return {key: each for key, each in inner.items() if each not in ({}, [])}
    return [no_empties(each) for each in value] if isinstance(value, list) else value


@given(workloads(), workloads())
@settings(max_examples=150, deadline=None)
def test_applying_twice_is_applying_once(before, applied):
    live = apply(None, before, "one", schema=DEPLOYMENT)
    once = apply(live, applied, "two", force=True, schema=DEPLOYMENT)
    assert apply(once, applied, "two", schema=DEPLOYMENT, now=LATER) == once


@given(workloads(), workloads())
@settings(max_examples=150, deadline=None)
def test_what_one_manager_applies_last_is_what_there_is(first, second):
    live = apply(apply(None, first, schema=DEPLOYMENT), second, schema=DEPLOYMENT)
    assert unordered(bare(live)) == unordered(second)
    assert owners(live) == owners(apply(None, second, schema=DEPLOYMENT))


@given(workloads(), workloads(), workloads())
@settings(max_examples=100, deadline=None)
def test_a_managers_second_thoughts_leave_others_fields_alone(mine, theirs, second):
    live = apply(None, mine, "me", schema=DEPLOYMENT)
    live = apply(live, theirs, "they", force=True, schema=DEPLOYMENT)
    try:
        after = apply(live, second, "me", schema=DEPLOYMENT)
    except ApplyConflict:
        return
    # They apply the same again: nothing of theirs was lost, so nothing changes.
    again = apply(after, theirs, "they", schema=DEPLOYMENT)
    assert unordered(bare(again)) == unordered(bare(after))


@given(workloads(), workloads())
@settings(max_examples=100, deadline=None)
def test_force_never_conflicts_and_then_nothing_conflicts(one, other):
    live = create(one, schema=DEPLOYMENT)
    forced = apply(live, other, force=True, schema=DEPLOYMENT)
    apply(forced, other, schema=DEPLOYMENT)


@given(workloads(), workloads())
@settings(max_examples=100, deadline=None)
def test_inputs_are_never_changed(one, other):
    live = apply(None, one, schema=DEPLOYMENT)
    kept, wanted = clone(live), clone(other)
    apply(live, other, "x", force=True, schema=DEPLOYMENT)
    update(live, other, "x", DEPLOYMENT)
    assert (live, other) == (kept, wanted)
