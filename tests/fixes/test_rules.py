"""Each removed version moves to its replacement with the fields that the kind needs."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from seatrial.catalog import RemovalStatus, api_catalog
from seatrial.cluster.objects import GroupVersionKind
from seatrial.cluster.version import Minor
from seatrial.fixes import NotOffered, Rewritten, rewrite
from seatrial.fixes.registry import by_hand, rule_for
from seatrial.fixes.rule import identical
from seatrial.schemas import published_minors, schemas_for

NEWEST = published_minors()[-1]
META = {"name": "x"}
POD = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}


def test_every_removed_version_with_a_replacement_has_a_rule_or_a_reason() -> None:
    removed = [each.gvk for each in api_catalog() if each.removed and each.replacement]
    assert [gvk for gvk in removed if (rule_for(gvk) is not None) == bool(by_hand(gvk))] == []


def test_a_rule_that_moves_nothing_is_only_used_where_the_published_schemas_agree() -> None:
    unlike = []
    for each in api_catalog():
        if each.removed is None or each.replacement is None or rule_for(each.gvk) is not identical:
            continue
        if str(each.gvk).startswith("scheduling.k8s.io/v1alpha2"):
            continue  # what differs within is found when the result is held against the schema
        old = [minor for minor in published_minors() if schemas_for(minor).kind(each.gvk)]
        if not old:
            continue  # removed before the oldest published schema: the deprecation guide says so
        for minor in {old[-1], *[m for m in old if schemas_for(m).kind(each.replacement)][-1:]}:
            gone = _fields(minor, each.gvk) - _fields(NEWEST, each.replacement)
            if gone:
                unlike.append((str(each.gvk), sorted(gone)))
    assert unlike == []


def _fields(minor: Minor, gvk: GroupVersionKind) -> set[str]:
    schemas = schemas_for(minor)
    found: set[str] = set()

    def look(raw: Any, path: str, inside: tuple[str, ...]) -> None:
        if "$ref" in raw:
            name = raw["$ref"].rsplit("/", 1)[-1]
            if name not in inside and ".apimachinery." not in name:
                look(schemas.raw_definition(name), path, (*inside, name))
            return
        for key, value in raw.get("properties", {}).items():
            found.add(f"{path}.{key}")
            look(value, f"{path}.{key}", inside)
        for key in ("items", "additionalProperties"):
            if isinstance(raw.get(key), dict):
                look(raw[key], f"{path}.*", inside)
        for each in raw.get("allOf", ()):
            look(each, path, inside)

    look(schemas.raw_definition(str(schemas.definition_name(gvk))), "", ())
    return {each for each in found if not each.startswith((".status", ".metadata"))}


def obj(api: str, kind: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": META, **fields}


RBAC = "rbac.authorization.k8s.io"
FLOW = "flowcontrol.apiserver.k8s.io"
HPA_TARGET = {"scaleTargetRef": {"kind": "Deployment", "name": "x"}, "maxReplicas": 3}
LIMIT = {"limitResponse": {"type": "Reject"}}
HOOK = {"name": "h.example.com", "clientConfig": {"url": "https://h.example.com"}}
OLD_HOOK_DEFAULTS = {"failurePolicy": "Ignore", "matchPolicy": "Exact", "timeoutSeconds": 30}
REQUEST = {"name": "r", "deviceClassName": "c"}

MOVES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "an HPA's metrics of every type",
        obj(
            "autoscaling/v2beta1",
            "HorizontalPodAutoscaler",
            spec={
                **HPA_TARGET,
                "metrics": [
                    {"type": "Resource", "resource": {"name": "cpu", "targetAverageUtilization": 80}},
                    {"type": "Resource", "resource": {"name": "memory", "targetAverageValue": "1Gi"}},
                    {
                        "type": "ContainerResource",
                        "containerResource": {
                            "name": "cpu",
                            "container": "c",
                            "targetAverageUtilization": 5,
                        },
                    },
                    {
                        "type": "Pods",
                        "pods": {
                            "metricName": "m",
                            "selector": {"matchLabels": {"a": "b"}},
                            "targetAverageValue": 1,
                        },
                    },
                    {
                        "type": "Object",
                        "object": {
                            "target": {"kind": "Service", "name": "s"},
                            "metricName": "m",
                            "targetValue": "5",
                        },
                    },
                    {
                        "type": "External",
                        "external": {
                            "metricName": "q",
                            "metricSelector": {"matchLabels": {"a": "b"}},
                            "targetAverageValue": "9",
                        },
                    },
                ],
            },
        ),
        obj(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            spec={
                **HPA_TARGET,
                "metrics": [
                    {
                        "type": "Resource",
                        "resource": {
                            "name": "cpu",
                            "target": {"type": "Utilization", "averageUtilization": 80},
                        },
                    },
                    {
                        "type": "Resource",
                        "resource": {
                            "name": "memory",
                            "target": {"type": "AverageValue", "averageValue": "1Gi"},
                        },
                    },
                    {
                        "type": "ContainerResource",
                        "containerResource": {
                            "name": "cpu",
                            "container": "c",
                            "target": {"type": "Utilization", "averageUtilization": 5},
                        },
                    },
                    {
                        "type": "Pods",
                        "pods": {
                            "metric": {"name": "m", "selector": {"matchLabels": {"a": "b"}}},
                            "target": {"type": "AverageValue", "averageValue": 1},
                        },
                    },
                    {
                        "type": "Object",
                        "object": {
                            "describedObject": {"kind": "Service", "name": "s"},
                            "metric": {"name": "m"},
                            "target": {"type": "Value", "value": "5"},
                        },
                    },
                    {
                        "type": "External",
                        "external": {
                            "metric": {"name": "q", "selector": {"matchLabels": {"a": "b"}}},
                            "target": {"type": "AverageValue", "averageValue": "9"},
                        },
                    },
                ],
            },
        ),
    ),
    (
        "a budget's empty selector, which selected nothing",
        obj("policy/v1beta1", "PodDisruptionBudget", spec={"minAvailable": 1, "selector": {}}),
        obj("policy/v1", "PodDisruptionBudget", spec={"minAvailable": 1}),
    ),
    (
        "a cron job",
        obj(
            "batch/v1beta1",
            "CronJob",
            spec={
                "schedule": "@daily",
                "jobTemplate": {"spec": {"template": {"spec": {"containers": [{"name": "c"}]}}}},
            },
        ),
        obj(
            "batch/v1",
            "CronJob",
            spec={
                "schedule": "@daily",
                "jobTemplate": {"spec": {"template": {"spec": {"containers": [{"name": "c"}]}}}},
            },
        ),
    ),
    (
        "a priority level's shares",
        obj(
            f"{FLOW}/v1beta2",
            "PriorityLevelConfiguration",
            spec={"type": "Limited", "limited": {"assuredConcurrencyShares": 5, **LIMIT}},
        ),
        obj(
            f"{FLOW}/v1",
            "PriorityLevelConfiguration",
            spec={"type": "Limited", "limited": {"nominalConcurrencyShares": 5, **LIMIT}},
        ),
    ),
    (
        "a priority level's zero, which meant the default",
        obj(
            f"{FLOW}/v1beta3",
            "PriorityLevelConfiguration",
            spec={"type": "Limited", "limited": {"nominalConcurrencyShares": 0, **LIMIT}},
        ),
        obj(
            f"{FLOW}/v1",
            "PriorityLevelConfiguration",
            spec={"type": "Limited", "limited": {"nominalConcurrencyShares": 30, **LIMIT}},
        ),
    ),
    (
        "an endpoint's topology",
        obj(
            "discovery.k8s.io/v1beta1",
            "EndpointSlice",
            addressType="IPv4",
            endpoints=[
                {
                    "addresses": ["192.0.2.1"],
                    "topology": {"kubernetes.io/hostname": "n", "topology.kubernetes.io/zone": "z"},
                }
            ],
        ),
        obj(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            addressType="IPv4",
            endpoints=[{"addresses": ["192.0.2.1"], "nodeName": "n", "zone": "z"}],
        ),
    ),
    (
        "a deployment's selector",
        obj("extensions/v1beta1", "Deployment", spec={"replicas": 1, "template": POD}),
        obj(
            "apps/v1",
            "Deployment",
            spec={"replicas": 1, "selector": {"matchLabels": {"app": "x"}}, "template": POD},
        ),
    ),
    (
        "a daemon set's generation",
        obj("extensions/v1beta1", "DaemonSet", spec={"templateGeneration": 3, "template": POD}),
        obj("apps/v1", "DaemonSet", spec={"selector": {"matchLabels": {"app": "x"}}, "template": POD}),
    ),
    (
        "a webhook's defaults",
        obj(
            "admissionregistration.k8s.io/v1beta1",
            "ValidatingWebhookConfiguration",
            webhooks=[{**HOOK, "sideEffects": "None"}],
        ),
        obj(
            "admissionregistration.k8s.io/v1",
            "ValidatingWebhookConfiguration",
            webhooks=[
                {
                    **HOOK,
                    "sideEffects": "None",
                    "admissionReviewVersions": ["v1beta1"],
                    **OLD_HOOK_DEFAULTS,
                }
            ],
        ),
    ),
    (
        "an early policy binding",
        obj(
            "admissionregistration.k8s.io/v1alpha1",
            "ValidatingAdmissionPolicyBinding",
            spec={"policyName": "p", "paramRef": {"name": "q"}},
        ),
        obj(
            "admissionregistration.k8s.io/v1",
            "ValidatingAdmissionPolicyBinding",
            spec={
                "policyName": "p",
                "paramRef": {"name": "q", "parameterNotFoundAction": "Deny"},
                "validationActions": ["Deny"],
            },
        ),
    ),
    (
        "an alpha role binding",
        obj(
            f"{RBAC}/v1alpha1",
            "RoleBinding",
            roleRef={"kind": "Role", "name": "r"},
            subjects=[
                {"kind": "User", "name": "u", "apiVersion": f"{RBAC}/v1alpha1"},
                {"kind": "ServiceAccount", "name": "s", "namespace": "n", "apiVersion": "v1"},
            ],
        ),
        obj(
            f"{RBAC}/v1",
            "RoleBinding",
            roleRef={"apiGroup": RBAC, "kind": "Role", "name": "r"},
            subjects=[
                {"kind": "User", "name": "u", "apiGroup": RBAC},
                {"kind": "ServiceAccount", "name": "s", "namespace": "n"},
            ],
        ),
    ),
    (
        "an access review's groups",
        obj("authorization.k8s.io/v1beta1", "SubjectAccessReview", spec={"user": "u", "group": ["g"]}),
        obj("authorization.k8s.io/v1", "SubjectAccessReview", spec={"user": "u", "groups": ["g"]}),
    ),
    (
        "an alpha runtime class",
        obj("node.k8s.io/v1alpha1", "RuntimeClass", spec={"runtimeHandler": "runsc"}),
        obj("node.k8s.io/v1", "RuntimeClass", handler="runsc"),
    ),
    (
        "a claim's requests",
        obj(
            "resource.k8s.io/v1alpha3",
            "ResourceClaim",
            spec={"devices": {"requests": [{**REQUEST, "count": 2, "allocationMode": "ExactCount"}]}},
        ),
        obj(
            "resource.k8s.io/v1",
            "ResourceClaim",
            spec={
                "devices": {
                    "requests": [
                        {
                            "name": "r",
                            "exactly": {
                                "deviceClassName": "c",
                                "count": 2,
                                "allocationMode": "ExactCount",
                            },
                        }
                    ]
                }
            },
        ),
    ),
    (
        "a slice's devices",
        obj(
            "resource.k8s.io/v1alpha3",
            "ResourceSlice",
            spec={
                "driver": "d",
                "pool": {"name": "p", "generation": 1, "resourceSliceCount": 1},
                "devices": [{"name": "g", "basic": {"capacity": {"memory": "1Gi"}}}],
            },
        ),
        obj(
            "resource.k8s.io/v1",
            "ResourceSlice",
            spec={
                "driver": "d",
                "pool": {"name": "p", "generation": 1, "resourceSliceCount": 1},
                "devices": [{"name": "g", "capacity": {"memory": {"value": "1Gi"}}}],
            },
        ),
    ),
    (
        "a migration's resource",
        obj(
            "storagemigration.k8s.io/v1alpha1",
            "StorageVersionMigration",
            spec={"resource": {"group": "apps", "version": "v1", "resource": "deployments"}},
        ),
        obj(
            "storagemigration.k8s.io/v1",
            "StorageVersionMigration",
            spec={"resource": {"group": "apps", "resource": "deployments"}},
        ),
    ),
]


@pytest.mark.parametrize(("before", "after"), [row[1:] for row in MOVES], ids=[row[0] for row in MOVES])
def test_fields_move_and_the_result_fits_the_newest_schema(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    given = copy.deepcopy(before)
    assert isinstance(rewrite(given, NEWEST), Rewritten)
    assert given == after


BY_A_PERSON: list[tuple[str, dict[str, Any], str]] = [
    (
        "side effects that nobody stated",
        obj("admissionregistration.k8s.io/v1beta1", "MutatingWebhookConfiguration", webhooks=[HOOK]),
        "says nothing of its side effects",
    ),
    (
        "a certificate request without a signer",
        obj(
            "certificates.k8s.io/v1beta1",
            "CertificateSigningRequest",
            spec={"request": "eA==", "usages": ["client auth"]},
        ),
        "only who asks for the certificate knows the signer",
    ),
    (
        "a deployment without labels to select",
        obj("apps/v1beta1", "Deployment", spec={"template": {"spec": POD["spec"]}}),
        "has no labels",
    ),
    (
        "an ingress path without a backend",
        obj("extensions/v1beta1", "Ingress", spec={"rules": [{"http": {"paths": [{"path": "/"}]}}]}),
        "backend is missing",
    ),
    (
        "an HPA with a metric of an unknown type",
        obj(
            "autoscaling/v2beta1",
            "HorizontalPodAutoscaler",
            spec={**HPA_TARGET, "metrics": [{"type": "Odd"}]},
        ),
        "'Odd' is not known",
    ),
    (
        "a definition whose schema is not structural",
        obj(
            "apiextensions.k8s.io/v1beta1",
            "CustomResourceDefinition",
            spec={
                "group": "example.com",
                "version": "v1",
                "names": {"kind": "T", "plural": "ts"},
                "scope": "Namespaced",
                "preserveUnknownFields": False,
                "validation": {
                    "openAPIV3Schema": {"type": "object", "properties": {"spec": {"description": "x"}}}
                },
            },
        ),
        "openAPIV3Schema.spec has no type",
    ),
    (
        "an old claim",
        obj("resource.k8s.io/v1alpha2", "ResourceClaim", spec={"resourceClassName": "c"}),
        "classic dynamic resource allocation",
    ),
    (
        "an object of another shape",
        obj("extensions/v1beta1", "Ingress", spec={"rules": [{"http": {"paths": [{"backend": [1]}]}}]}),
        "backend is missing",
    ),
]


@pytest.mark.parametrize(
    ("given", "why"), [row[1:] for row in BY_A_PERSON], ids=[row[0] for row in BY_A_PERSON]
)
def test_what_only_a_person_can_decide_is_not_offered(given: dict[str, Any], why: str) -> None:
    answer = rewrite(copy.deepcopy(given), NEWEST)
    assert isinstance(answer, NotOffered)
    assert why in answer.why


def test_a_changed_meaning_is_noted() -> None:
    budget = obj("policy/v1beta1", "PodDisruptionBudget", spec={"selector": {}})
    answer = rewrite(budget, NEWEST)
    assert isinstance(answer, Rewritten)
    assert "in v1 every pod of the namespace" in answer.notes[0]


def test_a_replacement_that_the_target_lacks_is_not_offered() -> None:
    answer = rewrite(obj(f"{FLOW}/v1beta1", "FlowSchema", spec={}), Minor(1, 28))
    assert isinstance(answer, NotOffered)
    assert "does not serve" in answer.why


def test_planned_removals_are_known_by_their_status() -> None:
    planned = [each for each in api_catalog() if each.removal_status is RemovalStatus.PLANNED_DEFAULT]
    assert all(rule_for(each.gvk) or by_hand(each.gvk) for each in planned if each.replacement)
