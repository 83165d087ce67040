"""Whatever a client sends, the answer is a Status, never a crash."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.simulator.api.objects import config_map, crd, deployment
from tests.simulator.api.world import Simulated

from seatrial.simulator import protobuf
from seatrial.simulator.status import ApiError

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
WIDGETS = "/apis/contract.example.com/v1/namespaces/default/widgets"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"

junk = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab-/.", max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "a"]), inner),
    max_leaves=6,
)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += _paths(inner, (*path, key))
    return found


def _with(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    first, *rest = path
    if isinstance(value, dict):
        return {**value, first: _with(value[first], tuple(rest), other)}
    return [_with(v, tuple(rest), other) if i == first else v for i, v in enumerate(value)]


META = {
    "name": "x",
    "labels": {"a": "b"},
    "annotations": {"a": "b"},
    "finalizers": ["a.b/c"],
    "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "1"}],
    "managedFields": [{"manager": "m", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:a": {}}}],
}
WIDGET = {
    "apiVersion": "contract.example.com/v1",
    "kind": "Widget",
    "metadata": META,
    "spec": {"size": 1},
    "status": {"size": 1},
}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": META,
    "spec": {
        "priorityClassName": "none",
        "tolerations": [{"key": "a", "operator": "Exists"}],
        "volumes": [{"name": "v", "configMap": {"name": "c"}}],
        "containers": [
            {
                "name": "c",
                "image": "i",
                "ports": [{"containerPort": 1}],
                "resources": {"limits": {"cpu": "1"}},
                "livenessProbe": {"httpGet": {"port": 80}},
            }
        ],
    },
}
SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": META, "spec": {"ports": [{"port": 1}]}}
TARGETS = [
    ("/api/v1/namespaces/default/configmaps", {**config_map("x"), "metadata": META}),
    ("/api/v1/namespaces/default/pods", POD),
    ("/api/v1/namespaces/default/services", SERVICE),
    (DEPLOYMENTS, deployment("x")),
    (CRDS, crd()),
    (WIDGETS, WIDGET),
]


@pytest.mark.parametrize(("url", "body"), TARGETS, ids=[url.rsplit("/", 1)[-1] for url, _ in TARGETS])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_damaged_object_is_refused_or_taken_never_a_crash(url: str, body: Any, data: st.DataObject) -> None:
    simulated = Simulated()
    if url != CRDS:
        simulated("POST", CRDS, crd())
    damaged = _with(body, data.draw(st.sampled_from(_paths(body))), data.draw(junk))
    name = "widgets.contract.example.com" if url == CRDS else "x"
    validation = data.draw(st.sampled_from(["Strict", "Warn", "Ignore"]))
    assert simulated("POST", f"{url}?fieldValidation={validation}", damaged).code < 500
    simulated("POST", url, body)
    assert simulated("PUT", f"{url}/{name}", damaged).code < 500
    for kind in ("merge", "strategic", "json-patch"):
        assert simulated("PATCH", f"{url}/{name}", damaged, kind=kind).code < 500
    assert simulated("PATCH", f"{url}/{name}?fieldManager=m", damaged, kind="apply").code < 500
    table = "application/json;as=Table;v=v1;g=meta.k8s.io"
    assert simulated("GET", url, accept=table).code == 200
    assert simulated("DELETE", f"{url}/{name}", data.draw(junk)).code < 500


@given(st.binary(max_size=200))
def test_any_bytes_in_protobuf_are_an_object_or_a_refusal(body: bytes) -> None:
    with suppress(ApiError):
        assert "kind" in protobuf.read(protobuf.MAGIC + body)


@given(st.text("abc=!,()<> in notexists", max_size=20), st.text("metadata.name=!,ab", max_size=20))
@settings(max_examples=200, deadline=None)
def test_any_selector_selects_or_is_refused(labels: str, fields: str) -> None:
    from urllib.parse import urlencode

    simulated = _SHARED
    query = urlencode({"labelSelector": labels, "fieldSelector": fields})
    assert simulated("GET", f"/api/v1/namespaces?{query}").code in (200, 400)


_SHARED = Simulated()
