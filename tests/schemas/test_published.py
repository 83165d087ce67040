from __future__ import annotations

import pytest

from seatrial.cluster.objects import GroupVersionKind
from seatrial.cluster.version import Minor
from seatrial.errors import NotFound
from seatrial.schemas import published_minors, schemas_for, unknown_fields, validate

from .objects import CONFIG_MAP, DEPLOYMENT, builtin, config_map, custom, deployment, widget


def test_minors_from_1_25_on_are_known_without_a_gap():
    minors = published_minors()
    assert minors[0] == Minor(1, 25)
    assert list(minors) == [Minor(1, 25).plus(step) for step in range(len(minors))]


def test_a_minor_past_the_horizon_is_not_found():
    with pytest.raises(NotFound, match=r"no published schemas of Kubernetes 1\.99"):
        schemas_for(Minor(1, 99))


def test_one_minor_is_loaded_once():
    assert schemas_for(Minor(1, 30)) is schemas_for(Minor(1, 30))


@pytest.mark.parametrize("minor", published_minors(), ids=str)
def test_every_minor_knows_the_kinds_of_the_api_machinery(minor):
    schemas = schemas_for(minor)
    for text in (
        "apiextensions.k8s.io/v1 CustomResourceDefinition",
        "apiregistration.k8s.io/v1 APIService",
        "policy/v1 Eviction",
        "v1 Status",
        "autoscaling/v1 Scale",
        "v1 DeleteOptions",
    ):
        api_version, kind = text.split()
        assert schemas.kind(GroupVersionKind.of(api_version, kind)) is not None, text


def test_a_kind_is_unknown_in_the_minor_that_removed_it():
    beta = GroupVersionKind("autoscaling", "v2beta2", "HorizontalPodAutoscaler")
    assert schemas_for(Minor(1, 25)).kind(beta) is not None
    assert schemas_for(Minor(1, 26)).kind(beta) is None


def test_lists_merge_by_the_published_keys_and_old_minors_by_their_merge_keys():
    def containers(minor):
        node = builtin("apps/v1", "Deployment", minor).root
        for name in ("spec", "template", "spec", "containers"):
            node = node.declared(name)
        return node

    for minor in (Minor(1, 25), Minor(1, 37)):
        node = containers(minor)
        assert (node.list_type, node.map_keys, node.patch_merge_key) == ("map", ("name",), "name")
        ports = node.item.declared("ports")
        assert (ports.map_keys, ports.item.key_default("protocol")) == (("containerPort", "protocol"), "TCP")
        env = node.item.declared("env")
        assert (env.list_type, env.map_keys) == ("map", ("name",))
        assert node.item.declared("args").list_type == "atomic"


def test_every_built_in_schema_compiles_and_accepts_its_bare_object():
    schemas = schemas_for(Minor(1, 37))
    for gvk in schemas.gvks():
        kind = schemas.kind(gvk)
        errors = validate({"apiVersion": gvk.api_version, "kind": gvk.kind}, kind)
        assert {error.message for error in errors} <= {"Required value"}, gvk
        assert unknown_fields({"apiVersion": gvk.api_version, "kind": gvk.kind}, kind) == (), gvk


def test_a_crd_may_have_a_property_called_ref():
    crd = builtin("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    obj = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "names": {"kind": "Widget", "plural": "widgets"},
            "scope": "Namespaced",
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {"type": "object", "properties": {"$ref": {"type": "string"}}}
                    },
                }
            ],
        },
    }
    assert (validate(obj, crd), unknown_fields(obj, crd)) == ((), ())


def test_free_form_fields_accept_anything():
    revision = builtin("apps/v1", "ControllerRevision")
    obj = {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {"name": "r"},
        "revision": 1,
        "data": {"spec": {"whatever": [1, {"x": None}]}},
    }
    assert (validate(obj, revision), unknown_fields(obj, revision)) == ((), ())


def test_good_objects_are_good():
    assert validate(deployment(), DEPLOYMENT) == ()
    assert validate(config_map(a="1"), CONFIG_MAP) == ()
    assert unknown_fields(deployment(), DEPLOYMENT) == ()
    open_kind = custom({"type": "object", "x-kubernetes-preserve-unknown-fields": True})
    assert unknown_fields(widget({"any": {"thing": 1}}), open_kind) == ()
