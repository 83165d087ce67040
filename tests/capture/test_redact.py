"""Nothing secret leaves in a portable snapshot; what checks and twins read does."""

import base64
import json
from typing import Any

import pytest
from tests.builders import a_snapshot

from seatrial.capture.redact import LAST_APPLIED, portable, redact_object
from seatrial.capture.tokens import Tokens
from seatrial.cluster.helm_release import ChartName, ReleaseRecord, ReleaseStatus
from seatrial.cluster.objects import GroupKind, GroupVersionResource, Obj
from seatrial.cluster.snapshot import Snapshot, Unread, UnreadReason

CANARY = "canary-5up3r-s3cr3t-value"
CANARY64 = base64.b64encode(CANARY.encode()).decode()


def _pod_template(where: str) -> Obj:
    return {
        "metadata": {"labels": {"app": "web"}, "annotations": {"vault/token": f"{CANARY}-{where}"}},
        "spec": {
            "containers": [
                {
                    "name": "web",
                    "image": "shop/web:1.2.3",
                    "args": [f"--password={CANARY}"],
                    "command": ["sh", "-c", CANARY],
                    "env": [
                        {"name": "PASSWORD", "value": CANARY},
                        {"name": "FROM", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
                    ],
                    "livenessProbe": {"exec": {"command": [CANARY]}},
                    "lifecycle": {"preStop": {"exec": {"command": [CANARY]}}},
                    "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
                }
            ],
            "tolerations": [{"key": "gpu", "operator": "Exists"}],
        },
    }


OBJECTS: list[Obj] = [
    {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "db",
            "namespace": "shop",
            "annotations": {
                LAST_APPLIED: json.dumps(
                    {"apiVersion": "v1", "kind": "Secret", "stringData": {"password": CANARY}}
                )
            },
        },
        "type": "Opaque",
        "data": {"password": CANARY64},
        "stringData": {"password": CANARY},
    },
    {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": "shop"},
        "data": {"app.ini": f"password = {CANARY}"},
        "binaryData": {"blob": CANARY64},
    },
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "annotations": {"note": CANARY, "deployment.kubernetes.io/revision": "3"},
            "managedFields": [
                {
                    "manager": "kubectl",
                    "apiVersion": "apps/v1beta1",
                    "fieldsV1": {f'v:"{CANARY}"': {}},
                }
            ],
        },
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": _pod_template("d")},
        "status": {"conditions": [{"type": "Available", "status": "False", "message": f"error: {CANARY}"}]},
    },
    {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "nightly", "namespace": "shop"},
        "spec": {
            "schedule": "0 3 * * *",
            "jobTemplate": {
                "metadata": {"annotations": {"x": CANARY}},
                "spec": {"template": _pod_template("c")},
            },
        },
    },
    {
        "apiVersion": "databases.example.com/v1",
        "kind": "Postgres",
        "metadata": {"name": "main", "namespace": "shop", "labels": {"team": "data"}},
        "spec": {"adminPassword": CANARY, "size": 3, "nested": [{"token": CANARY}]},
    },
    {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {"name": "web-1", "namespace": "shop"},
        "data": {"spec": {"template": _pod_template("r")}},
        "revision": 1,
    },
    {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "guard"},
        "webhooks": [
            {
                "name": "guard.example.com",
                "failurePolicy": "Fail",
                "clientConfig": {"url": f"https://hook/?token={CANARY}", "caBundle": CANARY64},
            }
        ],
    },
]


def all_bytes(snapshot: Snapshot) -> bytes:
    parts = [bytes(item) for each in snapshot.resources for item in each.items]
    parts += [each.message.encode() for each in snapshot.unread]
    parts += [record.manifest.encode() for record in snapshot.releases]
    return b"\n".join(parts)


def a_full_snapshot() -> Snapshot:
    record = ReleaseRecord(
        name="web",
        namespace="shop",
        revision=1,
        status=ReleaseStatus.DEPLOYED,
        chart=ChartName(name="web", version="1.0.0"),
        objects=(),
        manifest=f"password: {CANARY}",
    )
    unread = Unread(
        gvr=GroupVersionResource("x.example.com", "v1", "things"),
        reason=UnreadReason.FAILED,
        message=f"webhook said {CANARY}",
    )
    return a_snapshot(*OBJECTS, releases=[record], unread=[unread])


@pytest.mark.parametrize("needle", [CANARY, CANARY64, CANARY64.rstrip("=")])
def test_no_canary_survives(needle: str) -> None:
    before, after = a_full_snapshot(), portable(a_full_snapshot())
    assert CANARY.encode() in all_bytes(before)
    assert needle.encode() not in all_bytes(after)
    assert after.meta.portable


def redacted(number: int) -> Obj:
    obj = OBJECTS[number]
    group = str(obj["apiVersion"]).rpartition("/")[0]
    return redact_object(obj, GroupKind(group, str(obj["kind"])), Tokens(b"k" * 32))


def test_what_checks_and_twins_read_stays() -> None:
    web = redacted(2)
    container: dict[str, Any] = web["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "shop/web:1.2.3"
    assert container["resources"] == {"requests": {"cpu": "100m", "memory": "64Mi"}}
    assert container["env"][0]["name"] == "PASSWORD"
    assert container["env"][1]["valueFrom"] == {"secretKeyRef": {"name": "db", "key": "password"}}
    assert web["spec"]["template"]["spec"]["tolerations"] == [{"key": "gpu", "operator": "Exists"}]
    assert web["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"
    assert web["metadata"]["managedFields"] == [{"manager": "kubectl", "apiVersion": "apps/v1beta1"}]
    assert web["status"]["conditions"][0]["type"] == "Available"


def test_a_revision_says_of_its_template_what_the_workload_says() -> None:
    """Otherwise a twin would take the template for changed, and roll its pods at once."""
    template = _pod_template("revision")
    revision: Obj = {
        "metadata": {"name": "web-1"},
        "data": {"spec": {"template": {**template, "$patch": "replace"}}},
    }
    workload: Obj = {"metadata": {"name": "web"}, "spec": {"template": template}}
    tokens = Tokens(b"k" * 32)
    of_revision = redact_object(revision, GroupKind("apps", "ControllerRevision"), tokens)
    of_workload = redact_object(workload, GroupKind("apps", "StatefulSet"), tokens)
    assert of_revision["data"]["spec"]["template"] == {**of_workload["spec"]["template"], "$patch": "replace"}


def test_claim_templates_stay_for_they_cannot_be_changed() -> None:
    claim: Obj = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "labels": {"app": "db"}},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "8Gi"}}},
        "status": {"phase": "Pending"},
    }
    db: Obj = {"metadata": {"name": "db"}, "spec": {"volumeClaimTemplates": [claim]}}
    redacted_db = redact_object(db, GroupKind("apps", "StatefulSet"), Tokens(b"k" * 32))
    assert redacted_db["spec"]["volumeClaimTemplates"] == [claim]


def test_equal_secrets_stay_equal_also_in_base64() -> None:
    secret = redacted(0)
    assert base64.b64decode(secret["data"]["password"]).decode() == secret["stringData"]["password"]


def test_last_applied_keeps_its_version_only() -> None:
    applied = redacted(0)["metadata"]["annotations"][LAST_APPLIED]
    assert json.loads(applied) == {"apiVersion": "v1", "kind": "Secret"}


def test_custom_resources_keep_metadata_and_shape() -> None:
    postgres = redacted(4)
    assert postgres["metadata"] == OBJECTS[4]["metadata"]
    assert postgres["spec"]["size"] == 3
    assert set(postgres["spec"]) == {"adminPassword", "size", "nested"}


def test_a_portable_snapshot_stays_as_it_is() -> None:
    once = portable(a_full_snapshot())
    assert portable(once) is once
