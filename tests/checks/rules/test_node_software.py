"""What nodes run below Kubernetes: systems, cgroups, containerd, and EKS's rule about their versions."""

from typing import Any

import pytest
from tests.builders import a_snapshot, an_object
from tests.checks.corpus import Case
from tests.checks.rules.nodes import AKS, EKS, a_node_that_reports

from seatrial.catalog.node_images import node_images
from seatrial.cluster.version import Minor

CGROUP, CONTAINERD, IMAGE, BEHIND = "cgroup-v1", "containerd-too-old", "node-image-ended", "eks-nodes-behind"
OLD: dict[str, Any] = {"kubeletVersion": "v1.34.2"}
AL2: dict[str, Any] = {"osImage": "Amazon Linux 2", "kernelVersion": "5.10.240-238.966.amzn2.x86_64"}
CENTOS: dict[str, Any] = {"osImage": "CentOS Linux 7 (Core)", "kernelVersion": "3.10.0-1160.el7.x86_64"}
FARGATE = {"eks.amazonaws.com/compute-type": "fargate"}


def kubelet_config(text: str) -> dict[str, object]:
    return an_object("v1", "ConfigMap", "kubelet-config", "kube-system", data={"kubelet": text})


CASES = (
    Case(
        check=CGROUP,
        name="a system that starts with cgroup v1",
        severities=("warning",),
        target=Minor(1, 35),
        snapshot=a_snapshot(a_node_that_reports(**AL2, **OLD), version="v1.34.2"),
    ),
    Case(
        check=CGROUP,
        name="a kernel without cgroup v2, upgraded in place by kubeadm",
        severities=("blocker",),
        target=Minor(1, 35),
        snapshot=a_snapshot(
            a_node_that_reports(**CENTOS, **OLD), kubelet_config("cgroupDriver: systemd\n"), version="v1.34.2"
        ),
    ),
    Case(
        check=CGROUP,
        name="a kernel without cgroup v2 that the kubelets are told to put up with",
        severities=("info",),
        target=Minor(1, 35),
        snapshot=a_snapshot(
            a_node_that_reports(**CENTOS, **OLD), kubelet_config("failCgroupV1: false\n"), version="v1.34.2"
        ),
    ),
    Case(
        check=CGROUP,
        name="cgroup v1 with a kubelet that already puts up with it",
        severities=(),
        snapshot=a_snapshot(a_node_that_reports(**AL2)),
    ),
    Case(
        check=CGROUP,
        name="cgroup v1 before the minor that refuses it",
        severities=(),
        target=Minor(1, 34),
        snapshot=a_snapshot(a_node_that_reports(**AL2, kubeletVersion="v1.33.1"), version="v1.33.1"),
    ),
    Case(
        check=CGROUP,
        name="a system of today",
        severities=(),
        target=Minor(1, 35),
        snapshot=a_snapshot(
            a_node_that_reports(osImage="Ubuntu 22.04.5 LTS", kernelVersion="5.15.0-1071-aws", **OLD),
            version="v1.34.2",
        ),
    ),
    Case(check=CGROUP, name="an empty cluster", severities=(), snapshot=a_snapshot()),
    Case(
        check=CONTAINERD,
        name="containerd 1.7 on the last minor that takes it",
        severities=("info",),
        snapshot=a_snapshot(a_node_that_reports(containerRuntimeVersion="containerd://1.7.27")),
    ),
    Case(
        check=CONTAINERD,
        name="containerd 1.7 two minors before it matters",
        severities=(),
        target=Minor(1, 36),
        snapshot=a_snapshot(
            a_node_that_reports(containerRuntimeVersion="containerd://1.7.27"), version="v1.35.1"
        ),
    ),
    Case(
        check=CONTAINERD,
        name="containerd 2 and CRI-O",
        severities=(),
        snapshot=a_snapshot(
            a_node_that_reports(containerRuntimeVersion="containerd://2.1.4"),
            a_node_that_reports("node-2", containerRuntimeVersion="cri-o://1.34.1"),
        ),
    ),
    Case(check=CONTAINERD, name="an empty cluster", severities=(), snapshot=a_snapshot()),
    Case(
        check=IMAGE,
        name="Amazon Linux 2 in a managed node group, to 1.33",
        severities=("blocker",),
        target=Minor(1, 33),
        snapshot=a_snapshot(
            a_node_that_reports(labels=EKS, **AL2, kubeletVersion="v1.32.9-eks-1"), version="v1.32.9-eks-1"
        ),
    ),
    Case(
        check=IMAGE,
        name="Amazon Linux 2 of one's own, which already runs where EKS has no image",
        severities=("warning",),
        target=Minor(1, 34),
        snapshot=a_snapshot(
            a_node_that_reports(labels=EKS, **AL2, kubeletVersion="v1.33.5-eks-1"), version="v1.33.5-eks-1"
        ),
    ),
    Case(
        check=IMAGE,
        name="Amazon Linux 2023",
        severities=(),
        snapshot=a_snapshot(
            a_node_that_reports(labels=EKS, osImage="Amazon Linux 2023.9.20251020"), version="v1.36.4-eks-1"
        ),
    ),
    Case(
        check=IMAGE,
        name="Amazon Linux 2 that is not on EKS",
        severities=(),
        snapshot=a_snapshot(a_node_that_reports(**AL2)),
    ),
    Case(
        check=IMAGE,
        name="CBL-Mariner on AKS, whose images are gone",
        severities=("warning",),
        snapshot=a_snapshot(a_node_that_reports(labels=AKS, osImage="CBL-Mariner/Linux")),
    ),
    Case(
        check=IMAGE,
        name="Ubuntu 20.04 on AKS, whose images will go",
        severities=("info",),
        target=Minor(1, 33),
        snapshot=a_snapshot(
            a_node_that_reports(labels=AKS, osImage="Ubuntu 20.04.6 LTS", kubeletVersion="v1.32.1"),
            version="v1.32.1",
        ),
    ),
    Case(check=IMAGE, name="an empty cluster", severities=(), snapshot=a_snapshot()),
    Case(
        check=BEHIND,
        name="a managed node group and Fargate a minor behind",
        severities=("warning", "warning"),
        snapshot=a_snapshot(
            a_node_that_reports(labels=EKS, kubeletVersion="v1.35.4-eks-1"),
            a_node_that_reports("fargate-1", labels=FARGATE, kubeletVersion="v1.35.4-eks-1"),
            version="v1.36.4-eks-1",
        ),
    ),
    Case(
        check=BEHIND,
        name="nodes of the control plane's minor, and self-managed ones behind",
        severities=(),
        snapshot=a_snapshot(
            a_node_that_reports(labels=EKS, kubeletVersion="v1.36.1-eks-1"),
            a_node_that_reports("own", kubeletVersion="v1.35.1-eks-1"),
            version="v1.36.4-eks-1",
        ),
    ),
    Case(
        check=BEHIND,
        name="nodes behind, not on EKS",
        severities=(),
        snapshot=a_snapshot(a_node_that_reports(kubeletVersion="v1.35.1")),
    ),
    Case(check=BEHIND, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)


@pytest.mark.parametrize("image", node_images(), ids=lambda image: f"{image.provider}-{image.pattern}")
def test_each_fact_about_an_image_says_something_with_a_source(image: object) -> None:
    row = next(each for each in node_images() if each is image)
    assert row.what
    assert row.source
    assert row.no_image_from or row.ended or row.has_cgroup_v1
