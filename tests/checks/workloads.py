"""Controllers with a pod template that a test is about, without their pods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.builders import an_object

from seatrial.cluster.objects import Obj


def a_workload(
    name: str,
    namespace: str = "shop",
    *,
    kind: str = "Deployment",
    image: str = "example.org/app:1",
    replicas: int = 2,
    ready: int | None = None,
    spec: Mapping[str, Any] | None = None,
    container: Mapping[str, Any] | None = None,
    annotations: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> Obj:
    """`spec` and `annotations` are the pod template's; `container` adds to its only container."""
    labels = dict(labels or {"app": name})
    outer: dict[str, Any] = {} if kind == "DaemonSet" else {"replicas": replicas}
    return an_object(
        "apps/v1",
        kind,
        name,
        namespace,
        labels=labels,
        spec={
            **outer,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels, "annotations": dict(annotations or {})},
                "spec": {
                    "containers": [{"name": "main", "image": image, **(container or {})}],
                    **(spec or {}),
                },
            },
        },
        status={"readyReplicas": replicas if ready is None else ready, "observedGeneration": 1},
    )
