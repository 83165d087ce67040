from __future__ import annotations

import msgspec
import pytest

from seatrial.cluster.objects import GroupVersionKind
from seatrial.cluster.version import Minor
from seatrial.schemas import ServedKind, openapi_v2, openapi_v3, openapi_v3_index
from seatrial.schemas.published import references

DEPLOYMENTS = ServedKind(
    GroupVersionKind("apps", "v1", "Deployment"), "deployments", True, ("status", "scale")
)
NODES = ServedKind(GroupVersionKind("", "v1", "Node"), "nodes", False)
CRDS = ServedKind(
    GroupVersionKind("apiextensions.k8s.io", "v1", "CustomResourceDefinition"),
    "customresourcedefinitions",
    False,
)
WIDGETS = ServedKind(
    GroupVersionKind("example.com", "v1", "Widget"),
    "widgets",
    True,
    custom=True,
    crd_schema={"type": "object", "properties": {"spec": {"type": "object"}}},
)


@pytest.mark.parametrize("minor", [Minor(1, 25), Minor(1, 37)], ids=str)
@pytest.mark.parametrize("kind", [DEPLOYMENTS, NODES, CRDS, WIDGETS], ids=lambda kind: kind.resource)
def test_every_reference_of_a_document_can_be_followed(minor, kind):
    document = openapi_v3(minor, kind.gvk.group, kind.gvk.version, [kind])
    schemas = document["components"]["schemas"]
    assert set(references([*schemas.values(), document["paths"]], names=False)) <= set(schemas)
    assert b'"null"' not in msgspec.json.encode(schemas)
    assert b"#/$defs/" not in msgspec.json.encode(document)


def test_writes_say_that_the_server_checks_fields_and_how_it_patches():
    def patch(kind):
        document = openapi_v3(Minor(1, 33), kind.gvk.group, kind.gvk.version, [kind])
        scope = "/namespaces/{namespace}" if kind.namespaced else ""
        path = f"/apis/{kind.gvk.api_version}{scope}/{kind.resource}/{{name}}"
        return document["paths"][path]["patch"]

    operation = patch(DEPLOYMENTS)
    assert operation["x-kubernetes-group-version-kind"] == {
        "group": "apps",
        "version": "v1",
        "kind": "Deployment",
    }
    assert {"dryRun", "fieldValidation", "fieldManager"} <= {one["name"] for one in operation["parameters"]}
    strategic = "application/strategic-merge-patch+json"
    assert strategic in operation["requestBody"]["content"]
    assert strategic not in patch(WIDGETS)["requestBody"]["content"]


def test_only_what_is_served_has_a_path():
    document = openapi_v3(Minor(1, 33), "apps", "v1", [DEPLOYMENTS, NODES, WIDGETS])
    assert all(
        path.startswith("/apis/apps/v1/namespaces/{namespace}/deployments") for path in document["paths"]
    )


def test_merge_keys_survive_for_clients_that_make_strategic_patches():
    schemas = openapi_v3(Minor(1, 33), "apps", "v1", [DEPLOYMENTS])["components"]["schemas"]
    containers = schemas["io.k8s.api.core.v1.PodSpec"]["properties"]["containers"]
    assert containers["x-kubernetes-patch-merge-key"] == "name"
    assert schemas["io.k8s.apimachinery.pkg.api.resource.Quantity"]["oneOf"] == [
        {"type": "string"},
        {"type": "number"},
    ]


def test_the_index_names_each_document_by_its_content():
    assert openapi_v3_index({"apis/apps/v1": "X", "api/v1": "Y"}) == {
        "paths": {
            "api/v1": {"serverRelativeURL": "/openapi/v3/api/v1?hash=Y"},
            "apis/apps/v1": {"serverRelativeURL": "/openapi/v3/apis/apps/v1?hash=X"},
        }
    }


def test_the_swagger_document_is_closed_and_has_no_null_types():
    document = openapi_v2(Minor(1, 29), [DEPLOYMENTS, NODES, WIDGETS, CRDS])
    definitions = document["definitions"]
    assert set(references([*definitions.values(), document["paths"]])) <= set(definitions)
    assert b'"null"' not in msgspec.json.encode(definitions)
    assert "com.example.v1.Widget" in definitions
