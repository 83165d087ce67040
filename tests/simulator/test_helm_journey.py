"""Unmodified Helm 3 and Helm 4 through the life of a release on simulated clusters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.simulator.command_line import CommandLine, command_line
from tests.simulator.running import Running
from tests.tools import helm

pytestmark = pytest.mark.journey

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\nappVersion: '1'\n",
    "values.yaml": "replicas: 1\nimage: shop:1\ncpu: 10m\n",
    "crds/orders.yaml": """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: orders.shop.example.com}
spec:
  group: shop.example.com
  scope: Namespaced
  names: {plural: orders, singular: order, kind: Order}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
""",
    "templates/app.yaml": """
apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Release.Name }}"}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: "{{ .Release.Name }}"}}
  template:
    metadata: {labels: {app: "{{ .Release.Name }}"}}
    spec:
      terminationGracePeriodSeconds: 5
      containers:
      - {name: shop, image: "{{ .Values.image }}", resources: {requests: {cpu: "{{ .Values.cpu }}"}}}
---
apiVersion: v1
kind: Service
metadata: {name: "{{ .Release.Name }}"}
spec: {selector: {app: "{{ .Release.Name }}"}, ports: [{port: 80}]}
---
apiVersion: shop.example.com/v1
kind: Order
metadata: {name: "{{ .Release.Name }}"}
spec: {size: 1}
""",
    "templates/hook.yaml": """
apiVersion: batch/v1
kind: Job
metadata:
  name: "{{ .Release.Name }}-prepare"
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec: {template: {spec: {restartPolicy: Never, containers: [{name: prepare, image: "prepare:1"}]}}}
""",
}


@pytest.fixture(params=[("3", "old"), ("3", "new"), ("4", "old"), ("4", "new")], ids="-".join)
def h(request: pytest.FixtureRequest, simulator: Running, tmp_path: Path) -> CommandLine:
    """Helm of one major on a cluster of one minor, beside a chart."""
    major, cluster = request.param
    for name, text in CHART.items():
        file = tmp_path / "chart" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return command_line(
        helm(major), simulator.kubeconfig, tmp_path, "--kube-context", cluster, "-n", f"helm{major}"
    )


def test_a_release_is_installed_upgraded_rolled_back_and_uninstalled(h: CommandLine) -> None:
    h("install", "quick", "chart", "--create-namespace")
    h("upgrade", "quick", "chart", "--set", "replicas=2")
    h("rollback", "quick", "1")
    states = [entry["status"] for entry in json.loads(h("history", "quick", "-o", "json"))]
    assert states == ["superseded", "superseded", "deployed"]
    assert [one["name"] for one in json.loads(h("list", "-o", "json"))] == ["quick"]
    h("uninstall", "quick")
    assert json.loads(h("list", "-o", "json")) == []


def test_waiting_sees_the_workload_become_ready(h: CommandLine, simulator: Running) -> None:
    h("install", "slow", "chart", "--create-namespace", "--wait", "--timeout", "60s")
    h("upgrade", "slow", "chart", "--set", "image=shop:2", "--wait", "--timeout", "60s")
    h("rollback", "slow", "1", "--wait", "--timeout", "60s")
    from seatrial.simulator.store import ResourceKey

    cluster, namespace = simulator.clusters[h.arguments[1]], h.arguments[3]
    found = simulator.call(lambda: cluster.verbs.get(ResourceKey("apps", "deployments"), namespace, "slow"))
    assert found["status"]["readyReplicas"] == 1
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == "shop:1"
    h("uninstall", "slow", "--wait", "--timeout", "60s")


def test_waiting_for_pods_that_cannot_run_fails_and_says_so(h: CommandLine) -> None:
    refused = h(
        "install",
        "stuck",
        "chart",
        "--create-namespace",
        "--wait",
        "--timeout",
        "4s",
        "--no-hooks",
        "--set",
        "cpu=64",
        fails=True,
    )
    assert "deadline exceeded" in refused or "timed out" in refused or "not ready" in refused.lower()
    [stuck] = [one for one in json.loads(h("list", "--failed", "-o", "json")) if one["name"] == "stuck"]
    assert stuck["status"] == "failed"
    h("uninstall", "stuck")
