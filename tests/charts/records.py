"""Builders of the records that Helm keeps in a cluster."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

from seatrial.cluster.objects import Obj

MANIFEST = """---
# Source: web/templates/all.yaml
apiVersion: v1
kind: Secret
metadata:
  name: web
stringData:
  password: CANARY-hunter2
---
# Source: web/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: elsewhere
"""


def stored_release(
    name: str = "web",
    revision: int = 1,
    status: str = "deployed",
    *,
    namespace: str = "shop",
    version: str = "1.2.3",
    manifest: str = MANIFEST,
    config: dict[str, Any] | None = None,
    hooks: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    return {
        "name": name,
        "namespace": namespace,
        "version": revision,
        "info": {"status": status, "last_deployed": "2026-01-02T03:04:05Z", "notes": "hello"},
        "chart": {
            "metadata": {
                "name": name,
                "version": version,
                "appVersion": "9.9",
                "kubeVersion": ">=1.25.0-0",
                "apiVersion": "v2",
            },
            "templates": [{"name": "templates/a.yaml", "data": "e30="}],
            "values": {"image": "web"},
        },
        "config": config,
        "manifest": manifest,
        "hooks": hooks,
    }


def secret(release: dict[str, Any]) -> Obj:
    return record("Secret", base64.b64encode(_packed(release)).decode(), release)


def config_map(release: dict[str, Any]) -> Obj:
    return record("ConfigMap", _packed(release).decode(), release)


def record(kind: str, data: Any, release: dict[str, Any]) -> Obj:
    obj: Obj = {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {
            "name": f"sh.helm.release.v1.{release['name']}.v{release['version']}",
            "namespace": release["namespace"],
            "labels": {"owner": "helm", "name": release["name"], "status": release["info"]["status"]},
        },
        "data": {"release": data},
    }
    if kind == "Secret":
        obj["type"] = "helm.sh/release.v1"
    return obj


def _packed(release: dict[str, Any]) -> bytes:
    return base64.b64encode(gzip.compress(json.dumps(release).encode()))
