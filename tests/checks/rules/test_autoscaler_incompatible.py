"""cluster-autoscaler and Karpenter against the target."""

import pytest
from tests.builders import a_snapshot, an_object
from tests.checks.corpus import Case

from seatrial.catalog.karpenter import first_karpenter_for, karpenter_line
from seatrial.cluster.objects import Obj
from seatrial.cluster.version import Minor, Version

CHECK = "autoscaler-incompatible"
CA, KARPENTER = "registry.k8s.io/autoscaling/cluster-autoscaler", "public.ecr.aws/karpenter/controller"


def running(image: str, replicas: int = 1) -> Obj:
    template = {"spec": {"containers": [{"name": "main", "image": image}]}}
    spec = {"replicas": replicas, "template": template}
    return an_object("apps/v1", "Deployment", "scaler", "kube-system", spec=spec)


CASES = (
    Case(
        check=CHECK,
        name="cluster-autoscaler two minors behind",
        severities=("warning",),
        snapshot=a_snapshot(running(f"{CA}:v1.35.0")),
    ),
    Case(
        check=CHECK,
        name="cluster-autoscaler of the present minor",
        severities=("info",),
        snapshot=a_snapshot(running(f"{CA}:v1.36.1")),
    ),
    Case(
        check=CHECK,
        name="cluster-autoscaler of the target's minor, and one that is scaled away",
        severities=(),
        snapshot=a_snapshot(running(f"{CA}:v1.37.0"), running(f"{CA}:v1.30.0", replicas=0)),
    ),
    Case(
        check=CHECK,
        name="Karpenter that refuses the target",
        severities=("warning",),
        target=Minor(1, 36),
        snapshot=a_snapshot(running(f"{KARPENTER}:1.9.2"), version="v1.35.1"),
    ),
    Case(
        check=CHECK,
        name="Karpenter that accepts the target, by digest too",
        severities=(),
        target=Minor(1, 36),
        snapshot=a_snapshot(running(f"{KARPENTER}:1.13.0@sha256:{'0' * 64}"), version="v1.35.1"),
    ),
    Case(
        check=CHECK,
        name="the newest Karpenter that we know, for a newer minor",
        severities=("info",),
        snapshot=a_snapshot(running(f"{KARPENTER}:1.14.1")),
    ),
    Case(
        check=CHECK,
        name="Karpenter of AKS, which counts its own way",
        severities=(),
        snapshot=a_snapshot(running("mcr.microsoft.com/aks/karpenter/controller:1.4.0")),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)


@pytest.mark.parametrize(
    ("version", "newest"),
    [("0.30.0", None), ("1.6.5", "1.33"), ("1.6.8", "1.34"), ("1.7.1", "1.33"), ("1.7.4", "1.34")],
)
def test_patches_differ(version: str, newest: str | None) -> None:
    line = karpenter_line(Version.parse(version))
    assert (str(line.newest) if line else None) == newest


def test_first_version_is_the_one_after_which_none_refuses() -> None:
    assert first_karpenter_for(Minor(1, 34)) == Version(1, 7, 4)
    assert first_karpenter_for(Minor(1, 36)) == Version(1, 13, 0)
    assert first_karpenter_for(Minor(1, 37)) is None
