"""Unmodified kubectl, the oldest supported and the newest, through a day's work on simulated clusters."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.simulator.command_line import CommandLine, command_line
from tests.simulator.running import Running
from tests.tools import kubectl

pytestmark = pytest.mark.journey

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 5
      containers:
      - {name: web, image: "web:1", ports: [{containerPort: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
"""

WIDGETS = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: GROUP}
spec:
  group: SUFFIX
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, shortNames: [wd]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}, scale: {specReplicasPath: .spec.size, statusReplicasPath: .status.size}}
    additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [size]
            properties:
              size: {type: integer, minimum: 1, description: How many there are.}
              color: {type: string, default: red}
          status: {type: object, properties: {size: {type: integer}}}
"""


@pytest.fixture(params=[("1.29", "old"), ("1.29", "new"), ("1.37", "old"), ("1.37", "new")], ids="-".join)
def k(request: pytest.FixtureRequest, simulator: Running, tmp_path: Path) -> CommandLine:
    """kubectl of one minor on a cluster of another, in a namespace of its own."""
    version, cluster = request.param
    namespace = f"k{version.replace('.', '')}-{request.function.__name__[5:25].strip('_').replace('_', '-')}"
    admin = command_line(
        kubectl(version), simulator.kubeconfig, tmp_path, "--context", cluster, "-n", namespace
    )
    admin("create", "namespace", namespace)
    return admin


def test_a_workload_is_applied_changed_scaled_and_deleted(k: CommandLine) -> None:
    assert k("apply", "-f", "-", stdin=WEB).splitlines() == [
        "deployment.apps/web created",
        "service/web created",
        "poddisruptionbudget.policy/web created",
    ]
    k("rollout", "status", "deployment/web", "--timeout=60s")
    assert k("get", "deployment", "web").split()[5:9] == ["web", "2/2", "2", "2"]
    assert "deployment.apps/web unchanged" in k("apply", "-f", "-", stdin=WEB)

    strategic = '{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"web:2"}]}}}}'
    k("patch", "deployment", "web", "-p", strategic)
    k("patch", "deployment", "web", "--type=merge", "-p", '{"metadata":{"labels":{"tier":"front"}}}')
    add = '[{"op":"add","path":"/metadata/labels/team","value":"shop"}]'
    k("patch", "deployment", "web", "--type=json", "-p", add)
    labels = k("get", "deployment", "web", "-o", "jsonpath={.metadata.labels}")
    assert '"tier":"front"' in labels
    assert '"team":"shop"' in labels

    assert k("scale", "deployment", "web", "--replicas=3") == "deployment.apps/web scaled\n"
    k("wait", "--for=condition=Available", "deployment/web", "--timeout=60s")
    k("rollout", "status", "deployment/web", "--timeout=60s")
    ready = "jsonpath={.status.readyReplicas} {.spec.template.spec.containers[0].image}"
    assert k("get", "deployment", "web", "-o", ready) == "3 web:2"
    k("rollout", "undo", "deployment/web")
    assert "web:1" in k("describe", "deployment", "web")

    k("delete", "deployment", "web")
    k("wait", "--for=delete", "pod", "-l", "app=web", "--timeout=60s")
    assert k("get", "pods", "-o", "name") == ""


def test_server_side_apply_reports_who_owns_a_field(k: CommandLine) -> None:
    k("apply", "--server-side", "-f", "-", stdin=WEB)
    other = WEB.replace("replicas: 2", "replicas: 5")
    refused = k("apply", "--server-side", "--field-manager=other", "-f", "-", stdin=other, fails=True)
    assert 'conflict with "kubectl": .spec.replicas' in refused
    k("apply", "--server-side", "--field-manager=other", "--force-conflicts", "-f", "-", stdin=other)
    assert k("get", "deployment", "web", "-o", "jsonpath={.spec.replicas}") == "5"
    k("delete", "-f", "-", stdin=WEB)


def test_a_node_is_cordoned_drained_within_the_budget_and_put_back(k: CommandLine) -> None:
    k("apply", "-f", "-", stdin=WEB)
    k("rollout", "status", "deployment/web", "--timeout=60s")
    node = k("get", "pods", "-o", "jsonpath={.items[0].spec.nodeName}")
    try:
        assert k("cordon", node) == f"node/{node} cordoned\n"
        assert "SchedulingDisabled" in k("get", "node", node)
        drained = k("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=60s")
        assert f"node/{node} drained" in drained
        assert node not in k("get", "pods", "-o", "jsonpath={.items[*].spec.nodeName}")
    finally:
        k("uncordon", node)
    k("delete", "-f", "-", stdin=WEB)


def test_custom_resources_are_defined_validated_scaled_and_explained(k: CommandLine) -> None:
    suffix = f"{k.arguments[-1]}.example.com"
    definition = WIDGETS.replace("GROUP", f"widgets.{suffix}").replace("SUFFIX", suffix)
    k("create", "-f", "-", stdin=definition)
    try:
        k("wait", "--for=condition=Established", f"crd/widgets.{suffix}", "--timeout=10s")
        widget = f"apiVersion: {suffix}/v1\nkind: Widget\nmetadata: {{name: w}}\nspec: {{size: 2, odd: 1}}\n"
        refused = k("apply", "-f", "-", stdin=widget, fails=True)
        assert 'unknown field "spec.odd"' in refused
        k("apply", "-f", "-", stdin=widget.replace(", odd: 1", ""))
        assert k("get", f"widgets.{suffix}").split() == ["NAME", "SIZE", "w", "2"]
        assert k("get", f"widgets.{suffix}", "w", "-o", "jsonpath={.spec.color}") == "red"
        k("scale", f"widgets.{suffix}/w", "--replicas=4")
        assert k("get", f"widgets.{suffix}", "w", "-o", "jsonpath={.spec.size}") == "4"
        low = k("patch", f"widgets.{suffix}", "w", "--type=merge", "-p", '{"spec":{"size":0}}', fails=True)
        assert "should be greater than or equal to 1" in low
        assert "How many there are." in k("explain", f"widgets.{suffix}.spec")
    finally:
        k("delete", "crd", f"widgets.{suffix}", "--timeout=20s")
    assert "widgets" not in k("api-resources", "--api-group", suffix)


def test_everyday_questions_have_answers(k: CommandLine) -> None:
    assert "deployments" in k("api-resources")
    assert "rollingUpdate" in k("explain", "deployment.spec.strategy")
    assert k("auth", "can-i", "list", "secrets") == "yes\n"
    k("create", "configmap", "settings", "--from-literal=a=b")
    k("create", "secret", "generic", "token", "--from-literal=a=b")
    k("create", "deployment", "two", "--image=two:1")
    k("label", "configmap", "settings", "kept=yes")
    assert k("get", "configmap", "-l", "kept=yes", "-o", "name") == "configmap/settings\n"
    assert k("get", "pods", "-A", "--chunk-size=1", "-o", "name")
    missing = k("get", "pods", "nothing", fails=True)
    assert missing == 'Error from server (NotFound): pods "nothing" not found\n'
    k("delete", "deployment", "two")


def test_a_watch_sees_an_object_come_and_go(simulator: Running, tmp_path: Path) -> None:
    import subprocess

    k = command_line(kubectl("1.37"), simulator.kubeconfig, tmp_path, "--context", "middle")
    watch = subprocess.Popen(
        [str(k.binary), *k.arguments, "get", "configmaps", "-w", "--output-watch-events"],
        stdout=subprocess.PIPE,
        text=True,
        env=k.environment,
    )
    try:
        assert watch.stdout is not None
        k("create", "configmap", "seen", "--from-literal=a=b")
        k("label", "configmap", "seen", "x=y")
        k("delete", "configmap", "seen")
        lines = iter(line for line in watch.stdout if " seen " in line)
        assert [next(lines).split()[0] for _ in range(3)] == ["ADDED", "MODIFIED", "DELETED"]
    finally:
        watch.kill()
        watch.communicate()


def test_an_upgrade_changes_what_is_served_and_warned_of(simulator: Running, tmp_path: Path) -> None:
    from seatrial.cluster.version import Minor

    k = command_line(kubectl("1.37"), simulator.kubeconfig, tmp_path, "--context", "middle")
    cluster = simulator.clusters["middle"]
    simulator.call(lambda: cluster.set_minor(Minor(1, 31)))
    try:
        assert "flowcontrol.apiserver.k8s.io/v1beta3" in k("api-versions")
        simulator.call(lambda: cluster.set_minor(Minor(1, 32)))
        assert "flowcontrol.apiserver.k8s.io/v1beta3" not in k("api-versions")
        assert "v1.32.0" in k("version")
    finally:
        simulator.call(lambda: cluster.set_minor(Minor(1, 33)))
