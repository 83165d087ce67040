"""Small objects and schemas that the tests of `schemas` share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from seatrial.cluster.objects import GroupVersionKind, Obj
from seatrial.cluster.version import Minor
from seatrial.schemas import KindSchema, schemas_for

MINOR = Minor(1, 33)
NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
LATER = datetime(2025, 3, 1, 12, 5, tzinfo=UTC)


def builtin(api_version: str, kind: str, minor: Minor = MINOR) -> KindSchema:
    found = schemas_for(minor).kind(GroupVersionKind.of(api_version, kind))
    assert found is not None
    return found


DEPLOYMENT = builtin("apps/v1", "Deployment")
CONFIG_MAP = builtin("v1", "ConfigMap")
SERVICE = builtin("v1", "Service")


def deployment(replicas: int = 2, image: str = "web:1", **spec: Any) -> Obj:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {
                    "containers": [
                        {
                            "name": "web",
                            "image": image,
                            "ports": [{"containerPort": 80}],
                            "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                            "resources": {"limits": {"cpu": "100m", "memory": "64Mi"}},
                        }
                    ]
                },
            },
            **spec,
        },
    }


def config_map(**data: str) -> Obj:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data}


def custom(schema: dict[str, Any]) -> KindSchema:
    """A custom kind whose spec has that schema."""
    return KindSchema.from_crd(
        {"type": "object", "properties": {"spec": schema}},
        gvk=GroupVersionKind("example.com", "v1", "Widget"),
        metadata=CONFIG_MAP,
    )


def widget(spec: Any) -> Obj:
    return {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": spec}
