from __future__ import annotations

import pytest

from seatrial.cluster.objects import GroupVersionKind
from seatrial.schemas import (
    KindSchema,
    apply_defaults,
    drop_unknown,
    prune,
    strict_decoding_error,
    unknown_fields,
    validate,
)

from .objects import CONFIG_MAP, DEPLOYMENT, builtin, config_map, custom, deployment, widget


def said(obj, schema):
    return [str(error) for error in validate(obj, schema)]


def test_a_wrong_type_is_said_as_the_api_server_says_it():
    obj = deployment()
    obj["spec"]["replicas"] = "three"
    assert said(obj, DEPLOYMENT) == [
        'spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"'
    ]


def test_a_missing_field_of_a_list_item_is_required_at_its_place():
    obj = deployment()
    del obj["spec"]["template"]["spec"]["containers"][0]["name"]
    [error] = validate(obj, DEPLOYMENT)
    assert (error.path, error.message, error.reason) == (
        "spec.template.spec.containers[0].name",
        "Required value",
        "FieldValueRequired",
    )


def test_null_counts_as_absent_for_built_in_kinds():
    obj = deployment()
    obj["metadata"]["creationTimestamp"] = None
    obj["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"] = None
    assert said(obj, DEPLOYMENT) == []


@pytest.mark.parametrize("cpu", ["100m", 1, 0.5, "1e3", "2Gi"])
def test_quantities_are_strings_or_numbers(cpu):
    obj = deployment()
    obj["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"] = cpu
    assert said(obj, DEPLOYMENT) == []


def test_integers_outside_int32_do_not_fit():
    [error] = validate(deployment(replicas=2**31), DEPLOYMENT)
    assert error.message == (
        "Invalid value: 2147483648: spec.replicas in body should be less than or equal to 2147483647"
    )


def test_a_secret_that_is_not_base64_is_refused_without_its_value():
    secret = builtin("v1", "Secret")
    obj = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"p": "hunter2!"}}
    [text] = said(obj, secret)
    assert text == "data.p: Invalid value: must be of format byte"


def test_unknown_fields_are_named_and_dropped():
    obj = deployment()
    obj["spec"]["foo"] = 1
    obj["spec"]["template"]["spec"]["containers"][0]["imagee"] = "x"
    obj["metadata"]["labels"]["any"] = "label"
    found = unknown_fields(obj, DEPLOYMENT)
    assert found == ("spec.foo", "spec.template.spec.containers[0].imagee")
    assert strict_decoding_error(found) == (
        'strict decoding error: unknown field "spec.foo", '
        'unknown field "spec.template.spec.containers[0].imagee"'
    )
    expected = deployment()
    expected["metadata"]["labels"]["any"] = "label"
    assert drop_unknown(obj, DEPLOYMENT) == expected
    assert "foo" in obj["spec"]


def test_config_map_keys_are_not_fields():
    assert unknown_fields(config_map(anything="goes"), CONFIG_MAP) == ()


WIDGET = custom(
    {
        "type": "object",
        "required": ["size"],
        "properties": {
            "size": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
            "colour": {"type": "string", "enum": ["red", "blue"], "default": "red"},
            "name": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
            "note": {"type": "string", "nullable": True},
            "port": {"x-kubernetes-int-or-string": True},
            "timeout": {"type": "string", "format": "duration"},
            "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
            "parts": {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["id"],
                "items": {
                    "type": "object",
                    "required": ["id"],
                    "properties": {"id": {"type": "string"}, "on": {"type": "boolean", "default": True}},
                },
            },
            "limits": {
                "type": "object",
                "default": {},
                "properties": {"cpu": {"type": "string", "default": "1"}},
            },
        },
    }
)


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({}, "spec.size: Required value"),
        ({"size": 0}, "spec.size: Invalid value: 0: spec.size in body should be greater than 0"),
        (
            {"size": 1, "colour": "green"},
            'spec.colour: Unsupported value: "green": supported values: "red", "blue"',
        ),
        (
            {"size": 1, "name": "A"},
            "spec.name: Invalid value: \"A\": spec.name in body should match '^[a-z]+$'",
        ),
        ({"size": 1, "name": "abcdef"}, "spec.name: Too long: may not be more than 5 bytes"),
        (
            {"size": 1, "name": None},
            'spec.name: Invalid value: "null": spec.name in body must be of type string: "null"',
        ),
        ({"size": 1, "timeout": "soon"}, "spec.timeout: Invalid value: must be of format duration"),
        ({"size": 1, "tags": ["a", "b", "a"]}, 'spec.tags[2]: Duplicate value: "a"'),
        ({"size": 1, "parts": [{"id": "x"}, {"id": "x"}]}, 'spec.parts[1]: Duplicate value: {"id":"x"}'),
    ],
)
def test_custom_resources_are_held_to_their_schema(spec, text):
    assert said(widget(spec), WIDGET) == [text]


@pytest.mark.parametrize(
    "spec",
    [
        {"size": 1, "port": 80},
        {"size": 1, "port": "http"},
        {"size": 1, "note": None},
        {"size": 1, "timeout": "5m"},
    ],
)
def test_custom_resources_that_fit(spec):
    assert said(widget(spec), WIDGET) == []


def test_defaults_fill_what_is_absent_at_every_depth():
    before = widget({"size": 1, "colour": None, "parts": [{"id": "a"}, {"id": "b", "on": False}]})
    assert apply_defaults(before, WIDGET)["spec"] == {
        "size": 1,
        "colour": "red",
        "limits": {"cpu": "1"},
        "parts": [{"id": "a", "on": True}, {"id": "b", "on": False}],
    }


def test_defaults_are_not_shared_between_objects():
    one, other = (apply_defaults(widget({"size": 1}), WIDGET) for _ in range(2))
    one["spec"]["limits"]["cpu"] = "9"
    assert other["spec"]["limits"] == {"cpu": "1"}


def test_pruning_keeps_metadata_and_embedded_objects():
    schema = custom(
        {
            "type": "object",
            "properties": {
                "template": {
                    "type": "object",
                    "x-kubernetes-embedded-resource": True,
                    "properties": {"spec": {"type": "object", "properties": {"a": {"type": "integer"}}}},
                }
            },
        }
    )
    obj = widget({"x": 1, "template": {"kind": "Pod", "metadata": {"name": "p"}, "spec": {"a": 1, "b": 2}}})
    obj["metadata"]["labels"] = {"a": "b"}
    obj["metadata"]["nonsense"] = 1
    assert unknown_fields(obj, schema) == ("metadata.nonsense", "spec.template.spec.b", "spec.x")
    assert prune(obj, schema) == {
        **widget({"template": {"kind": "Pod", "metadata": {"name": "p"}, "spec": {"a": 1}}}),
        "metadata": {"name": "w", "labels": {"a": "b"}},
    }


def test_a_definition_without_a_schema_accepts_anything():
    anything = KindSchema.from_crd(
        None, gvk=GroupVersionKind("example.com", "v1", "Widget"), metadata=CONFIG_MAP
    )
    obj = widget({"whatever": [1, 2]})
    assert (validate(obj, anything), unknown_fields(obj, anything)) == ((), ())


def test_a_pattern_that_cannot_be_read_is_not_checked():
    schema = custom({"type": "object", "properties": {"pattern": {"type": "string", "pattern": "("}}})
    assert said(widget({"pattern": "x"}), schema) == []
    assert len(said(widget({"pattern": 1}), schema)) == 1
