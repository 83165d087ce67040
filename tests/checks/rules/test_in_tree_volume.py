"""Volume types that were taken out of Kubernetes."""

from typing import Any

from tests.builders import a_node, a_snapshot, an_object
from tests.checks.corpus import Case
from tests.checks.workloads import a_workload

CHECK = "in-tree-volume"


def _volume(**source: Any) -> dict[str, Any]:
    return an_object("v1", "PersistentVolume", "data", spec={"capacity": {"storage": "1Gi"}, **source})


def _class(provisioner: str) -> dict[str, Any]:
    return an_object("storage.k8s.io/v1", "StorageClass", "fast", provisioner=provisioner)


DRIVER = an_object("storage.k8s.io/v1", "CSIDriver", "ebs.csi.aws.com", spec={})
DISK = _volume(awsElasticBlockStore={"volumeID": "vol-1"})
CASES = (
    Case(
        check=CHECK,
        name="a pod with a volume of a type that is gone",
        severities=("blocker",),
        snapshot=a_snapshot(
            a_node(),
            a_workload("web", spec={"volumes": [{"name": "data", "cephfs": {"monitors": ["10.0.0.9"]}}]}),
        ),
    ),
    Case(
        check=CHECK,
        name="a disk whose CSI driver is missing",
        severities=("blocker",),
        snapshot=a_snapshot(a_node(), DISK, _class("kubernetes.io/aws-ebs")),
    ),
    Case(
        check=CHECK,
        name="a released volume and a workload of no replicas",
        severities=("warning",),
        snapshot=a_snapshot(
            a_node(),
            {**_volume(rbd={"image": "a"}), "status": {"phase": "Released"}},
            a_workload("web", replicas=0, spec={"volumes": [{"name": "data", "rbd": {"image": "a"}}]}),
        ),
    ),
    Case(
        check=CHECK,
        name="a class that provisions nothing any more",
        severities=("warning",),
        snapshot=a_snapshot(a_node(), _class("kubernetes.io/glusterfs")),
    ),
    Case(
        check=CHECK,
        name="a flexible volume",
        severities=("info",),
        snapshot=a_snapshot(a_node(), _volume(flexVolume={"driver": "example.org/lvm"})),
    ),
    Case(
        check=CHECK,
        name="a disk whose CSI driver is there, and other volumes",
        severities=(),
        snapshot=a_snapshot(
            a_node(),
            DISK,
            DRIVER,
            _class("kubernetes.io/no-provisioner"),
            a_workload("web", spec={"volumes": [{"name": "tmp", "emptyDir": {}}]}),
        ),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
    Case(
        check=CHECK,
        name="manifests of a disk with a driver of which files say nothing, and of one that is gone",
        severities=("blocker",),
        files="""
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec: {awsElasticBlockStore: {volumeID: vol-1}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: block}
spec: {rbd: {image: a}}
""",
    ),
)
