"""Add-ons that do not go with the target."""

from dataclasses import replace

import pytest
from tests.builders import a_snapshot
from tests.checks.corpus import Case, run
from tests.checks.workloads import a_workload

from seatrial.catalog.compatibility import addon_compatibility
from seatrial.cluster.version import Minor

CHECK = "addon-incompatible"


def _running(image: str) -> list[dict[str, object]]:
    return [a_workload("addon", "addons", image=image)]


CASES = (
    Case(
        check=CHECK,
        name="a cert-manager that ends before the target",
        severities=("warning",),
        snapshot=a_snapshot(*_running("quay.io/jetstack/cert-manager-controller:v1.19.4")),
        target=Minor(1, 36),
    ),
    Case(
        check=CHECK,
        name="a Calico that was not tested with the target",
        severities=("info",),
        snapshot=a_snapshot(*_running("mirror.example.org/docker/calico/node:v3.31.2")),
    ),
    Case(
        check=CHECK,
        name="a Linkerd whose tag says stable",
        severities=("warning",),
        snapshot=a_snapshot(*_running("cr.l5d.io/linkerd/controller:stable-2.14.10")),
    ),
    Case(
        check=CHECK,
        name="an image by digest whose version stands in its label",
        severities=("warning",),
        snapshot=a_snapshot(
            a_workload(
                "kyverno",
                image="reg.kyverno.io/kyverno/kyverno@sha256:0123",
                labels={"app.kubernetes.io/version": "v1.16.4"},
            )
        ),
    ),
    Case(
        check=CHECK,
        name="a Rook that ends before the target, and a GPU operator that was not tested with it",
        severities=("warning", "info"),
        snapshot=a_snapshot(
            *_running("docker.io/rook/ceph:v1.17.8"),
            a_workload("gpu", image="nvcr.io/nvidia/gpu-operator:v25.3.4"),
            a_workload("osd", image="quay.io/ceph/ceph:v19.2.3"),
        ),
        target=Minor(1, 34),
    ),
    Case(
        check=CHECK,
        name="an Argo CD older than all that are known, of which the oldest ends before the target",
        severities=("info",),
        snapshot=a_snapshot(*_running("quay.io/argoproj/argocd:v2.9.3")),
        target=Minor(1, 34),
    ),
    Case(
        check=CHECK,
        name="an Argo CD older than all that are known, and a target that the oldest still covers",
        severities=(),
        snapshot=a_snapshot(*_running("quay.io/argoproj/argocd:v2.9.3")),
        target=Minor(1, 32),
    ),
    Case(
        check=CHECK,
        name="versions that cover the target",
        severities=(),
        snapshot=a_snapshot(
            *_running("registry.k8s.io/metrics-server/metrics-server:v0.8.0"),
            a_workload("dns", image="registry.k8s.io/external-dns/external-dns:v0.18.0"),
            a_workload("certs", image="quay.io/jetstack/cert-manager-controller:v1.21.0"),
        ),
        target=Minor(1, 36),
    ),
    Case(
        check=CHECK,
        name="versions that nobody tells of",
        severities=(),
        snapshot=a_snapshot(
            a_workload("new", image="quay.io/jetstack/cert-manager-controller:v1.99.0"),
            a_workload("digest", image="quay.io/jetstack/cert-manager-controller@sha256:0123"),
            a_workload("other", image="example.org/shop/cert-manager-webshop:v1.1.0"),
        ),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
    Case(
        check=CHECK,
        name="a manifest",
        severities=("warning",),
        files="""
apiVersion: apps/v1
kind: Deployment
metadata: {name: keda, namespace: keda}
spec: {template: {spec: {containers: [{name: main, image: "ghcr.io/kedacore/keda:2.16.1"}]}}}
""",
    ),
)


def test_finding_names_the_version_that_would_do() -> None:
    report = run(CASES[0])
    assert report.findings[0].message == (
        "cert-manager 1.19.4 is for Kubernetes 1.31 to 1.35; on 1.36 its project calls it unsupported."
    )
    assert report.findings[0].fix == "Upgrade it to ~1.21.0 before the cluster."


def test_that_it_is_out_of_range_already_is_said_of_clusters_and_not_of_files() -> None:
    old = a_snapshot(*_running("quay.io/jetstack/cert-manager-controller:v1.19.4"), version="v1.36.1")
    (live,) = run(replace(CASES[0], target=Minor(1, 37)), old).findings
    (written,) = run(CASES[-1]).findings
    assert live.message.endswith("So it is on the present minor.")
    assert "present minor" not in written.message


@pytest.mark.parametrize("row", addon_compatibility(), ids=lambda row: f"{row.component} {row.versions}")
def test_every_fact_names_a_bound_and_its_source(row: object) -> None:
    assert row.oldest or row.newest  # type: ignore[attr-defined]
    assert row.source  # type: ignore[attr-defined]
