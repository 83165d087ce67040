"""A cluster's objects with a canary in every place where clusters keep secrets."""

from __future__ import annotations

import base64
import gzip
import json
import textwrap
from typing import Any

from tests.cluster_runs.serve_one import budget, deployment
from tests.secrets.canaries import Canaries, Canary

from seatrial.cluster.objects import Obj
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.store import ResourceKey

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_WEBHOOKS = ResourceKey("admissionregistration.k8s.io", "validatingwebhookconfigurations")
BOATS = ResourceKey("harbour.example.com", "boats")


def plant(cluster: SimulatedCluster, canaries: Canaries) -> None:
    """Create them all in a running cluster."""
    at = canaries.at
    for key, obj in (
        (ResourceKey("", "secrets"), _secret(canaries)),
        (ResourceKey("", "secrets"), _key_pair(at("pem"))),
        (ResourceKey("", "configmaps"), _config_map(canaries)),
        (ResourceKey("apps", "deployments"), _workload(canaries)),
        (ResourceKey("policy", "poddisruptionbudgets"), budget("shop", "default")),
        (ResourceKey("batch", "cronjobs"), _cron_job(canaries)),
        (ResourceKey("apiextensions.k8s.io", "customresourcedefinitions"), _DEFINITION),
        (BOATS, _custom_resource(canaries)),
        (ResourceKey("storage.k8s.io", "storageclasses"), _storage_class(at("storage class"))),
        (_WEBHOOKS, _webhook(at("webhook"))),
        (ResourceKey("", "serviceaccounts"), _account(at("annotation of an account"))),
        (ResourceKey("networking.k8s.io", "ingresses"), _ingress(at("annotation of an ingress"))),
    ):
        cluster.verbs.create(key, obj)
    _plant_status(cluster, at("text of a condition"))


def _secret(canaries: Canaries) -> Obj:
    at = canaries.at
    record = gzip.compress(json.dumps({"config": {"password": at("packed in a secret").value}}).encode())
    return {
        "metadata": {"name": "database", "namespace": "default"},
        "type": "Opaque",
        "data": {
            "password": _encoded(at("secret").value),
            "again": _encoded(_encoded(at("twice encoded secret").value)),
            "record": base64.b64encode(base64.b64encode(record)).decode(),
            "binary": base64.b64encode(b"\0\xff" + at("binary secret").core.encode() + b"\xfe").decode(),
        },
    }


def _key_pair(canary: Canary) -> Obj:
    key, certificate = (_pem(kind, canary) for kind in ("PRIVATE KEY", "CERTIFICATE"))
    return {
        "metadata": {"name": "tls", "namespace": "default"},
        "type": "kubernetes.io/tls",
        "data": {"tls.key": _encoded(key), "tls.crt": _encoded(certificate)},
    }


def _pem(kind: str, canary: Canary) -> str:
    body = textwrap.fill(_encoded(f"0123456789{canary.value}" * 3), 64)
    return f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----\n"


def _config_map(canaries: Canaries) -> Obj:
    at = canaries.at
    wrapped = "\n".join(textwrap.wrap(_encoded(at("wrapped base64").value), 11))
    return {
        "metadata": {"name": "settings", "namespace": "default"},
        "data": {
            "url": f"postgres://u:{at('URL').in_url}@db/x",
            "file.yaml": f"a:\n  b: {at('config map').value}\n",
            "wrapped": wrapped,
            "letters": "\n".join(at("letter per line").value),
            "account.pem": _pem("RSA PRIVATE KEY", at("pem in a config map")),
        },
        "binaryData": {
            "packed": base64.b64encode(gzip.compress(at("packed").value.encode())).decode(),
        },
    }


def _workload(canaries: Canaries) -> Obj:
    at = canaries.at
    obj: dict[str, Any] = deployment("shop", "default", "example.com/shop:1", 2)
    container = obj["spec"]["template"]["spec"]["containers"][0]
    container |= {
        "env": [{"name": "PASSWORD", "value": at("env").value}],
        "args": ["--key", at("args").value],
        "command": ["/bin/sh", "-c", f"login {at('command').value}"],
        "workingDir": f"/srv/{at('working folder').plain}",
        "lifecycle": {"preStop": {"exec": {"command": ["bye", at("hook of a container").value]}}},
        "livenessProbe": {
            "httpGet": {
                "path": f"/healthz?token={at('probe path').in_url}",
                "port": 80,
                "httpHeaders": [{"name": "Authorization", "value": f"Bearer {at('probe header').value}"}],
            }
        },
    }
    obj["spec"]["template"]["spec"]["initContainers"] = [
        {
            "name": "first",
            "image": "example.com/first:1",
            "env": [{"name": "A", "value": at("first env").value}],
        }
    ]
    obj["spec"]["template"]["spec"]["hostAliases"] = [{"ip": "10.0.0.1", "hostnames": [at("host").plain]}]
    obj["spec"]["template"]["metadata"]["annotations"] = {"vault/key": at("annotation of pods").value}
    applied = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": at("last-applied").value}
    obj["metadata"]["annotations"] = {
        "example.com/token": at("annotation").value,
        LAST_APPLIED: json.dumps(applied),
    }
    return obj


def _cron_job(canaries: Canaries) -> Obj:
    at = canaries.at
    container = {"name": "main", "image": "example.com/job:1", "args": [at("args of a cron job").value]}
    return {
        "metadata": {"name": "backup", "namespace": "default"},
        "spec": {
            "schedule": "0 3 1 1 *",
            "jobTemplate": {
                "metadata": {"annotations": {"k": at("annotation of jobs").value}},
                "spec": {
                    "template": {
                        "metadata": {"annotations": {"k": at("annotation of pods of jobs").value}},
                        "spec": {"containers": [container], "restartPolicy": "Never"},
                    }
                },
            },
        },
    }


_DEFINITION: Obj = {
    "metadata": {"name": "boats.harbour.example.com"},
    "spec": {
        "group": BOATS.group,
        "scope": "Namespaced",
        "names": {"plural": "boats", "singular": "boat", "kind": "Boat", "listKind": "BoatList"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                            "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                        },
                    }
                },
            }
        ],
    },
}


def _custom_resource(canaries: Canaries) -> Obj:
    at = canaries.at
    return {
        "apiVersion": "harbour.example.com/v1",
        "kind": "Boat",
        "metadata": {"name": "tug", "namespace": "default", "annotations": {"a": at("annotated boat").value}},
        "spec": {"login": {"passwords": [at("custom resource").value]}},
        "status": {"lastError": f"refused {at('status of a custom resource').value}"},
    }


def _storage_class(canary: Canary) -> Obj:
    return {
        "metadata": {"name": "fast"},
        "provisioner": "disks.example.com",
        "parameters": {"adminSecret": canary.value},
    }


def _webhook(canary: Canary) -> Obj:
    return {
        "metadata": {"name": "policy", "annotations": {"note": canary.value}},
        "webhooks": [
            {
                "name": "policy.example.com",
                "clientConfig": {"url": f"https://policy.example.com/?token={canary.in_url}"},
                "rules": [],
                "failurePolicy": "Ignore",
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
            }
        ],
    }


def _account(canary: Canary) -> Obj:
    return {"metadata": {"name": "robot", "namespace": "default", "annotations": {"role": canary.value}}}


def _ingress(canary: Canary) -> Obj:
    auth = "nginx.ingress.kubernetes.io/auth-signin"
    return {
        "metadata": {"name": "shop", "namespace": "default", "annotations": {auth: canary.value}},
        "spec": {"defaultBackend": {"service": {"name": "shop", "port": {"number": 80}}}},
    }


def _plant_status(cluster: SimulatedCluster, canary: Canary) -> None:
    """Text that a program in the cluster wrote about its own failure."""
    key = ResourceKey("autoscaling", "horizontalpodautoscalers")
    condition = {"type": "ScalingActive", "status": "False", "reason": "Failed", "message": canary.value}
    cluster.verbs.restore(
        key,
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "shop", "namespace": "default"},
            "spec": {
                "minReplicas": 2,
                "maxReplicas": 3,
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"},
            },
            "status": {"conditions": [condition], "currentReplicas": 2, "desiredReplicas": 2},
        },
    )


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
