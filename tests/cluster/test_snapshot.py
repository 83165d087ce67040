"""The snapshot in memory: typed reads, whole objects, and what was not read."""

import json
from typing import Any

import msgspec
import pytest
from tests.builders import a_node, a_pod, a_snapshot, an_object, forbidden, not_served

from seatrial.cluster.metrics import merge_metrics
from seatrial.cluster.models import (
    KINDS,
    CronJob,
    DaemonSet,
    Deployment,
    Job,
    Metadata,
    Node,
    Pod,
    ReplicaSet,
    Secret,
    StatefulSet,
    decode,
)
from seatrial.cluster.objects import GroupKind, GroupVersionResource
from seatrial.cluster.ownership import Owner, OwnerKind, owner_of
from seatrial.cluster.snapshot import ResourceList
from seatrial.errors import BadFormat


def test_typed_read_decodes_once_and_keeps_order() -> None:
    snapshot = a_snapshot(a_pod("b"), a_pod("a"), a_node())
    assert [pod.name for pod in snapshot.read(Pod)] == ["b", "a"]
    assert snapshot.read(Pod) is snapshot.read(Pod)
    assert snapshot.count == 3


def test_metadata_of_what_was_read_is_not_decoded_again() -> None:
    snapshot = a_snapshot(a_pod("b"), a_pod("a"), a_node())
    (pods,) = snapshot.lists_of(Pod.group_kind())
    before = list(snapshot.metadata(pods))
    assert [each.name for each in before] == ["b", "a"]
    read = [pod.metadata for pod in snapshot.read(Pod)]
    assert read == before
    assert all(one is other for one, other in zip(snapshot.metadata(pods), read, strict=True))


def test_metadata_of_a_kind_in_two_versions_is_of_the_list_that_was_asked_for() -> None:
    one, other = (
        ResourceList(GroupVersionResource("", version, "pods"), "Pod", True, (raw,))
        for version, raw in (("v1", b'{"metadata": {"name": "a"}}'), ("v2", b'{"metadata": {"name": "b"}}'))
    )
    snapshot = type(a_snapshot())(a_snapshot().meta, (one, other))
    assert [pod.name for pod in snapshot.read(Pod)] == ["a", "b"]
    assert [[each.name for each in snapshot.metadata(listed)] for listed in (one, other)] == [["a"], ["b"]]


def test_whole_objects_get_the_version_and_kind_that_lists_leave_out() -> None:
    snapshot = a_snapshot()
    listed = ResourceList(
        GroupVersionResource("", "v1", "pods"), "Pod", True, (b'{"metadata": {"name": "a"}}',)
    )
    snapshot = type(snapshot)(snapshot.meta, (listed,))
    assert snapshot.objects(GroupKind("", "Pod")) == [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}
    ]


def test_unread_is_told_from_not_served_and_from_never_asked() -> None:
    snapshot = a_snapshot(unread=[forbidden(Pod), not_served(Node)])
    assert len(snapshot.unread_of(Pod)) == 1
    assert snapshot.unread_of(Node) == ()
    assert snapshot.asked_for(Node)
    assert not type(snapshot)(snapshot.meta).asked_for(Node)


def test_nulls_and_unknown_fields_read_as_absent() -> None:
    raw = {
        "metadata": {"name": "a", "labels": None, "creationTimestamp": None, "novelty": {"x": 1}},
        "spec": {"containers": [None, {"name": "c", "ports": None}], "volumes": None},
        "status": None,
    }
    pod = decode(Pod, json.dumps(raw).encode())
    assert (pod.name, pod.labels, [each.name for each in pod.spec.containers]) == ("a", {}, ["c"])


@pytest.mark.parametrize("kind", [Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob])
def test_the_null_that_servers_write_into_each_template_does_not_take_the_slow_way(kind: type[Pod]) -> None:
    made = {"metadata": {"creationTimestamp": None, "labels": {"app": "a"}}}
    spec: dict[str, Any] = {"template": made, "volumeClaimTemplates": [made]}
    if kind is CronJob:
        spec = {"jobTemplate": {**made, "spec": spec}}
    raw = json.dumps({"metadata": {"name": "a"}, "spec": spec}).encode()
    assert msgspec.json.decode(raw, type=kind) == decode(kind, raw)


@pytest.mark.parametrize("raw", [b'{"spec": 7}', b"[]", b"{", b'{"metadata": {"labels": {"a": 1}}}'])
def test_object_of_another_shape_is_a_bad_format(raw: bytes) -> None:
    with pytest.raises(BadFormat):
        decode(Pod, raw)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_reads_an_object_that_has_only_a_name(kind: type[Pod]) -> None:
    assert decode(kind, b'{"metadata": {"name": "a"}}').ref.name == "a"


def test_a_secret_keeps_nothing_of_its_content() -> None:
    secret = decode(Secret, b'{"metadata": {"name": "a"}, "type": "Opaque", "data": {"k": "Y2FuYXJ5"}}')
    assert "Y2FuYXJ5" not in repr(secret)


@pytest.mark.parametrize(
    ("metadata", "owner"),
    [
        (Metadata(), None),
        (
            Metadata(annotations={"argocd.argoproj.io/tracking-id": "team_app:apps/Deployment:shop/web"}),
            Owner(OwnerKind.ARGO_CD, "app", "team"),
        ),
        (Metadata(labels={"argocd.argoproj.io/instance": "app"}), Owner(OwnerKind.ARGO_CD, "app")),
        (
            Metadata(
                labels={
                    "kustomize.toolkit.fluxcd.io/name": "infra",
                    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
                }
            ),
            Owner(OwnerKind.FLUX, "Kustomization flux-system/infra"),
        ),
        (
            Metadata(
                labels={"app.kubernetes.io/managed-by": "Helm"},
                annotations={"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"},
            ),
            Owner(OwnerKind.HELM, "web", "shop"),
        ),
        (
            Metadata(labels={"app.kubernetes.io/managed-by": "pg-operator"}),
            Owner(OwnerKind.LABEL, "pg-operator"),
        ),
    ],
)
def test_owner_is_the_strongest_claim(metadata: Metadata, owner: Owner | None) -> None:
    assert owner_of(metadata) == owner


def test_field_manager_owns_what_nobody_else_claims() -> None:
    pod = an_object("v1", "Pod", "a", "shop")
    pod["metadata"]["managedFields"] = [
        {"manager": "kubelet", "operation": "Update", "subresource": "status"},
        {"manager": "kubectl-client-side-apply", "operation": "Update"},
    ]
    (found,) = a_snapshot(pod).read(Pod)
    assert str(owner_of(found.metadata)) == "written by kubectl-client-side-apply"


def test_metrics_of_several_servers_are_one_picture() -> None:
    one = (
        "# HELP apiserver_requested_deprecated_apis x\n"
        'apiserver_requested_deprecated_apis{group="policy",removed_release="1.25",resource="podsecuritypolicies",'
        'subresource="",version="v1beta1"} 1\n'
        'apiserver_requested_deprecated_apis{group="",removed_release="",resource="x",version="v1"} 0\n'
    )
    metrics = merge_metrics([one, ""], servers_known=3)
    assert [(str(request.gvr), request.removed_release) for request in metrics.requests] == [
        ("podsecuritypolicies.policy", "1.25")
    ]
    assert (metrics.servers_heard, metrics.servers_known) == (2, 3)


def test_snapshot_does_not_show_what_it_holds() -> None:
    snapshot = a_snapshot(an_object("v1", "Secret", "a", "b", data={"key": "Y2FuYXJ5"}))
    assert snapshot.objects(GroupKind("", "Secret"))[0]["data"] == {"key": "Y2FuYXJ5"}
    assert "Y2FuYXJ5" not in repr(snapshot)
